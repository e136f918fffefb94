-- The booking saga as rows: its states, what an answer means, what comes next; attempts
-- to book, what came of them, and what happened on the way. The rows of the first four
-- tables are code: saga/saga_transitions.sql and the files of outward/.
-- depends: 0005_searches

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
  -- The waits between tries of a call that polls; after the last it is exhausted. Null:
  -- twice as long each time, `max_tries` times.
  waits interval[],
  -- How long its idempotency key is sure to be known at the provider. Null: needs none.
  key_lasts interval,
  -- Reads for the record: the answer is evidence and may wake the saga, never moves it.
  observes boolean not null default false,
  -- After so many failures in a row it is not claimed for a while. Null: never held up,
  -- because an order or money in flight hangs on it.
  breaks_after smallint,
  -- Whether a call of it waits while this history is not confirmed: what begins
  -- something, and what lets go of something that may have gone on in the history that
  -- was lost.
  awaits_history boolean not null default false,
  constraint operations_provider check (provider in ('duffel', 'stripe')),
  constraint operations_max_tries check (max_tries between 1 and 100),
  constraint operations_breaks_after check (breaks_after > 0)
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
    check (trip_status in ('PENDING', 'ACTION_REQUIRED', 'FAILED', 'CANCELLED')),
  constraint outcome_rules_end check (
    (verdict in ('FAIL', 'RESEARCH')) = (trip_status is not null and reason is not null)
  )
);
alter table engine.outcome_rules enable row level security;
alter table engine.outcome_rules force row level security;

create table engine.saga_transitions (
  state text not null references engine.saga_states (state) on delete cascade,
  -- Beside answers, what a person may order is a verdict, and what a scan found.
  verdict text not null,
  next_state text not null references engine.saga_states (state) on delete cascade,
  next_operation text references engine.operations (operation) on delete cascade,
  primary key (state, verdict),
  constraint saga_transitions_verdict check (
    verdict in (
      'OK', 'REDO', 'FAIL', 'RESEARCH', 'UNKNOWN', 'REVIEW', 'EXHAUSTED', 'STOP',
      'ADOPT', 'VOID', 'RELEASE', 'CANCEL', 'REFUND', 'RESUME', 'REOPEN', 'FREEZE',
      'FOUND'
    )
  )
);
alter table engine.saga_transitions enable row level security;
alter table engine.saga_transitions force row level security;

-- Where a part of a key is the name of nothing in some language, two things that have
-- nothing to do with each other share a key, and the provider makes one of them. The
-- form is a domain's, looked at when a key is made; a check of the table would be read
-- anew at every step.
create domain engine.idempotency_key as text
  constraint idempotency_key_form check (
    value ~ '^[0-9a-z_-]+(:[0-9a-z_-]+)+$'
    and value
    !~ '(^|[^0-9a-z])(undefined|null|nil|none|nan|infinity)([^0-9a-z]|$)'
  );

