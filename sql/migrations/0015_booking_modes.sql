-- How a trip is booked: by itself, after a time to say no, once its traveller says yes,
-- or not at all. What was put before a traveller is kept, with what became of it.
-- depends: 0014_message_indexes

-- A function with a parsed body keeps a column with a default from being added to the
-- row that it takes. Nothing calls this one; the code that follows makes it anew.
-- squawk-ignore ban-drop-function
drop function if exists engine.last_wait_decision(public.trip_requests);

alter table public.trip_requests
  add column booking_mode text not null default 'AUTOMATIC',
  -- How long a traveller may say no, in the mode VETO_WINDOW.
  add column veto_minutes integer not null default 30;
alter table public.trip_requests
  add constraint trip_requests_booking_mode check (
    booking_mode in ('AUTOMATIC', 'VETO_WINDOW', 'APPROVAL', 'WATCH', 'DRY_RUN')
  ) not valid;
alter table public.trip_requests
  add constraint trip_requests_veto_minutes
  check (veto_minutes between 1 and 10080) not valid;

-- The mode in which it began; null: before there were modes, which was AUTOMATIC.
alter table public.booking_attempts add column booking_mode text;

alter table engine.traveller_limits
  add column first_booking_needs_approval boolean not null default false;

-- One row for each time that an offer was put before a traveller. The offer's facts are
-- copied, because the offer goes with the day of its search.
create table public.offer_proposals (
  user_id uuid not null,
  id uuid not null default gen_random_uuid(),
  trip_request_id uuid not null,
  trip_version integer not null,
  -- APPROVAL: booked when its traveller says yes. VETO_WINDOW: when nobody says no.
  mode text not null,
  -- No key: an offer that no attempt has chosen is dropped with its day.
  flight_offer_id uuid not null,
  offer_day date not null,
  search_round integer not null,
  offer_id text not null,
  -- Equal for the same flights at the same times, whatever the fare.
  itinerary_key text not null,
  airline text not null,
  price_amount public.money_amount not null,
  price_currency text not null references engine.currencies (code),
  departs_at timestamptz not null,
  -- What was said to the traveller.
  sentence text not null,
  proposed_at timestamptz not null,
  -- Until then the offer lives and approve_offer books it.
  answer_by timestamptz not null,
  -- VETO_WINDOW: until then the traveller may say no.
  books_at timestamptz,
  -- Nobody waits for an answer any more.
  closes_at timestamptz not null,
  state text not null default 'OPEN',
  state_changed_at timestamptz not null,
  -- Who or what ended it, in words.
  reason text,
  -- What booked it, or what was found again when its time to say no was over.
  booking_attempt_id uuid,
  primary key (user_id, id),
  constraint offer_proposals_trip_request_id_fkey
    foreign key (user_id, trip_request_id)
    references public.trip_requests (user_id, id) on delete restrict,
  constraint offer_proposals_booking_attempt_id_fkey
    foreign key (user_id, booking_attempt_id)
    references public.booking_attempts (user_id, id) on delete restrict,
  constraint offer_proposals_mode check (mode in ('APPROVAL', 'VETO_WINDOW')),
  constraint offer_proposals_books_at
    check ((mode = 'VETO_WINDOW') = (books_at is not null)),
  constraint offer_proposals_state check (
    state in ('OPEN', 'APPROVED', 'VETOED', 'LAPSED', 'REPLACED', 'BOOKED')
  ),
  constraint offer_proposals_reason check ((state = 'OPEN') = (reason is null)),
  constraint offer_proposals_booked
    check (state <> 'BOOKED' or booking_attempt_id is not null)
);
-- A traveller is asked about one offer of a trip at a time.
create unique index offer_proposals_open_idx
  on public.offer_proposals (user_id, trip_request_id)
  where state = 'OPEN';
-- What was said of a trip before: approve_offer, veto_booking, best_offer.
create index offer_proposals_trip_request_id_idx
  on public.offer_proposals (user_id, trip_request_id, proposed_at);
create index offer_proposals_booking_attempt_id_idx
  on public.offer_proposals (user_id, booking_attempt_id);
-- What is over: engine.close_proposals.
create index offer_proposals_closes_at_idx
  on public.offer_proposals (closes_at)
  where state = 'OPEN';
alter table public.offer_proposals enable row level security;
alter table public.offer_proposals force row level security;
