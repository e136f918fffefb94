-- pg_cron over sockets keeps with each job the socket's directory and the port of the
-- server that scheduled it. After a failover, or with another cron.host, it connects to
-- a server that is not there, and no job runs. A job that is scheduled anew gets the
-- present server's address. Only a superuser may read cron.host, so this function
-- schedules a job, reads the address from it, and removes the job within the same
-- transaction: pg_cron never sees that job. A job that has the right address, or that
-- somebody deactivated, is left alone. Definer as the role of the jobs, as in
-- change_cron_job.sql.
create or replace function engine.follow_cron_node() returns integer
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_here record;
  v_job record;
  v_moved integer := 0;
begin
  if to_regnamespace('cron') is null then
    return 0;
  end if;
  perform cron.schedule('skylatch_here', '0 0 1 1 *', 'select 1');
  select j.jobid, j.nodename, j.nodeport into strict v_here
  from cron.job as j
  where j.jobname = 'skylatch_here' and j.username = current_user;
  perform cron.unschedule(v_here.jobid);
  for v_job in
    select j.jobid, j.jobname, j.schedule, j.command
    from cron.job as j
    where j.username = current_user
      and j.database = current_database()
      and j.active
      and j.jobname is not null
      and (j.nodename, j.nodeport) <> (v_here.nodename, v_here.nodeport)
    order by j.jobid
  loop
    perform cron.unschedule(v_job.jobid);
    perform cron.schedule(v_job.jobname, v_job.schedule, v_job.command);
    v_moved := v_moved + 1;
  end loop;
  return v_moved;
end;
$$;
comment on function engine.follow_cron_node() is
  'Schedules anew the jobs that pg_cron would run at another server; returns how many.';
revoke execute on function engine.follow_cron_node() from public;
alter function engine.follow_cron_node() owner to skylatch_cron;
grant execute on function engine.follow_cron_node() to skylatch_owner;
