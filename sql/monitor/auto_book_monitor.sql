-- The monitor as its callers may run it. They do not choose the time: with a time of
-- their choice, flags that went stale long ago would look fresh. A monitor that was
-- stopped on purpose does not tick by pg_cron, even where pg_cron still has the job,
-- from a dump or in another role's schedule. A tick by hand is possible.
create or replace function engine.auto_book_monitor() returns bigint
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
begin
  if session_user = 'skylatch_cron' and exists (
    select from engine.job_beats as b
    where b.job = 'auto_book_monitor' and b.stopped_at is not null
  ) then
    return null;
  end if;
  return engine.run_monitor(engine.caller(), clock_timestamp());
end;
$$;
comment on function engine.auto_book_monitor() is
  'Runs one tick of the monitor now and returns its row in monitor_runs.';
grant execute on function engine.auto_book_monitor()
  to skylatch_cron, skylatch_operator, service_role, skylatch_sidecar;

create or replace function public.auto_book_monitor() returns bigint
  language sql volatile
  security invoker
return engine.auto_book_monitor();
comment on function public.auto_book_monitor() is
  'Searches every trip that is due; what fits is booked. Scheduled by pg_cron.';
grant execute on function public.auto_book_monitor()
  to skylatch_cron, skylatch_operator, service_role, skylatch_sidecar;
