-- What providers tell us, how far their lists were compared with our rows, and what
-- waits for a person.
-- depends: 0009_flags

-- The inbox: what providers told us, once each. Only what names the object is kept.
create table engine.provider_events (
  provider text not null,
  event_id text not null,
  type text not null,
  object_id text not null,
  -- Ids that lead to the attempt: {"offer_id", "payment_intent", "attempt_id", ...}.
  hints jsonb not null default '{}',
  -- When the provider says it happened; never used to order.
  occurred_at timestamptz,
  received_at timestamptz not null,
  -- 'webhook', or 'sweep' when it was fetched because it never arrived.
  received_by text not null,
  state text not null default 'RECEIVED',
  tries smallint not null default 0,
  applied_at timestamptz,
  outcome text,
  primary key (provider, event_id),
  constraint provider_events_provider check (provider in ('duffel', 'stripe')),
  constraint provider_events_received_by check (received_by in ('webhook', 'sweep')),
  constraint provider_events_state
    check (state in ('RECEIVED', 'APPLIED', 'IGNORED', 'DEAD')),
  constraint provider_events_applied
    check ((state = 'RECEIVED') = (applied_at is null))
);
create index provider_events_received_at_idx
  on engine.provider_events (received_at) where state = 'RECEIVED';
-- Rows come in the order of their arrival: a few pages tell what came since.
create index provider_events_arrival_idx
  on engine.provider_events using brin (received_at) with (autosummarize = on);
create index provider_events_object_id_idx
  on engine.provider_events (provider, object_id);
alter table engine.provider_events enable row level security;
alter table engine.provider_events force row level security;

-- What each event type leads to; the rows are code: webhooks/event_effects.sql.
create table engine.event_effects (
  provider text not null,
  type text not null,
  effect text not null,
  operation text references engine.operations (operation) on delete cascade,
  primary key (provider, type),
  constraint event_effects_provider check (provider in ('duffel', 'stripe'))
);
create index event_effects_operation_idx on engine.event_effects (operation);
alter table engine.event_effects enable row level security;
alter table engine.event_effects force row level security;

-- What was refused at the door, counted per reason and day; nothing else is kept of it.
create table engine.refused_events (
  provider text not null,
  day date not null,
  reason text not null,
  refused bigint not null,
  primary key (provider, day, reason),
  constraint refused_events_refused check (refused > 0)
);
alter table engine.refused_events enable row level security;
alter table engine.refused_events force row level security;

-- How far each list of a provider has been compared with our rows.
create table engine.scans (
  scan text not null primary key,
  provider text not null,
  scanned_to timestamptz not null,
  finished_at timestamptz,
  found integer not null default 0,
  -- The history that it last compared; see engine.history.
  history text,
  -- When the list was asked for; scanned_to may lie behind it, where it is read again.
  read_at timestamptz,
  constraint scans_scan
    check (scan in ('orders', 'payments', 'order_events', 'payment_events')),
  constraint scans_provider check (provider in ('duffel', 'stripe'))
);
alter table engine.scans enable row level security;
alter table engine.scans force row level security;

-- Everything that waits for a person, with the evidence.
create table engine.review_cases (
  id bigint generated always as identity primary key,
  kind text not null,
  -- The attempt or the provider's object that the case is about.
  object_id text not null,
  user_id uuid,
  trip_request_id uuid,
  booking_attempt_id uuid,
  opened_at timestamptz not null,
  summary text not null,
  -- What both providers said when last asked: {"order": ..., "payment": ...}.
  evidence jsonb not null default '{}',
  evidence_at timestamptz,
  resolved_at timestamptz,
  resolved_by text,
  resolution text,
  constraint review_cases_kind check (
    kind in (
      'ATTEMPT', 'ORPHAN_ORDER', 'ORPHAN_PAYMENT', 'PAYMENT_CONTRADICTION',
      'ORDER_CONTRADICTION', 'DISPUTE', 'FRAUD_WARNING', 'AIRLINE_CHANGE',
      'AIRLINE_CANCELLATION', 'REFUND_FAILED', 'AUTHORIZATION_LAPSING', 'POISON',
      'INVARIANT', 'LOST_ATTEMPT', 'DOUBLE_BOOKING'
    )
  ),
  constraint review_cases_resolved check (
    (resolved_at is null) = (resolved_by is null)
    and (resolved_at is null) = (resolution is null)
  ),
  constraint review_cases_booking_attempt_id_fkey
    foreign key (user_id, booking_attempt_id)
    references public.booking_attempts (user_id, id) on delete restrict
);
create unique index review_cases_open_idx
  on engine.review_cases (kind, object_id) where resolved_at is null;
create index review_cases_booking_attempt_id_idx
  on engine.review_cases (user_id, booking_attempt_id);
-- A trip with an open case about an order or a payment nobody knows is not booked.
create index review_cases_trip_request_id_idx
  on engine.review_cases (user_id, trip_request_id) where resolved_at is null;
alter table engine.review_cases enable row level security;
alter table engine.review_cases force row level security;

-- What operators did, and why; append-only.
create table engine.review_actions (
  id bigint generated always as identity primary key,
  review_case_id bigint not null references engine.review_cases (id) on delete restrict,
  at timestamptz not null,
  actor text not null,
  action text not null,
  reason text not null,
  outcome text not null,
  constraint review_actions_reason check (length(trim(reason)) >= 3)
);
create index review_actions_review_case_id_idx
  on engine.review_actions (review_case_id);
alter table engine.review_actions enable row level security;
alter table engine.review_actions force row level security;
