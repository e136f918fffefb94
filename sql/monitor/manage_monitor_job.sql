-- Definer as the job's own role: pg_cron shows and changes a user's own jobs only.
-- pg_cron is looked up when it is called, so that a database without it has the
-- function, and an error that says what is missing.
create or replace function engine.manage_monitor_job(p_action text) returns jsonb
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_job jsonb;
begin
  if to_regnamespace('cron') is null then
    raise exception using
      errcode = 'SK303',
      message = 'pg_cron is not installed in this database',
      detail = jsonb_build_object('database', current_database()),
      hint = 'Deploy with pg_cron, or let the sidecar''s heartbeat run the monitor.';
  end if;
  if p_action = 'start' then
    perform cron.schedule(
      'auto_book_monitor', '*/10 * * * *', 'select public.auto_book_monitor()'
    );
  elsif p_action = 'stop' then
    perform cron.unschedule(j.jobid)
    from cron.job as j
    where j.jobname = 'auto_book_monitor' and j.username = current_user;
  end if;
  select to_jsonb(j) - 'nodename' - 'nodeport' into v_job
  from cron.job as j
  where j.jobname = 'auto_book_monitor' and j.username = current_user;
  return coalesce(
    v_job, jsonb_build_object('jobname', 'auto_book_monitor', 'active', false)
  );
end;
$$;
comment on function engine.manage_monitor_job(text) is
  'Schedules, unschedules or shows the pg_cron job auto_book_monitor.';
revoke execute on function engine.manage_monitor_job(text) from public;
alter function engine.manage_monitor_job(text) owner to skylatch_cron;
grant execute on function engine.manage_monitor_job(text)
  to skylatch_owner, skylatch_operator, service_role;
