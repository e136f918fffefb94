-- The booking saga as rows: its states, what an answer means, what comes next; and the
-- durable list of outward calls. The rows themselves are code: see
-- provider_calls/outcome_rules.sql and booking/saga_transitions.sql.
-- depends: 0004_offers

create table engine.saga_states (
  state text not null primary key,
  is_final boolean not null,
  -- Waits for the truth or for a person: the trip is frozen.
  is_parked boolean not null,
  meaning text not null,
  constraint saga_states_one_rest check (not (is_final and is_parked))
);
alter table engine.saga_states enable row level security;
alter table engine.saga_states force row level security;

create table engine.operations (
  operation text not null primary key,
  provider text not null,
  -- Not idempotent at the provider: `mark_sent` commits before the bytes leave, and a
  -- lease that ends after that means UNKNOWN, not "try again".
  marks_sent boolean not null,
  lease interval not null,
  max_tries smallint not null,
  constraint operations_provider check (provider in ('duffel', 'stripe')),
  constraint operations_max_tries check (max_tries between 1 and 100)
);
alter table engine.operations enable row level security;
alter table engine.operations force row level security;

create table engine.outcome_rules (
  operation text not null references engine.operations (operation) on delete cascade,
  -- '201', '4xx', 'none' (no answer arrived) or '*'.
  http_status text not null,
  -- The provider's code, a Stripe object's status, or a check of ours; '*' is any.
  error_code text not null,
  verdict text not null,
  -- What the trip becomes when the attempt ends on this answer.
  trip_status text,
  search_again_after interval,
  -- Stops every new booking until an operator looks (our account, not the traveller's).
  halts boolean not null default false,
  -- What the traveller is told.
  reason text,
  primary key (operation, http_status, error_code),
  constraint outcome_rules_http_status
    check (http_status ~ '^([1-5][0-9][0-9]|[1-5]xx|none|\*)$'),
  constraint outcome_rules_verdict check (
    verdict in ('OK', 'RETRY', 'REDO', 'FAIL', 'RESEARCH', 'UNKNOWN', 'REVIEW')
  ),
  constraint outcome_rules_trip_status
    check (trip_status in ('PENDING', 'ACTION_REQUIRED', 'FAILED')),
  constraint outcome_rules_end check (
    (verdict in ('FAIL', 'RESEARCH')) = (trip_status is not null and reason is not null)
  )
);
alter table engine.outcome_rules enable row level security;
alter table engine.outcome_rules force row level security;

create table engine.saga_transitions (
  state text not null references engine.saga_states (state) on delete cascade,
  verdict text not null,
  next_state text not null references engine.saga_states (state) on delete cascade,
  next_operation text references engine.operations (operation) on delete cascade,
  primary key (state, verdict),
  constraint saga_transitions_verdict check (
    verdict in (
      'OK', 'REDO', 'FAIL', 'RESEARCH', 'UNKNOWN', 'REVIEW', 'EXHAUSTED', 'STOP'
    )
  )
);
alter table engine.saga_transitions enable row level security;
alter table engine.saga_transitions force row level security;

create table public.booking_attempts (
  user_id uuid not null,
  id uuid not null default gen_random_uuid(),
  trip_request_id uuid not null,
  attempt_no integer not null,
  status text not null default 'PENDING',
  state text not null references engine.saga_states (state),
  -- Raised by every transition; a call carries the epoch it was made for, so a late
  -- answer can never move an attempt that has gone on.
  epoch integer not null default 1,
  idempotency_key text not null,
  flight_offer_id uuid not null,
  offer_id text not null,
  agreed_amount public.money_amount not null,
  currency text not null references engine.currencies (code),
  -- As seen in the transaction that committed the intent.
  cap_amount public.money_amount not null,
  trip_version integer not null,
  flags jsonb not null,
  payment_method_id uuid not null,
  payment_intent_id text,
  capture_before timestamptz,
  order_id text,
  booking_reference text,
  -- Where the trip goes when this attempt ends without a booking.
  trip_status_after text,
  search_again_after interval,
  error_code text,
  error_message text,
  started_at timestamptz not null default now(),
  state_changed_at timestamptz not null default now(),
  ended_at timestamptz,
  primary key (user_id, id),
  constraint booking_attempts_id_key unique (id),
  constraint booking_attempts_idempotency_key_key unique (idempotency_key),
  constraint booking_attempts_attempt_no_key
    unique (user_id, trip_request_id, attempt_no),
  constraint booking_attempts_trip_request_id_fkey
    foreign key (user_id, trip_request_id)
    references public.trip_requests (user_id, id) on delete restrict,
  constraint booking_attempts_flight_offer_id_fkey
    foreign key (user_id, flight_offer_id)
    references public.flight_offers (user_id, id) on delete restrict,
  constraint booking_attempts_payment_method_id_fkey
    foreign key (user_id, payment_method_id)
    references public.payment_methods (user_id, id) on delete restrict,
  constraint booking_attempts_status check (status in ('PENDING', 'SUCCESS', 'FAILED')),
  constraint booking_attempts_ended check ((status = 'PENDING') = (ended_at is null)),
  constraint booking_attempts_success check (
    status <> 'SUCCESS'
    or (
      order_id is not null
      and booking_reference is not null
      and payment_intent_id is not null
    )
  ),
  constraint booking_attempts_failed
    check (status <> 'FAILED' or error_message is not null),
  constraint booking_attempts_cap check (agreed_amount <= cap_amount),
  constraint booking_attempts_trip_status_after
    check (trip_status_after in ('PENDING', 'ACTION_REQUIRED', 'FAILED'))
);
-- The guard against two bookings in flight for one trip.
create unique index booking_attempts_live_idx
  on public.booking_attempts (user_id, trip_request_id) where status = 'PENDING';
create index booking_attempts_user_id_status_idx
  on public.booking_attempts (user_id, status);
create index booking_attempts_flight_offer_id_idx
  on public.booking_attempts (user_id, flight_offer_id);
create index booking_attempts_payment_method_id_idx
  on public.booking_attempts (user_id, payment_method_id);
alter table public.booking_attempts enable row level security;
alter table public.booking_attempts force row level security;

create table public.flight_bookings (
  user_id uuid not null,
  id uuid not null default gen_random_uuid(),
  trip_request_id uuid not null,
  booking_attempt_id uuid not null,
  flight_offer_id uuid not null,
  offer_id text not null,
  order_id text not null,
  payment_intent_id text not null,
  booking_reference text not null,
  price public.money_amount not null,
  currency text not null default 'USD' references engine.currencies (code),
  booked_at timestamptz not null,
  status text not null default 'CONFIRMED',
  primary key (user_id, id),
  constraint flight_bookings_order_id_key unique (order_id),
  constraint flight_bookings_payment_intent_id_key unique (payment_intent_id),
  constraint flight_bookings_trip_request_id_fkey
    foreign key (user_id, trip_request_id)
    references public.trip_requests (user_id, id) on delete restrict,
  constraint flight_bookings_booking_attempt_id_fkey
    foreign key (user_id, booking_attempt_id)
    references public.booking_attempts (user_id, id) on delete restrict,
  constraint flight_bookings_flight_offer_id_fkey
    foreign key (user_id, flight_offer_id)
    references public.flight_offers (user_id, id) on delete restrict,
  constraint flight_bookings_status
    check (status in ('CONFIRMED', 'CANCELLED', 'REFUNDED'))
);
-- The guard against two confirmed bookings for one trip.
create unique index flight_bookings_confirmed_idx
  on public.flight_bookings (user_id, trip_request_id) where status = 'CONFIRMED';
create index flight_bookings_trip_request_id_idx
  on public.flight_bookings (user_id, trip_request_id);
create index flight_bookings_user_id_status_idx
  on public.flight_bookings (user_id, status);
create index flight_bookings_booking_attempt_id_idx
  on public.flight_bookings (user_id, booking_attempt_id);
create index flight_bookings_flight_offer_id_idx
  on public.flight_bookings (user_id, flight_offer_id);
alter table public.flight_bookings enable row level security;
alter table public.flight_bookings force row level security;

create table public.booking_passengers (
  user_id uuid not null,
  flight_booking_id uuid not null,
  traveler_profile_id uuid not null,
  -- Duffel's id of this passenger on the order.
  passenger_id text not null,
  primary key (user_id, flight_booking_id, traveler_profile_id),
  constraint booking_passengers_flight_booking_id_fkey
    foreign key (user_id, flight_booking_id)
    references public.flight_bookings (user_id, id) on delete restrict,
  constraint booking_passengers_traveler_profile_id_fkey
    foreign key (user_id, traveler_profile_id)
    references public.traveler_profiles (user_id, id) on delete restrict
);
create index booking_passengers_traveler_profile_id_idx
  on public.booking_passengers (user_id, traveler_profile_id);
alter table public.booking_passengers enable row level security;
alter table public.booking_passengers force row level security;

create table engine.provider_calls (
  id bigint generated always as identity primary key,
  user_id uuid not null,
  trip_request_id uuid not null,
  booking_attempt_id uuid,
  attempt_epoch integer,
  operation text not null references engine.operations (operation),
  -- What cannot be derived from the attempt at hand-out. Never personal data.
  payload jsonb not null default '{}',
  idempotency_key text not null,
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
  constraint provider_calls_idempotency_key_key unique (idempotency_key),
  constraint provider_calls_trip_request_id_fkey
    foreign key (user_id, trip_request_id)
    references public.trip_requests (user_id, id) on delete restrict,
  constraint provider_calls_booking_attempt_id_fkey
    foreign key (user_id, booking_attempt_id)
    references public.booking_attempts (user_id, id) on delete restrict,
  constraint provider_calls_attempt
    check ((booking_attempt_id is null) = (attempt_epoch is null)),
  constraint provider_calls_idempotency_key
    check (idempotency_key ~ '^[0-9a-z_-]+(:[0-9a-z_-]+)+$'),
  constraint provider_calls_state
    check (state in ('READY', 'CLAIMED', 'SENT', 'DONE', 'UNKNOWN', 'DEAD')),
  constraint provider_calls_lease
    check ((state in ('CLAIMED', 'SENT')) = (lease_until is not null)),
  constraint provider_calls_sent check (state <> 'SENT' or sent_at is not null),
  constraint provider_calls_finished
    check ((state in ('DONE', 'UNKNOWN', 'DEAD')) = (finished_at is not null))
);
create index provider_calls_ready_idx
  on engine.provider_calls (run_at, id)
  where state = 'READY' and booking_attempt_id is not null;
create index provider_calls_ready_search_idx
  on engine.provider_calls (run_at, id)
  where state = 'READY' and booking_attempt_id is null;
create index provider_calls_lease_until_idx
  on engine.provider_calls (lease_until) where state in ('CLAIMED', 'SENT');
create index provider_calls_trip_request_id_idx
  on engine.provider_calls (user_id, trip_request_id);
create index provider_calls_booking_attempt_id_idx
  on engine.provider_calls (user_id, booking_attempt_id);
alter table engine.provider_calls enable row level security;
alter table engine.provider_calls force row level security;
