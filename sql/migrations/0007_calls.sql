-- The durable list of outward calls, the sidecars that make them, and the doorbell that
-- wakes those.
-- depends: 0006_bookings

-- What a sidecar may say of a call, and nothing besides: engine.finish_calls casts
-- every report to this type, and no function behind it takes a report as jsonb.
create type engine.call_report as (
  call_id bigint,
  epoch integer,
  http_status integer,
  error_code text,
  body jsonb,
  request_id text,
  retry_after numeric
);
comment on type engine.call_report is
  'What came back from one outward call, in exactly the fields a sidecar may say.';

-- A row changes at every step and has no checks, as booking_attempts has few. Calls of
-- the engine's own account (scans, sweeps, reads for events) belong to nobody.
create table engine.provider_calls (
  id bigint generated always as identity primary key,
  user_id uuid,
  trip_request_id uuid,
  booking_attempt_id uuid,
  attempt_epoch integer,
  operation text not null references engine.operations (operation),
  -- What cannot be derived from the attempt at hand-out. Never personal data.
  payload jsonb not null default '{}',
  idempotency_key engine.idempotency_key not null,
  -- READY, CLAIMED, SENT, DONE, UNKNOWN or DEAD.
  state text not null default 'READY',
  run_at timestamptz not null,
  worker text,
  lease_until timestamptz,
  epoch integer not null default 0,
  tries integer not null default 0,
  verdict text,
  http_status integer,
  error_code text,
  request_id text,
  created_at timestamptz not null default now(),
  claimed_at timestamptz,
  sent_at timestamptz,
  finished_at timestamptz,
  -- What it reads; one call per object and operation is its lease.
  object_id text,
  -- Asked for again while it was out: read once more.
  again boolean not null default false,
  -- Reports that could not be applied; the third makes it a person's.
  apply_failures smallint not null default 0,
  -- Keys are forgotten by the payment provider 24 hours after their first use.
  first_claimed_at timestamptz,
  -- As booking_attempts has them.
  trace_id uuid,
  trace_sampled boolean,
  constraint provider_calls_idempotency_key_key unique (idempotency_key),
  constraint provider_calls_trip_request_id_fkey
    foreign key (user_id, trip_request_id)
    references public.trip_requests (user_id, id) on delete restrict,
  constraint provider_calls_booking_attempt_id_fkey
    foreign key (user_id, booking_attempt_id)
    references public.booking_attempts (user_id, id) on delete restrict
);
create index provider_calls_ready_idx
  on engine.provider_calls (run_at, id)
  where state = 'READY' and booking_attempt_id is not null;
create index provider_calls_ready_search_idx
  on engine.provider_calls (run_at, id)
  where state = 'READY' and booking_attempt_id is null;
create index provider_calls_ready_account_idx
  on engine.provider_calls (run_at, id)
  where state = 'READY' and user_id is null;
create index provider_calls_lease_until_idx
  on engine.provider_calls (lease_until) where state in ('CLAIMED', 'SENT');
create index provider_calls_trip_request_id_idx
  on engine.provider_calls (user_id, trip_request_id);
create index provider_calls_booking_attempt_id_idx
  on engine.provider_calls (user_id, booking_attempt_id);
-- What a trip waits for: not every search it ever made.
create index provider_calls_open_idx
  on engine.provider_calls (user_id, trip_request_id)
  where state in ('READY', 'CLAIMED', 'SENT');
-- Searches that may be forgotten.
create index provider_calls_finished_search_idx
  on engine.provider_calls (finished_at)
  where booking_attempt_id is null and finished_at is not null;
create index provider_calls_dead_idx
  on engine.provider_calls (finished_at) where state = 'DEAD' and operation <> 'search';
alter table engine.provider_calls enable row level security;
alter table engine.provider_calls force row level security;

create table engine.breakers (
  operation text not null primary key
    references engine.operations (operation) on delete cascade,
  failures integer not null default 0,
  open_until timestamptz,
  last_error text,
  changed_at timestamptz not null,
  constraint breakers_failures check (failures >= 0)
);
alter table engine.breakers enable row level security;
alter table engine.breakers force row level security;

-- Sidecars, and when each was last heard of.
create table engine.workers (
  worker text not null primary key,
  version text not null,
  started_at timestamptz not null default now(),
  seen_at timestamptz not null
);
alter table engine.workers enable row level security;
alter table engine.workers force row level security;

-- Where pg_net may ring the doorbell, and what opens it; no row where it does not.
create table engine.endpoint (
  only_row boolean not null primary key default true,
  url text not null,
  secret text,
  constraint endpoint_only_row check (only_row),
  constraint endpoint_url check (url ~ '^https?://[^/@]+/wake$')
);
alter table engine.endpoint enable row level security;
alter table engine.endpoint force row level security;

create table engine.endpoint_changes (
  id bigint generated always as identity primary key,
  at timestamptz not null,
  actor text not null,
  reason text not null,
  -- The address; never the secret.
  settings jsonb not null,
  constraint endpoint_changes_reason check (length(trim(reason)) >= 3)
);
alter table engine.endpoint_changes enable row level security;
alter table engine.endpoint_changes force row level security;
