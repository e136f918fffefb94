-- Reference data that prices, dates and search requests are checked against. Rows come
-- from the iso4217 and airportsdata packages at deploy; no tenant table is referenced.
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
