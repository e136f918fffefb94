-- Lists every job that runs on a schedule, once: pg_cron's schedules, the jobs that
-- sidecars stand in for, and the alerts are made from these rows. The monitor's budget
-- is for ten minutes (monitor/run_monitor.sql). A sidecar does a job when pg_cron is
-- late with it: by 40 seconds for a job of every minute, by two minutes for the
-- monitor, by an hour for a daily job. Then an alert says so. The purge may run in
-- every minute of two hours a day. pg_cron's own records grow only where pg_cron runs,
-- so no sidecar stands in for their purge.
insert into engine.jobs as j (
  job, schedule, command, stands_in, stand_in_every, cron_silent_after, silent_after
)
values
  ('auto_book_monitor', '*/10 * * * *', 'select public.auto_book_monitor()',
    true, '10 minutes', '12 minutes', '15 minutes'),
  ('recover', '* * * * *', 'select engine.recover()',
    true, '10 seconds', '100 seconds', '5 minutes'),
  ('watch_invariants', '* * * * *', 'select engine.watch_invariants()',
    true, '50 seconds', '100 seconds', '5 minutes'),
  ('purge', '* 3-4 * * *', 'select engine.purge()',
    true, '1 day', '25 hours', '26 hours'),
  ('purge_cron_log', '17 3 * * *', 'select engine.purge_cron_log()',
    false, null, '25 hours', '26 hours')
on conflict (job) do update
set
  schedule = excluded.schedule,
  command = excluded.command,
  stands_in = excluded.stands_in,
  stand_in_every = excluded.stand_in_every,
  cron_silent_after = excluded.cron_silent_after,
  silent_after = excluded.silent_after
where j is distinct from excluded;

delete from engine.jobs as j
where j.job not in (
  'auto_book_monitor', 'recover', 'watch_invariants', 'purge', 'purge_cron_log'
);

insert into engine.job_beats as b (job, since)
select
  j.job,
  clock_timestamp()
from engine.jobs as j
on conflict (job) do nothing;
