-- How every fault ends: the truth is found, the order undone, the money returned, or a
-- person decides with the evidence at hand.
-- depends: 0007_search
-- Every stored row satisfies the new checks by default: scanning it is quick.
-- Lists of words grow and account-wide calls have no owner: nothing that was allowed is
-- refused.
-- squawk-ignore-file constraint-missing-not-valid, ban-drop-constraint
-- squawk-ignore-file ban-drop-not-null

alter table engine.operations
  -- The waits between tries of a call that polls; after the last it is exhausted. Null:
  -- twice as long each time, `max_tries` times.
  add column waits interval[],
  -- How long its idempotency key is sure to be known at the provider. Null: needs none.
  add column key_lasts interval,
  -- Reads for the record: the answer is evidence and may wake the saga, never moves it.
  add column observes boolean not null default false,
  -- After so many failures in a row it is not claimed for a while. Null: never held up,
  -- because an order or money in flight hangs on it.
  add column breaks_after smallint,
  add constraint operations_breaks_after check (breaks_after > 0);

alter table engine.outcome_rules
  drop constraint outcome_rules_trip_status,
  add constraint outcome_rules_trip_status
    check (trip_status in ('PENDING', 'ACTION_REQUIRED', 'FAILED', 'CANCELLED'));

-- Beside answers, what a person may order is a verdict too.
alter table engine.saga_transitions
  drop constraint saga_transitions_verdict,
  add constraint saga_transitions_verdict check (
    verdict in (
      'OK', 'REDO', 'FAIL', 'RESEARCH', 'UNKNOWN', 'REVIEW', 'EXHAUSTED', 'STOP',
      'ADOPT', 'VOID', 'RELEASE', 'CANCEL', 'REFUND', 'RESUME', 'REOPEN', 'FREEZE'
    )
  );

alter table public.booking_attempts
  -- When the present wait for the truth ends and a person is asked.
  add column deadline_at timestamptz,
  -- The state to which 'RESUME' goes back from NEEDS_REVIEW.
  add column review_from text,
  -- An order id we were told (an event, an operator): read beside the list, believed
  -- only after the same checks.
  add column order_hint text,
  add column order_cancelled_at timestamptz,
  add column cancellation_id text,
  -- The least that cancelling must return, else the order stays.
  add column min_refund public.money_amount,
  add column captured_amount public.money_amount,
  add column voided_at timestamptz,
  -- What is to be returned, decided before the first refund is asked for.
  add column refund_amount public.money_amount,
  -- A refund that failed is followed by another one, under another key.
  add column refund_no smallint not null default 1,
  add column refund_id text,
  add column refunded_at timestamptz,
  drop constraint booking_attempts_trip_status_after,
  add constraint booking_attempts_trip_status_after
    check (trip_status_after in ('PENDING', 'ACTION_REQUIRED', 'FAILED', 'CANCELLED')),
  add constraint booking_attempts_refund
    check (refund_amount is null or refund_amount <= captured_amount);
-- squawk-ignore require-concurrent-index-creation
create index booking_attempts_state_idx
  on public.booking_attempts (state, state_changed_at)
  where state not in ('CONFIRMED', 'FAILED', 'CANCELLED');
-- squawk-ignore require-concurrent-index-creation
create index booking_attempts_state_changed_at_idx
  on public.booking_attempts (state_changed_at);
-- squawk-ignore require-concurrent-index-creation
create index booking_attempts_payment_intent_id_idx
  on public.booking_attempts (payment_intent_id);
-- squawk-ignore require-concurrent-index-creation
create index booking_attempts_offer_id_idx on public.booking_attempts (offer_id);
-- squawk-ignore require-concurrent-index-creation
create index booking_attempts_order_id_idx on public.booking_attempts (order_id);

-- squawk-ignore require-concurrent-index-creation
create index booking_events_at_idx
  on engine.booking_events using brin (at) with (autosummarize = on);

alter table public.flight_bookings
  add column cancelled_at timestamptz,
  add column refund_amount public.money_amount,
  -- What happened to it since: a schedule change, a dispute; for the traveller to read.
  add column attention text,
  add constraint flight_bookings_cancelled
    check ((status = 'CONFIRMED') = (cancelled_at is null));

-- squawk-ignore require-concurrent-index-creation
create index flight_bookings_id_idx on public.flight_bookings (id);

-- Calls of the engine's own account (scans, sweeps, reads for events) belong to nobody.
alter table engine.provider_calls
  alter column user_id drop not null,
  alter column trip_request_id drop not null,
  -- What it reads; one call per object and operation is its lease.
  add column object_id text,
  -- Asked for again while it was out: read once more.
  add column again boolean not null default false,
  -- Reports that could not be applied; the third makes it a person's.
  add column apply_failures smallint not null default 0,
  -- Keys are forgotten by the payment provider 24 hours after their first use.
  add column first_claimed_at timestamptz,
  add constraint provider_calls_owner check (
    (user_id is null) = (trip_request_id is null)
    and (user_id is not null or booking_attempt_id is null)
  );
-- squawk-ignore require-concurrent-index-creation
create index provider_calls_ready_account_idx
  on engine.provider_calls (run_at, id)
  where state = 'READY' and user_id is null;
-- squawk-ignore require-concurrent-index-creation
create index provider_calls_dead_idx
  on engine.provider_calls (finished_at) where state = 'DEAD' and operation <> 'search';

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
      'AIRLINE_CANCELLATION', 'REFUND_FAILED', 'AUTHORIZATION_LAPSING', 'POISON'
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

-- How far each list of a provider has been compared with our rows.
create table engine.scans (
  scan text not null primary key,
  provider text not null,
  scanned_to timestamptz not null,
  finished_at timestamptz,
  found integer not null default 0,
  -- The history that it last compared; see engine.history.
  history text,
  constraint scans_scan
    check (scan in ('orders', 'payments', 'order_events', 'payment_events')),
  constraint scans_provider check (provider in ('duffel', 'stripe'))
);
alter table engine.scans enable row level security;
alter table engine.scans force row level security;

-- Which server's history this is. Another one means a restore: nothing is booked until
-- both providers' lists were compared with what came back.
create table engine.history (
  only_row boolean not null primary key default true,
  system_identifier bigint not null,
  timeline text not null,
  -- A dump that is restored beside the original is another database of the same server.
  database_oid oid not null,
  confirmed_at timestamptz not null,
  constraint history_only_row check (only_row)
);
alter table engine.history enable row level security;
alter table engine.history force row level security;

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
