-- What an offer is held against each time it is used: the search that found it, how
-- soon a flight may leave, and corrections of the reference data that both rely on.
-- depends: 0011_violations_checked
-- Every stored row has the defaults, which the new checks allow: scanning it is quick.
-- squawk-ignore-file constraint-missing-not-valid

alter table public.flight_offers
  -- The slices of the search that found it: airport or city asked for, and local date.
  -- Null: stored before this was kept, and never booked.
  add column asked_from text[],
  add column asked_to text[],
  add column asked_on date[],
  -- The largest difference between a duration that is stated and the one that the
  -- airports' clocks give; null: none is stated.
  add column duration_gap interval,
  -- When the provider was last asked for this one offer.
  add column read_live_at timestamptz,
  add constraint flight_offers_asked check (
    (asked_from is null) = (asked_on is null)
    and (asked_to is null) = (asked_on is null)
    and cardinality(asked_from) = cardinality(asked_on)
    and cardinality(asked_to) = cardinality(asked_on)
  );

-- How many of the search's offers state a duration that their times do not give.
alter table public.fare_history
  add column duration_gaps integer not null default 0,
  add constraint fare_history_duration_gaps check (duration_gaps >= 0);
-- The searches of the last day, for the alert: rows are added in the order of time, so
-- that a few blocks are read and next to nothing is written.
-- squawk-ignore require-concurrent-index-creation
create index fare_history_searched_at_idx
  on public.fare_history using brin (searched_at) with (autosummarize = on);

alter table engine.search_settings
  -- How long before the first departure a flight may still be booked.
  add column least_lead_time interval not null default '3 hours',
  add constraint search_settings_least_lead_time
    check (least_lead_time between interval '0' and interval '7 days');

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
  least_lead_time interval
);

-- What is wrong in the packages that airports and cities come from, put right by a
-- person. The newest row of a code holds, at every deploy as well.
create table engine.airport_overrides (
  id bigint generated always as identity primary key,
  at timestamptz not null,
  set_by text not null,
  reason text not null,
  iata text not null,
  -- A city: all of its airports; null: the row is about an airport. What else is null
  -- stays what the package says.
  airports text[],
  name text,
  city text,
  country text,
  time_zone text,
  latitude double precision,
  longitude double precision,
  constraint airport_overrides_iata check (iata ~ '^[A-Z]{3}$'),
  constraint airport_overrides_reason
    check (btrim(reason) <> '' and length(reason) <= 2000),
  constraint airport_overrides_texts check (
    length(name) <= 200 and length(city) <= 200 and length(country) <= 2
    and length(time_zone) <= 100
  ),
  constraint airport_overrides_airports check (cardinality(airports) between 1 and 50),
  constraint airport_overrides_place
    check (latitude between -90 and 90 and longitude between -180 and 180)
);
create index airport_overrides_iata_idx on engine.airport_overrides (iata, id);
alter table engine.airport_overrides enable row level security;
alter table engine.airport_overrides force row level security;
