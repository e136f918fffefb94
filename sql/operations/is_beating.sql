-- A sidecar sends a heartbeat every 15 seconds.
create or replace function engine.is_beating(p_seen_at timestamptz, p_now timestamptz)
  returns boolean
  language sql stable parallel safe
return engine.is_recent(p_seen_at, interval '45 seconds', p_now);
comment on function engine.is_beating(timestamptz, timestamptz) is
  'Tells whether a sidecar whose last heartbeat came at this time counts as alive.';
