-- Superuser, in the one database of the cluster that pg_cron serves. Every schedule is
-- here; whatever else this role has scheduled in this database is unscheduled.
\set ON_ERROR_STOP on
set client_min_messages = warning;
create extension if not exists pg_cron;
grant usage on schema cron to skylatch_cron;

set role skylatch_cron;
select cron.schedule(
  'auto_book_monitor', '*/10 * * * *', 'select public.auto_book_monitor()'
) \g /dev/null
select cron.schedule('recover', '* * * * *', 'select engine.recover()') \g /dev/null
select cron.schedule('purge', '* 3-4 * * *', 'select engine.purge()') \g /dev/null
select cron.schedule(
  'watch_invariants', '* * * * *', 'select engine.watch_invariants()'
) \g /dev/null
select cron.schedule(
  'purge_cron_log',
  '17 3 * * *',
  $$delete from cron.job_run_details
    where status in ('succeeded', 'failed')
      and coalesce(end_time, start_time, '-infinity') < now() - interval '7 days'$$
) \g /dev/null
select cron.unschedule(j.jobid)
from cron.job as j
where j.username = current_user
  and j.database = current_database()
  and j.jobname not in (
    'auto_book_monitor', 'recover', 'watch_invariants', 'purge', 'purge_cron_log'
  )
\g /dev/null
reset role;
