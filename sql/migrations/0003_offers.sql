-- What searches returned: every offer that is kept, by the day of its search. A day is
-- dropped as a whole when its offers are old: nothing is deleted, and nothing points at
-- it. What an attempt chooses moves to a part of its own, which stays; there the keys
-- of attempts, bookings and trips point.
-- depends: 0002_travellers

-- No key of the trip: a day that is attached or dropped must not need the table of
-- trips. The call that brought the offer has its key.
create table public.flight_offers (
  user_id uuid not null,
  id uuid not null default gen_random_uuid(),
  trip_request_id uuid not null,
  -- Offers of an older round than the trip's are superseded: never candidates.
  search_round integer not null,
  offer_id text not null,
  offer_request_id text not null,
  -- Duffel's passenger ids of that offer request: [{"id", "type", "age"}].
  passengers jsonb not null,
  price_amount public.money_amount not null,
  price_currency text not null default 'USD',
  base_amount public.money_amount,
  tax_amount public.money_amount,
  expires_at timestamptz not null,
  -- That it has expired is told by its time; see public.offer_status.
  status text not null default 'ACTIVE',
  airline text not null,
  duration interval not null,
  longest_slice interval not null,
  connections smallint not null,
  most_connections smallint not null,
  technical_stops smallint not null,
  departs_at timestamptz not null,
  arrives_at timestamptz not null,
  -- Included for every passenger on every segment.
  carry_on_bags smallint not null,
  checked_bags smallint not null,
  -- Null: the airline does not say, which is not "no".
  refundable boolean,
  refund_penalty public.money_amount,
  refund_penalty_currency text,
  changeable boolean,
  change_penalty public.money_amount,
  change_penalty_currency text,
  emissions_kg numeric,
  documents_required boolean not null,
  -- [{"origin", "destination", "duration", "fare_brand", "segments": [...]}] per slice.
  itinerary jsonb not null,
  rank integer,
  score numeric,
  score_parts jsonb,
  ineligible text[] not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  base_currency text,
  tax_currency text,
  -- Marketing and operating airlines of all segments, each once, sorted.
  carriers text[] not null default '{}',
  -- The lowest cabin of any passenger on any segment.
  lowest_cabin text,
  shortest_layover interval,
  longest_layover interval,
  airport_changes smallint not null default 0,
  overnight_layovers smallint not null default 0,
  red_eyes smallint not null default 0,
  -- Per slice, in the airport's own time, hence without a zone.
  -- squawk-ignore prefer-timestamp-tz
  departs_local timestamp[] not null default '{}',
  -- squawk-ignore prefer-timestamp-tz
  arrives_local timestamp[] not null default '{}',
  requires_instant_payment boolean,
  price_guaranteed_until timestamptz,
  payment_required_by timestamptz,
  document_types text[] not null default '{}',
  -- Equal for the same flights at the same times, whatever the fare.
  itinerary_key text,
  -- The slices of the search that found it: airport or city asked for, and local date.
  -- Null: it is not known what was asked for, and it is never booked.
  asked_from text[],
  asked_to text[],
  asked_on date[],
  -- The largest difference between a duration that is stated and the one that the
  -- airports' clocks give; null: none is stated.
  duration_gap interval,
  -- When the provider was last asked for this one offer.
  read_live_at timestamptz,
  -- The day (UTC) whose part holds the offer: that of its search. 9999-12-31: an
  -- attempt has chosen it, and it stays. (No infinity: clients in Python cannot read
  -- it.)
  day date not null default (statement_timestamp() at time zone 'UTC')::date,
  constraint flight_offers_offer_id check (offer_id ~ '^off_\w+$'),
  constraint flight_offers_status
    check (status in ('ACTIVE', 'EXPIRED', 'SELECTED', 'BOOKED')),
  constraint flight_offers_times check (arrives_at > departs_at),
  constraint flight_offers_rank
    check (rank is null or (score is not null and ineligible = '{}')),
  constraint flight_offers_asked check (
    (asked_from is null) = (asked_on is null)
    and (asked_to is null) = (asked_on is null)
    and cardinality(asked_from) = cardinality(asked_on)
    and cardinality(asked_to) = cardinality(asked_on)
  )
) partition by list (day);
create unique index flight_offers_user_id_id_day_idx
  on public.flight_offers (user_id, id, day);
create unique index flight_offers_offer_id_day_idx
  on public.flight_offers (offer_id, day);
create index flight_offers_trip_request_id_idx
  on public.flight_offers (user_id, trip_request_id, search_round);
alter table public.flight_offers enable row level security;
alter table public.flight_offers force row level security;

-- What attempts have chosen.
create table public.flight_offers_kept partition of public.flight_offers (
  constraint flight_offers_kept_pkey primary key (user_id, id),
  constraint flight_offers_kept_offer_id_key unique (offer_id)
) for values in ('9999-12-31');
alter table public.flight_offers_kept enable row level security;
alter table public.flight_offers_kept force row level security;

-- Days that nobody has made a part for in time (search/add_offer_days.sql).
create table public.flight_offers_other partition of public.flight_offers default;
alter table public.flight_offers_other enable row level security;
alter table public.flight_offers_other force row level security;

-- What an offer is held against besides the trip itself; see ranking/offer_terms.sql.
create type engine.offer_terms as (
  -- ACTIVE when a search is judged, SELECTED while the offer is being booked.
  status text,
  cap numeric,
  rate numeric,
  rate_as_of timestamptz,
  cap_problem text,
  -- Each asked city followed by one of its airports: LONLHR.
  city_airports text[], -- noqa: LT01
  party_fits boolean,
  least_lead_time interval,
  -- The least amount of a currency that can be charged exactly: others are multiples.
  charge_step numeric
);
