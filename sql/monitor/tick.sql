-- The monitor as its callers may run it: they do not choose the time, or flags that
-- went stale long ago would look fresh.
create or replace function engine.tick() returns bigint
  language sql volatile
  security definer
begin atomic
  select engine.run_monitor(session_user::text, clock_timestamp());
end;
comment on function engine.tick() is
  'Runs one tick of the monitor now and returns its row in monitor_runs.';
grant execute on function engine.tick()
  to skylatch_cron, skylatch_operator, service_role, skylatch_sidecar;
