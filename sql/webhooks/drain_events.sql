-- The sidecar calls this function right after it has answered a callback. The time is
-- not an argument: the sidecar must not choose it. Definer: the sidecar has no rights
-- on tables.
create or replace function engine.drain_events(p_limit integer) returns integer
  language sql volatile
  security definer
begin atomic
  select engine.apply_events(p_limit, clock_timestamp());
end;
comment on function engine.drain_events(integer) is
  'Applies at most so many received events now and returns how many were taken up.';
grant execute on function engine.drain_events(integer) to skylatch_sidecar;
