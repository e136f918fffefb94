-- What decides whether booking is on: LaunchDarkly's flags as they came, which of them
-- are asked, what was served, and the switch above them all.
-- depends: 0008_money

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
  -- Set by the mirror while it cannot read its source; the heartbeat stands still then.
  source_failed_at timestamptz,
  source_problem text,
  constraint flag_sync_only_row check (only_row),
  constraint flag_sync_initialized
    check (not initialized or (generation is not null and heartbeat_at is not null)),
  constraint flag_sync_source_problem check (
    (source_failed_at is null) = (source_problem is null)
    and octet_length(source_problem) <= 800
  )
);
alter table engine.flag_sync enable row level security;
alter table engine.flag_sync force row level security;

-- Every flag that is asked: who decides about it, and until when it may be asked.
create table engine.flag_register (
  flag text not null primary key,
  owner text not null,
  purpose text not null,
  -- The value that lets bookings begin; null where the flag does not decide that.
  allows jsonb,
  created_on date not null,
  expires_on date not null,
  constraint flag_register_expires_on check (expires_on > created_on)
);
alter table engine.flag_register enable row level security;
alter table engine.flag_register force row level security;

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
