-- How much a column holds, and how much of what is shared one traveller may take.
-- depends: 0014_authority

-- The triggers (trips/size_limits.sql) refuse with the field's name; these stand behind
-- them. Not validated: a row from before that is too large must not stop a deploy; it
-- is held to this at its next change.
alter table public.trip_requests
  add constraint trip_requests_sizes check (
    cardinality(origins) <= 100
    and cardinality(destinations) <= 100
    and cardinality(preferred_airlines) <= 100
    and cardinality(airlines_only) <= 100
    and cardinality(airlines_never) <= 100
    and cardinality(alliances) <= 100
    and octet_length(array_to_string(origins, '')) <= 10000
    and octet_length(array_to_string(destinations, '')) <= 10000
    and octet_length(array_to_string(preferred_airlines, '')) <= 10000
    and octet_length(array_to_string(airlines_only, '')) <= 10000
    and octet_length(array_to_string(airlines_never, '')) <= 10000
    and octet_length(array_to_string(alliances, '')) <= 10000
    and octet_length(cabin_class) <= 100
    and octet_length(currency) <= 100
    and octet_length(consent_text_version) <= 100
  ) not valid;
alter table public.traveler_profiles
  add constraint traveler_profiles_sizes check (
    octet_length(given_name) <= 100
    and octet_length(family_name) <= 100
    and octet_length(title) <= 100
    and octet_length(gender) <= 100
    and octet_length(email) <= 320
    and octet_length(phone_number) <= 100
  ) not valid;
alter table public.payment_methods
  add constraint payment_methods_sizes check (
    octet_length(stripe_customer_id) <= 255
    and octet_length(stripe_payment_method_id) <= 255
    and octet_length(brand) <= 100
    and octet_length(last4) <= 100
  ) not valid;
alter table public.spending_limits
  add constraint spending_limits_sizes check (
    octet_length(currency) <= 100 and octet_length(period) <= 100
  ) not valid;

-- When the traveller, or the application in their name, last asked for a search.
alter table public.trip_requests add column asked_at timestamptz;
-- The open trips of one traveller are counted whenever another is stated.
-- squawk-ignore require-concurrent-index-creation
create index trip_requests_open_idx
  on public.trip_requests (user_id)
  where auto_book_status in (
    'PENDING', 'BOOKING', 'PAUSED', 'ACTION_REQUIRED', 'FAILED'
  );

-- What one traveller may have, and may ask for.
create table engine.traveller_limits (
  only_row boolean not null primary key default true,
  open_trips integer not null default 50,
  profiles integer not null default 50,
  -- Between two searches of a trip that its traveller asked for.
  search_pause interval not null default '1 minute',
  -- Asked for by a traveller, all trips together: as many as the largest plan has.
  searches_per_hour integer not null default 60,
  constraint traveller_limits_only_row check (only_row),
  constraint traveller_limits_values check (
    open_trips between 1 and 1000000
    and profiles between 1 and 1000000
    and search_pause between interval '0' and interval '1 day'
    and searches_per_hour between 1 and 1000000
  )
);
-- Before the policies, of which there are none yet.
insert into engine.traveller_limits (only_row) values (true);
alter table engine.traveller_limits enable row level security;
alter table engine.traveller_limits force row level security;

create table engine.traveller_limit_changes (
  id bigint generated always as identity primary key,
  at timestamptz not null,
  set_by text not null,
  reason text not null,
  limits jsonb not null
);
alter table engine.traveller_limit_changes enable row level security;
alter table engine.traveller_limit_changes force row level security;

-- When the day of departure is over where the flight leaves from, so that what is over
-- is found by comparing two moments, in whatever time zone a session is.
alter table engine.trip_searches add column over_at timestamptz;
update engine.trip_searches as s
set over_at = (s.departure_date + 1)::timestamp at time zone coalesce(
  (
    select a.time_zone from engine.airports as a
    where a.iata = s.origin
  ),
  (
    select m.time_zone from engine.metropolitan_areas as m
    where m.iata = s.origin
  ),
  'UTC'
);
-- Only the searches of trips that are watched: a table that is read through quickly.
-- squawk-ignore adding-not-nullable-field
alter table engine.trip_searches alter column over_at set not null;
