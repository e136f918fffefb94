-- The inbox as the sidecar may work it off, right after it answered: it does not choose
-- the time. Definer: the sidecar has no table.
create or replace function engine.drain_events(p_limit integer) returns integer
  language sql volatile
  security definer
begin atomic
  select engine.apply_events(p_limit, clock_timestamp());
end;
comment on function engine.drain_events(integer) is
  'Applies received events now and returns how many were taken up.';
grant execute on function engine.drain_events(integer) to skylatch_sidecar;
