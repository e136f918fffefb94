create or replace function engine.seconds_since(p_since timestamptz, p_now timestamptz)
  returns numeric
  language sql immutable parallel safe
return greatest(coalesce(extract(epoch from p_now - p_since), 0), 0);
comment on function engine.seconds_since(timestamptz, timestamptz) is
  'Returns how many seconds ago a time was; 0 for null and for a time in the future.';
