-- What happened and who is alive: audit, ticks, workers; and the switches.
-- depends: 0005_saga

create table engine.booking_events (
  id bigint generated always as identity primary key,
  at timestamptz not null default now(),
  user_id uuid not null,
  trip_request_id uuid not null,
  booking_attempt_id uuid,
  actor text not null,
  -- The provider call (or tick) that caused it.
  correlation_id text not null,
  from_state text,
  to_state text,
  reason text not null,
  detail jsonb not null default '{}'
);
create index booking_events_trip_request_id_idx
  on engine.booking_events (user_id, trip_request_id, id);
alter table engine.booking_events enable row level security;
alter table engine.booking_events force row level security;

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
  constraint monitor_runs_counts
    check (claimed >= 0 and skipped >= 0 and expired >= 0 and searches >= 0)
);
create index monitor_runs_started_at_idx on engine.monitor_runs (started_at);
alter table engine.monitor_runs enable row level security;
alter table engine.monitor_runs force row level security;

create table engine.workers (
  worker text not null primary key,
  version text not null,
  started_at timestamptz not null default now(),
  seen_at timestamptz not null
);
alter table engine.workers enable row level security;
alter table engine.workers force row level security;

-- When pg_cron last ran recovery: a sidecar stands in for it when this grows old.
create table engine.cron_beat (
  only_row boolean not null primary key default true,
  at timestamptz not null,
  constraint cron_beat_only_row check (only_row)
);
alter table engine.cron_beat enable row level security;
alter table engine.cron_beat force row level security;

-- Where pg_net may ring the doorbell; empty where pg_net is not used.
create table engine.endpoint (
  only_row boolean not null primary key default true,
  url text not null,
  constraint endpoint_only_row check (only_row),
  constraint endpoint_url check (url ~ '^https?://[^/@]+/wake$')
);
alter table engine.endpoint enable row level security;
alter table engine.endpoint force row level security;

-- LaunchDarkly's flags and segments, as they came. json, not jsonb: a number keeps its
-- spelling, on which a rollout's bucket may depend.
create table engine.flag_data (
  kind text not null,
  key text not null,
  version bigint not null,
  -- A tombstone: it keeps a late message about an older version out.
  deleted boolean not null,
  data json not null,
  -- Why it may not be evaluated; whatever needs it then fails closed.
  problem text,
  generation bigint not null,
  changed_at timestamptz not null,
  constraint flag_data_pkey primary key (kind, key),
  constraint flag_data_kind check (kind in ('features', 'segments')),
  constraint flag_data_version check (version >= 0)
);
alter table engine.flag_data enable row level security;
alter table engine.flag_data force row level security;

-- A sequence does not roll back. Were the generation counted in the row, a connection
-- that evaluated in a transaction that was rolled back would keep what it saw, and the
-- next change would come under the number it knows.
create sequence engine.flag_generation as bigint;

create table engine.flag_sync (
  only_row boolean not null primary key default true,
  generation bigint,
  initialized boolean not null default false,
  -- When the source was last known to be good: not when a sidecar was last alive.
  heartbeat_at timestamptz,
  source text,
  stale_after interval not null default '10 minutes',
  -- Of several sidecars one mirrors at a time.
  mirrored_by text,
  mirrored_until timestamptz,
  constraint flag_sync_only_row check (only_row),
  constraint flag_sync_initialized
    check (not initialized or (generation is not null and heartbeat_at is not null))
);
alter table engine.flag_sync enable row level security;
alter table engine.flag_sync force row level security;

-- What was served, per day. Connections add parts, which nobody waits for; every minute
-- they are added up.
create table engine.flag_usage_parts (
  id bigint generated always as identity primary key,
  day date not null,
  flag text not null,
  variation bigint not null,
  reason text not null,
  evaluations bigint not null
);
alter table engine.flag_usage_parts enable row level security;
alter table engine.flag_usage_parts force row level security;

create table engine.flag_usage (
  day date not null,
  flag text not null,
  -- -1: none, as with an error.
  variation bigint not null,
  reason text not null,
  evaluations bigint not null,
  constraint flag_usage_pkey primary key (day, flag, variation, reason),
  constraint flag_usage_evaluations check (evaluations > 0)
);
alter table engine.flag_usage enable row level security;
alter table engine.flag_usage force row level security;

create table engine.kill_switch (
  only_row boolean not null primary key default true,
  engaged boolean not null default false,
  reason text,
  set_by text not null default current_user,
  set_at timestamptz not null default now(),
  constraint kill_switch_only_row check (only_row),
  constraint kill_switch_reason check (not engaged or reason is not null)
);
alter table engine.kill_switch enable row level security;
alter table engine.kill_switch force row level security;

create table engine.kill_switch_changes (
  id bigint generated always as identity primary key,
  at timestamptz not null,
  engaged boolean not null,
  reason text,
  set_by text not null
);
alter table engine.kill_switch_changes enable row level security;
alter table engine.kill_switch_changes force row level security;