-- A row changes at every step and has few checks: PostgreSQL reads each of them anew
-- for each statement. That its columns fit each other is watched (sql/invariants).
create table public.booking_attempts (
  user_id uuid not null,
  id uuid not null default gen_random_uuid(),
  trip_request_id uuid not null,
  attempt_no integer not null,
  -- PENDING, SUCCESS or FAILED.
  status text not null default 'PENDING',
  state text not null references engine.saga_states (state),
  -- Raised by every transition; a call carries the epoch it was made for, so a late
  -- answer can never move an attempt that has gone on.
  epoch integer not null default 1,
  idempotency_key engine.idempotency_key not null,
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
  -- When the present wait for the truth ends and a person is asked.
  deadline_at timestamptz,
  -- The state to which 'RESUME' goes back from NEEDS_REVIEW.
  review_from text,
  -- An order id we were told (an event, an operator): read beside the list, believed
  -- only after the same checks.
  order_hint text,
  order_cancelled_at timestamptz,
  cancellation_id text,
  -- The least that cancelling must return, else the order stays.
  min_refund public.money_amount,
  captured_amount public.money_amount,
  voided_at timestamptz,
  -- What is to be returned, decided before the first refund is asked for.
  refund_amount public.money_amount,
  -- A refund that failed is followed by another one, under another key.
  refund_no smallint not null default 1,
  refund_id text,
  refunded_at timestamptz,
  -- The flights of its order as last read, in the airports' own times; null until an
  -- order was read, when the offer's count.
  itinerary jsonb,
  -- When the read began that told it; null when the order's own answer did.
  itinerary_read_at timestamptz,
  -- When its flights were last seen to be at other times than before.
  moved_at timestamptz,
  -- 128 bits, as W3C's trace context has them: one id for everything that a search of a
  -- trip leads to.
  trace_id uuid,
  trace_sampled boolean,
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
    references public.flight_offers_kept (user_id, id) on delete restrict,
  constraint booking_attempts_payment_method_id_fkey
    foreign key (user_id, payment_method_id)
    references public.payment_methods (user_id, id) on delete restrict,
  constraint booking_attempts_cap check (agreed_amount <= cap_amount),
  constraint booking_attempts_refund
    check (refund_amount is null or refund_amount <= captured_amount)
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
create index booking_attempts_state_idx
  on public.booking_attempts (state, state_changed_at)
  where state not in ('CONFIRMED', 'FAILED', 'CANCELLED');
create index booking_attempts_state_changed_at_idx
  on public.booking_attempts (state_changed_at);
create index booking_attempts_payment_intent_id_idx
  on public.booking_attempts (payment_intent_id);
create index booking_attempts_offer_id_idx on public.booking_attempts (offer_id);
create index booking_attempts_order_id_idx on public.booking_attempts (order_id);
-- Which flights were moved since: invariants/nobody_is_on_two_flights_at_once.sql.
create index booking_attempts_moved_at_idx
  on public.booking_attempts (moved_at) where moved_at is not null;
-- What the installation has spent since a day: engine.spent_in_base.
create index booking_attempts_ended_at_idx
  on public.booking_attempts (ended_at)
  include (currency, agreed_amount, refund_amount, refunded_at)
  where status = 'SUCCESS';
-- Support finds an attempt by the trace that a log line, an order or a payment names
-- (operations/trace_story.sql).
create index booking_attempts_trace_id_idx on public.booking_attempts (trace_id);
alter table public.booking_attempts enable row level security;
alter table public.booking_attempts force row level security;

-- The party of an attempt as it was when the intent was committed: what the order says
-- is read here, never from the profiles. The engine's alone: travellers read
-- booking_passengers.
create table engine.booking_attempt_passengers (
  user_id uuid not null,
  booking_attempt_id uuid not null,
  traveler_profile_id uuid not null,
  -- Duffel's id of this passenger in the offer, and of the infant on this lap.
  passenger_id text not null,
  infant_passenger_id text,
  -- Emptied when the attempt ends without a booking.
  given_name text,
  family_name text,
  title text,
  gender text,
  born_on date,
  email text,
  phone_number text,
  -- Who it is, whatever profile says so: engine.person_key. Tells nothing by itself.
  person text not null,
  primary key (user_id, booking_attempt_id, traveler_profile_id),
  constraint booking_attempt_passengers_passenger_id_key
    unique (user_id, booking_attempt_id, passenger_id),
  constraint booking_attempt_passengers_booking_attempt_id_fkey
    foreign key (user_id, booking_attempt_id)
    references public.booking_attempts (user_id, id) on delete restrict,
  constraint booking_attempt_passengers_traveler_profile_id_fkey
    foreign key (user_id, traveler_profile_id)
    references public.traveler_profiles (user_id, id) on delete restrict,
  constraint booking_attempt_passengers_whole check (
    num_nonnulls(
      given_name, family_name, title, gender, born_on, email, phone_number
    ) in (0, 7)
  ),
  constraint booking_attempt_passengers_person check (person ~ '^[0-9a-f]{64}$')
);
-- On which other flights somebody is: people/overlapping_attempts.sql.
create index booking_attempt_passengers_person_idx
  on engine.booking_attempt_passengers (user_id, person);
create index booking_attempt_passengers_traveler_profile_id_idx
  on engine.booking_attempt_passengers (user_id, traveler_profile_id);
alter table engine.booking_attempt_passengers enable row level security;
alter table engine.booking_attempt_passengers force row level security;

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
  cancelled_at timestamptz,
  refund_amount public.money_amount,
  -- What happened to it since: a schedule change, a dispute; for the traveller to read.
  attention text,
  -- When the airline is next asked what it has done to the booking; null once no flight
  -- of it lies ahead. A new one was just made and can wait an hour.
  next_look_at timestamptz default now() + interval '1 hour',
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
    references public.flight_offers_kept (user_id, id) on delete restrict,
  constraint flight_bookings_status
    check (status in ('CONFIRMED', 'CANCELLED', 'REFUNDED')),
  constraint flight_bookings_cancelled
    check ((status = 'CONFIRMED') = (cancelled_at is null)),
  -- A refund of nothing is none.
  constraint flight_bookings_refunded
    check (status <> 'REFUNDED' or refund_amount > 0)
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
create index flight_bookings_id_idx on public.flight_bookings (id);
-- The confirmed bookings that are due to be read, the longest first:
-- review/read_bookings.sql.
create index flight_bookings_next_look_at_idx
  on public.flight_bookings (next_look_at) where status = 'CONFIRMED';
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

-- What happened, to which trip and attempt, and why.
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
create index booking_events_at_idx
  on engine.booking_events using brin (at) with (autosummarize = on);
alter table engine.booking_events enable row level security;
alter table engine.booking_events force row level security;
