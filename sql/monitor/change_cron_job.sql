-- Definer as the role of the jobs: pg_cron lets a user see and change their own jobs
-- only. A scheduled statement runs as that role, so only the owner's functions may call
-- this function. pg_cron is looked up when this function is called, so that the
-- function exists in a database without pg_cron too.
create or replace function engine.change_cron_job(
  p_action text, p_job text, p_schedule text, p_command text
) returns jsonb
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
begin
  if to_regnamespace('cron') is null then
    return null;
  elsif p_action = 'start' then
    perform cron.schedule(p_job, p_schedule, p_command);
  elsif p_action = 'stop' then
    perform cron.unschedule(j.jobid)
    from cron.job as j
    where j.jobname = p_job and j.username = current_user;
  end if;
  return (
    select to_jsonb(j) - 'nodename' - 'nodeport'
    from cron.job as j
    where j.jobname = p_job and j.username = current_user
  );
end;
$$;
comment on function engine.change_cron_job(text, text, text, text) is
  'Schedules (start), unschedules (stop) or shows a job of pg_cron; returns null in a '
  'database without pg_cron.';
revoke execute on function engine.change_cron_job(text, text, text, text) from public;
alter function engine.change_cron_job(text, text, text, text) owner to skylatch_cron;
grant execute on function engine.change_cron_job(text, text, text, text)
  to skylatch_owner;
