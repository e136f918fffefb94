-- A time from the future is as far off as an old one: the clock was set back.
create or replace function engine.is_recent(
  p_at timestamptz, p_limit interval, p_now timestamptz
) returns boolean
  language sql stable parallel safe
return p_at between p_now - p_limit and p_now + p_limit;
comment on function engine.is_recent(timestamptz, interval, timestamptz) is
  'Says whether something was within a limit of now, on either side; null for nothing.';
