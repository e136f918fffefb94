-- Which installation and which history this is, what a deploy left, whether the
-- scheduled jobs do their work, and whether the promises hold.
-- depends: 0010_events_and_cases

-- The name by which this installation knows its own among what its provider accounts
-- hold. Made once, with the tables: a restore and a failover keep it, a deploy never
-- touches it.
create table engine.installation (
  only_row boolean not null primary key default true,
  id uuid not null default gen_random_uuid(),
  -- Attempts that began before this were made without it.
  made_at timestamptz not null default now(),
  constraint installation_only_row check (only_row)
);
-- Before row level security: there is no policy yet.
insert into engine.installation (only_row) values (true);
alter table engine.installation enable row level security;
alter table engine.installation force row level security;

-- When a copy became an installation of its own; append-only.
create table engine.installation_changes (
  id bigint generated always as identity primary key,
  at timestamptz not null,
  set_by text not null,
  reason text not null,
  former_id uuid,
  new_id uuid not null,
  constraint installation_changes_reason check (length(trim(reason)) >= 3)
);
alter table engine.installation_changes enable row level security;
alter table engine.installation_changes force row level security;

-- Which server's history this is. Another one means a restore or a failover: what was
-- lost with it is looked for in both providers' lists before anything goes on.
create table engine.history (
  only_row boolean not null primary key default true,
  system_identifier bigint not null,
  timeline text not null,
  -- A dump that is restored beside the original is another database of the same server.
  database_oid oid not null,
  confirmed_at timestamptz not null,
  -- Another history than the confirmed one, and when it was first seen here: a list
  -- that was asked for before that may lack what the former server had under way.
  noticed text,
  noticed_at timestamptz,
  constraint history_only_row check (only_row),
  constraint history_noticed check ((noticed is null) = (noticed_at is null))
);
alter table engine.history enable row level security;
alter table engine.history force row level security;

-- What the last deploy made on tables: policies, triggers, views, grants. A deploy
-- leaves alone what is still so: to make it again takes the table from everybody.
create table engine.deployed_objects (
  object text not null primary key,
  -- Of the statements in the files.
  statement_digest text not null,
  -- Of what the catalog says of it (operations/object_digests.sql); null: not there.
  catalog_digest text,
  deployed_at timestamptz not null default clock_timestamp()
);
alter table engine.deployed_objects enable row level security;
alter table engine.deployed_objects force row level security;

-- A row as large as a page, written and removed to learn whether there is room.
create table engine.write_probe (
  at timestamptz not null primary key,
  filler text not null
);
alter table engine.write_probe alter column filler set storage plain;
alter table engine.write_probe enable row level security;
alter table engine.write_probe force row level security;

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

-- One row per tick: what it did, what it was allowed, what it answered without a call,
-- and what it had to leave.
create table engine.monitor_runs (
  id bigint generated always as identity primary key,
  started_at timestamptz not null,
  finished_at timestamptz not null,
  -- pg_cron, an operator, or a sidecar standing in for a silent pg_cron.
  started_by text not null,
  claimed integer not null,
  skipped integer not null,
  expired integer not null,
  searches integer not null,
  reason text,
  budget integer not null default 0,
  shared integer not null default 0,
  postponed integer not null default 0,
  -- The first moment that this tick's searches leave free for the next one's.
  free_from timestamptz,
  constraint monitor_runs_counts
    check (claimed >= 0 and skipped >= 0 and expired >= 0 and searches >= 0),
  constraint monitor_runs_plan
    check (budget >= 0 and shared >= 0 and postponed >= 0)
);
create index monitor_runs_started_at_idx on engine.monitor_runs (started_at);
alter table engine.monitor_runs enable row level security;
alter table engine.monitor_runs force row level security;

create table engine.invariant_violations (
  invariant text not null,
  subject text not null,
  detail text not null,
  -- A check of what changed since then finds it again; null: every check does.
  since timestamptz,
  first_seen_at timestamptz not null,
  last_seen_at timestamptz not null,
  -- It no longer holds; kept because it once did.
  gone_at timestamptz,
  primary key (invariant, subject)
);
create index invariant_violations_present_idx
  on engine.invariant_violations (since) where gone_at is null;
alter table engine.invariant_violations enable row level security;
alter table engine.invariant_violations force row level security;

create table engine.invariant_checks (
  only_row boolean not null primary key default true,
  checked_at timestamptz not null,
  -- Attempts that changed before this were checked.
  checked_to timestamptz not null,
  violations integer not null,
  constraint invariant_checks_only_row check (only_row)
);
alter table engine.invariant_checks enable row level security;
alter table engine.invariant_checks force row level security;
