-- Whether each scheduled job does its work, and which were stopped on purpose.
-- depends: 0018_installation

-- The one list of scheduled jobs; its rows are code (operations/jobs.sql).
create table engine.jobs (
  job text not null primary key,
  schedule text not null,
  command text not null,
  -- Whether a sidecar does it where pg_cron does not, and how often then.
  stands_in boolean not null,
  stand_in_every interval,
  -- From when on pg_cron counts as not running this job.
  cron_silent_after interval not null,
  -- From when on the job counts as not done, whoever should have.
  silent_after interval not null,
  constraint jobs_stand_in_every check (stands_in = (stand_in_every is not null)),
  constraint jobs_silent_after check (silent_after >= cron_silent_after)
);
alter table engine.jobs enable row level security;
alter table engine.jobs force row level security;

-- When a job last did its work. A job that fails rolls its beat back, and one that is
-- inactive, missing or in another database never makes it.
create table engine.job_beats (
  job text not null primary key,
  -- Since when it is expected: the first deploy, or the last start.
  since timestamptz not null,
  last_succeeded_at timestamptz,
  last_succeeded_by text,
  -- The last time that pg_cron ran it, and since when it is expected to.
  cron_succeeded_at timestamptz,
  scheduled_at timestamptz,
  -- Set while it is stopped on purpose.
  stopped_at timestamptz,
  stopped_by text,
  stop_reason text,
  constraint job_beats_job_fkey
    foreign key (job) references engine.jobs (job) on delete cascade,
  constraint job_beats_succeeded
    check ((last_succeeded_at is null) = (last_succeeded_by is null)),
  constraint job_beats_stopped check (
    (stopped_at is null) = (stopped_by is null)
    and (stopped_at is not null or stop_reason is null)
  ),
  constraint job_beats_stop_reason check (length(stop_reason) between 1 and 1000)
);
alter table engine.job_beats enable row level security;
alter table engine.job_beats force row level security;

-- Every start and stop of a job: who, when, and why.
create table engine.job_changes (
  id bigint generated always as identity primary key,
  at timestamptz not null,
  job text not null,
  stopped boolean not null,
  reason text,
  set_by text not null,
  constraint job_changes_reason check (length(reason) between 1 and 1000)
);
alter table engine.job_changes enable row level security;
alter table engine.job_changes force row level security;

comment on table engine.cron_beat is 'Replaced by job_beats; to be removed.';
