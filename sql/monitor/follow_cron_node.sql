-- pg_cron over sockets keeps with each job the socket's directory and the port of the
-- server that scheduled it: after a failover, or with another cron.host, it knocks
-- where nobody answers, and every job is silent. A job that is scheduled anew gets this
-- server's. Only a superuser may read cron.host, so it is read off a job that is
-- scheduled and taken back within this transaction: pg_cron never sees that one. A job
-- that is right already, or that somebody deactivated, is left alone. Definer as the
-- jobs' own role, as in change_cron_job.sql.
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
  'Schedules anew what pg_cron would run at another server; returns how many jobs.';
revoke execute on function engine.follow_cron_node() from public;
alter function engine.follow_cron_node() owner to skylatch_cron;
grant execute on function engine.follow_cron_node() to skylatch_owner;
