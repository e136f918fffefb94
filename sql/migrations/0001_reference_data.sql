-- What prices, dates and places are checked against: currencies, airports, cities and
-- alliances, and what operators have corrected of them. The rows of currencies,
-- airports and cities come from the iso4217 and airportsdata packages at deploy.
-- Nothing here points at a traveller.
-- depends:

-- Money: exact, any currency (0 to 3 decimals), never NaN or infinite.
create domain public.money_amount as numeric
  constraint money_amount_exact
  check (value >= 0 and value < 1000000000000 and scale(value) <= 3);

create table engine.currencies (
  code text not null primary key,
  name text not null,
  minor_digits smallint not null,
  -- Stripe counts in its own minor unit, which is not always ISO's: factor units make
  -- one unit of the currency and an amount must be a multiple of step.
  stripe_factor integer not null,
  stripe_step integer not null default 1,
  constraint currencies_code check (code ~ '^[A-Z]{3}$'),
  constraint currencies_minor_digits check (minor_digits between 0 and 3),
  constraint currencies_stripe
    check (stripe_factor in (1, 100, 1000) and stripe_step > 0)
);
alter table engine.currencies enable row level security;
alter table engine.currencies force row level security;

create table engine.airports (
  iata text not null primary key,
  name text not null,
  city text not null,
  country text not null,
  time_zone text not null,
  latitude double precision not null,
  longitude double precision not null,
  constraint airports_iata check (iata ~ '^[A-Z]{3}$')
);
alter table engine.airports enable row level security;
alter table engine.airports force row level security;

-- Metropolitan codes (LON, NYC): a search may name one instead of an airport.
create table engine.metropolitan_areas (
  iata text not null primary key,
  name text not null,
  time_zone text not null,
  airports text[] not null,
  constraint metropolitan_areas_iata check (iata ~ '^[A-Z]{3}$'),
  constraint metropolitan_areas_airports check (cardinality(airports) > 0)
);
alter table engine.metropolitan_areas enable row level security;
alter table engine.metropolitan_areas force row level security;

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

-- Which airline flies in which alliance; the rows are code: ranking/alliances.sql.
create table engine.airline_alliances (
  airline text not null primary key,
  alliance text not null,
  constraint airline_alliances_airline check (airline ~ '^[A-Z0-9]{2}$'),
  constraint airline_alliances_alliance
    check (alliance in ('oneworld', 'skyteam', 'star_alliance'))
);
alter table engine.airline_alliances enable row level security;
alter table engine.airline_alliances force row level security;
