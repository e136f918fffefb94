-- A time in the future counts as far off like one in the past: the clock may have been
-- set back.
create or replace function engine.is_recent(
  p_at timestamptz, p_limit interval, p_now timestamptz
) returns boolean
  language sql stable parallel safe
return p_at between p_now - p_limit and p_now + p_limit;
comment on function engine.is_recent(timestamptz, interval, timestamptz) is
  'Tells whether a time is within a limit of now, before or after; null for no time.';
