-- Who flies is frozen with the intent; when is what the order says; and what holds for
-- all trips of a traveller is decided one trip at a time by a row.
-- depends: 0012_judged_offers
-- What is added to existing tables is null or has a constant default: no table is
-- rewritten, and nothing that was allowed is refused.

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
-- On which other flights somebody is: booking/overlapping_attempts.sql.
create index booking_attempt_passengers_person_idx
  on engine.booking_attempt_passengers (user_id, person);
create index booking_attempt_passengers_traveler_profile_id_idx
  on engine.booking_attempt_passengers (user_id, traveler_profile_id);
alter table engine.booking_attempt_passengers enable row level security;
alter table engine.booking_attempt_passengers force row level security;

alter table public.booking_attempts
  -- The flights of its order as last read, in the airports' own times; null until an
  -- order was read, when the offer's count.
  add column itinerary jsonb,
  -- When the read began that told it; null when the order's own answer did.
  add column itinerary_read_at timestamptz,
  -- When its flights were last seen to be at other times than before.
  add column moved_at timestamptz;
-- Which flights were moved since: operations/check_invariants.sql.
-- squawk-ignore require-concurrent-index-creation
create index booking_attempts_moved_at_idx
  on public.booking_attempts (moved_at) where moved_at is not null;

alter table public.spending_limits
  -- What was spent before counts against it; what was begun since must fit.
  add column changed_at timestamptz not null default now();

-- One row for each traveller about whom something was decided or counted. Changing it
-- is what makes a second decision wait, and fail where its transaction sees the past
-- only.
create table engine.travellers (
  user_id uuid not null primary key references auth.users (id) on delete cascade,
  decisions bigint not null default 1,
  -- Searches that may be asked for, as of then; null: never asked.
  search_credit double precision,
  credited_at timestamptz,
  constraint travellers_credit check ((search_credit is null) = (credited_at is null))
) with (fillfactor = 70);
alter table engine.travellers enable row level security;
alter table engine.travellers force row level security;
