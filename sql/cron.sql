-- Run by a superuser, in the one database of the cluster that pg_cron serves. Schedules
-- the jobs that engine.jobs lists, except those that were stopped on purpose; any other
-- job that this role has scheduled in this database is unscheduled.
\set ON_ERROR_STOP on
set client_min_messages = warning;
create extension if not exists pg_cron;
grant usage on schema cron to skylatch_cron;

-- pg_cron is expected to run the jobs from now on; a job that it ran before keeps its
-- time.
update engine.job_beats as b
set scheduled_at = case
  when b.stopped_at is null then coalesce(b.scheduled_at, clock_timestamp())
end;
-- The jobs are handed on as text: the role that schedules has no rights on tables.
select
  jsonb_agg(
    jsonb_build_object('job', j.job, 'schedule', j.schedule, 'command', j.command)
  ) as jobs
from engine.jobs as j
left join engine.job_beats as b on b.job = j.job
where b.stopped_at is null
\gset

set role skylatch_cron;
select cron.schedule(j.job, j.schedule, j.command)
from jsonb_to_recordset(:'jobs') as j (job text, schedule text, command text)
\g /dev/null
select cron.unschedule(j.jobid)
from cron.job as j
where j.username = current_user
  and j.database = current_database()
  and j.jobname not in (
    select w.job from jsonb_to_recordset(:'jobs') as w (job text)
  )
\g /dev/null
-- A job that was scheduled before keeps the server that scheduled it: it gets this one.
select engine.follow_cron_node() \g /dev/null
reset role;
