-- What people and applications are told: the messages, who wants which, and how each
-- was delivered. A delivery is an outward call like any other.
-- depends: 0012_traces_and_metrics

-- The kinds of messages; the rows are code: messages/message_kinds.sql.
create table engine.message_kinds (
  kind text not null primary key,
  -- Goes out in quiet hours too.
  is_urgent boolean not null,
  -- May be muted by the traveller.
  is_optional boolean not null,
  meaning text not null,
  constraint message_kinds_kind check (kind ~ '^[a-z]+\.[a-z_]+$')
);
alter table engine.message_kinds enable row level security;
alter table engine.message_kinds force row level security;

create table engine.message_settings (
  only_row boolean not null primary key default true,
  -- Whether travellers get e-mails; a sidecar with SKYLATCH_SMTP_URL sends them.
  email boolean not null default false,
  -- A fare is a near miss when it is above the limit by this share of it at the most.
  near_miss numeric not null default 0.1,
  -- So many messages of one traveller in an hour are delivered; beyond them only those
  -- that cannot be muted.
  most_per_hour integer not null default 60,
  -- How long a message is kept.
  keep_for interval not null default '400 days',
  -- When the first message was kept. What happened before was told to nobody: while a
  -- deploy brings the first code that tells, the code before it goes on booking.
  since timestamptz,
  constraint message_settings_only_row check (only_row),
  constraint message_settings_near_miss check (near_miss between 0 and 1),
  constraint message_settings_most_per_hour check (most_per_hour between 1 and 1000000),
  constraint message_settings_keep_for
    check (keep_for between interval '1 day' and interval '10 years')
);
-- Before row level security: there is no policy yet.
insert into engine.message_settings (only_row) values (true);
alter table engine.message_settings enable row level security;
alter table engine.message_settings force row level security;

-- Where an application hears of events, signed as Standard Webhooks has it. The secret
-- stands in no table: the sidecar derives it from its own key, the name and the number.
create table engine.webhook_endpoints (
  name text not null primary key,
  url text not null,
  -- The kinds that are sent; none: all.
  kinds text[] not null default '{}',
  secret_no integer not null default 1,
  -- Until then each delivery is also signed with the secret before this one.
  former_until timestamptz,
  -- Null: it is in use.
  stopped_because text,
  changed_at timestamptz not null,
  constraint webhook_endpoints_name check (name ~ '^[a-z][a-z0-9_-]{0,39}$'),
  constraint webhook_endpoints_secret_no check (secret_no > 0)
);
alter table engine.webhook_endpoints enable row level security;
alter table engine.webhook_endpoints force row level security;

-- Append-only: who changed the settings or an endpoint, and why.
create table engine.message_changes (
  id bigint generated always as identity primary key,
  at timestamptz not null,
  actor text not null,
  reason text not null,
  settings jsonb not null,
  constraint message_changes_reason check (length(trim(reason)) >= 3)
);
alter table engine.message_changes enable row level security;
alter table engine.message_changes force row level security;

-- How a traveller wants to be told. Without a row the defaults count.
create table public.notification_preferences (
  user_id uuid not null default auth.uid() primary key
    references auth.users (id) on delete cascade,
  by_email boolean not null default true,
  language text not null default 'en',
  time_zone text not null default 'UTC',
  -- By that zone's clock; both or neither.
  quiet_from time,
  quiet_until time,
  muted text[] not null default '{}',
  -- The least share by which a fare must fall below the last one told.
  least_drop numeric not null default 0.05,
  updated_at timestamptz not null default now(),
  constraint notification_preferences_language check (language in ('en', 'de')),
  constraint notification_preferences_quiet
    check ((quiet_from is null) = (quiet_until is null) and quiet_from <> quiet_until),
  constraint notification_preferences_least_drop check (least_drop between 0 and 1),
  constraint notification_preferences_sizes check (
    octet_length(language) <= 100
    and octet_length(time_zone) <= 100
    and cardinality(muted) <= 100
    and octet_length(array_to_string(muted, '')) <= 10000
  )
);
alter table public.notification_preferences enable row level security;
alter table public.notification_preferences force row level security;

-- The outbox, and what an application shows of it. No names, no card: ids, amounts and
-- sentences; a delivery reads the rest when it is made.
create table public.notifications (
  user_id uuid not null references auth.users (id) on delete restrict,
  id uuid not null default gen_random_uuid(),
  kind text not null references engine.message_kinds (kind),
  -- What happened, once for each kind and traveller.
  subject text not null,
  trip_request_id uuid,
  flight_booking_id uuid,
  facts jsonb not null,
  created_at timestamptz not null,
  -- When its traveller has seen it.
  read_at timestamptz,
  primary key (user_id, id),
  constraint notifications_subject_key unique (user_id, kind, subject),
  constraint notifications_trip_request_id_fkey
    foreign key (user_id, trip_request_id)
    references public.trip_requests (user_id, id) on delete cascade,
  constraint notifications_flight_booking_id_fkey
    foreign key (user_id, flight_booking_id)
    references public.flight_bookings (user_id, id) on delete cascade
);
create index notifications_trip_request_id_idx
  on public.notifications (user_id, trip_request_id, created_at);
create index notifications_flight_booking_id_idx
  on public.notifications (user_id, flight_booking_id);
create index notifications_user_id_created_at_idx
  on public.notifications (user_id, created_at);
create index notifications_created_at_idx on public.notifications (created_at);
alter table public.notifications enable row level security;
alter table public.notifications force row level security;

-- One message on its way to one address.
create table engine.deliveries (
  id bigint generated always as identity primary key,
  user_id uuid not null,
  notification_id uuid not null,
  -- EMAIL or WEBHOOK.
  channel text not null,
  endpoint text references engine.webhook_endpoints (name) on delete restrict,
  -- Messages about one trip arrive in their order; null: no order.
  trip_request_id uuid,
  -- OPEN, DELIVERED, FAILED or SKIPPED.
  state text not null default 'OPEN',
  settled_at timestamptz,
  problem text,
  constraint deliveries_address_key
    unique nulls not distinct (user_id, notification_id, channel, endpoint),
  constraint deliveries_notification_id_fkey
    foreign key (user_id, notification_id)
    references public.notifications (user_id, id) on delete cascade,
  constraint deliveries_channel check (
    channel in ('EMAIL', 'WEBHOOK') and (channel = 'WEBHOOK') = (endpoint is not null)
  ),
  constraint deliveries_state check (
    state in ('OPEN', 'DELIVERED', 'FAILED', 'SKIPPED')
    and (state = 'OPEN') = (settled_at is null)
  )
);
-- Which message about a trip is the next one.
create index deliveries_open_idx
  on engine.deliveries (trip_request_id, channel, endpoint, id) where state = 'OPEN';
create index deliveries_endpoint_idx on engine.deliveries (endpoint);
alter table engine.deliveries enable row level security;
alter table engine.deliveries force row level security;

-- A small table, read by nobody for long.
-- squawk-ignore ban-drop-constraint
alter table engine.operations drop constraint operations_provider;
-- squawk-ignore constraint-missing-not-valid
alter table engine.operations add constraint operations_provider
  check (provider in ('duffel', 'stripe', 'mail', 'app'));

-- Such a call belongs to nobody, like the account's own: its delivery says whose it is.
-- Without a foreign key, which would cost every call an entry in an index.
alter table engine.provider_calls add column delivery_id bigint;
