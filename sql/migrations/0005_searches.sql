-- The search plan and its budget, what searches saw, and what deciding to wait is based
-- on.
-- depends: 0004_trips

-- What one provider account may be asked, and what the engine keeps to.
create table engine.search_settings (
  only_row boolean not null primary key default true,
  searches_per_minute integer not null default 30,
  -- How old another traveller's answer may be to spare a search: what one tick asked
  -- serves the next, ten minutes later.
  fresh_for interval not null default '15 minutes',
  -- When what expired is removed.
  keep_offers_for interval not null default '30 days',
  -- How old an exchange rate may be.
  rate_max_age interval not null default '24 hours',
  -- How long before the first departure a flight may still be booked.
  least_lead_time interval not null default '3 hours',
  -- Every offer of a search, or those that fit and the best of the others.
  keep_offers text not null default 'all',
  useful_offers integer not null default 20,
  -- Whether a trip is searched when it is stated or changed, or with the next tick
  -- only.
  search_at_once boolean not null default true,
  constraint search_settings_only_row check (only_row),
  constraint search_settings_values check (
    searches_per_minute between 1 and 100000
    and fresh_for between interval '0' and interval '1 hour'
    and keep_offers_for between interval '1 day' and interval '10 years'
    and rate_max_age between interval '1 minute' and interval '30 days'
  ),
  constraint search_settings_least_lead_time
    check (least_lead_time between interval '0' and interval '7 days'),
  constraint search_settings_keep_offers check (
    keep_offers in ('all', 'useful') and useful_offers between 1 and 1000
  )
);
-- Before row level security: there is no policy yet.
insert into engine.search_settings (only_row) values (true);
alter table engine.search_settings enable row level security;
alter table engine.search_settings force row level security;

create table engine.search_settings_changes (
  id bigint generated always as identity primary key,
  at timestamptz not null,
  set_by text not null,
  reason text not null,
  settings jsonb not null
);
alter table engine.search_settings_changes enable row level security;
alter table engine.search_settings_changes force row level security;

-- The search plan: one row per single search of a trip.
create table engine.trip_searches (
  user_id uuid not null,
  trip_request_id uuid not null,
  ordinal smallint not null,
  origin text not null,
  destination text not null,
  departure_date date not null,
  return_date date,
  -- Equal for requests that the provider would answer alike, whoever asks.
  search_key text not null,
  searches integer not null default 0,
  -- Our own search was answered, or another traveller's identical one.
  last_looked_at timestamptz,
  -- Our own search was asked for.
  last_searched_at timestamptz,
  -- In the last answer; null: never looked.
  offers integer,
  cheapest public.money_amount,
  currency text,
  -- Mean absolute relative change of the cheapest fare from look to look, smoothed.
  volatility real not null default 0,
  next_look_at timestamptz not null,
  -- When the day of departure is over where the flight leaves from, so that what is
  -- over is found by comparing two moments, in whatever time zone a session is.
  over_at timestamptz not null,
  primary key (user_id, trip_request_id, ordinal),
  constraint trip_searches_trip_request_id_fkey
    foreign key (user_id, trip_request_id)
    references public.trip_requests (user_id, id) on delete cascade,
  constraint trip_searches_fare check ((cheapest is null) = (currency is null)),
  constraint trip_searches_counts
    check (searches >= 0 and offers >= 0 and volatility >= 0)
);
create index trip_searches_search_key_idx on engine.trip_searches (search_key);
alter table engine.trip_searches enable row level security;
alter table engine.trip_searches force row level security;

-- The last answer to a search, by whom ever it was made: fares, no traveller.
create table engine.fare_looks (
  search_key text not null primary key,
  looked_at timestamptz not null,
  offers integer not null,
  cheapest public.money_amount,
  currency text
);
create index fare_looks_looked_at_idx on engine.fare_looks (looked_at);
alter table engine.fare_looks enable row level security;
alter table engine.fare_looks force row level security;

-- One row per search: what it found, also when its offers are gone.
create table public.fare_history (
  user_id uuid not null,
  id bigint generated always as identity,
  trip_request_id uuid not null,
  search_round integer not null,
  searched_at timestamptz not null,
  origin text not null,
  destination text not null,
  departure_date date not null,
  return_date date,
  offers integer not null,
  malformed integer not null default 0,
  currency text,
  cheapest public.money_amount,
  median public.money_amount,
  -- How many of the offers state a duration that their times do not give.
  duration_gaps integer not null default 0,
  primary key (user_id, id),
  constraint fare_history_trip_request_id_fkey
    foreign key (user_id, trip_request_id)
    references public.trip_requests (user_id, id) on delete restrict,
  constraint fare_history_counts check (offers >= 0 and malformed >= 0),
  constraint fare_history_duration_gaps check (duration_gaps >= 0)
);
create index fare_history_trip_request_id_idx
  on public.fare_history (user_id, trip_request_id, searched_at);
create index fare_history_route_idx
  on public.fare_history (origin, destination, departure_date, searched_at);
-- The searches of the last day, for the alert: rows are added in the order of time, so
-- that a few blocks are read and next to nothing is written.
create index fare_history_searched_at_idx
  on public.fare_history using brin (searched_at) with (autosummarize = on);
alter table public.fare_history enable row level security;
alter table public.fare_history force row level security;

-- The offers of one search that were not kept, counted by everything that they miss.
create table public.offer_counts (
  user_id uuid not null,
  id bigint generated always as identity,
  trip_request_id uuid not null,
  search_round integer not null,
  searched_at timestamptz not null,
  offers integer not null,
  -- [{"reasons": [...], "connections", "offers", "offer_id", "what", "price"}]: of each
  -- group the most connections of a slice where these are too many, and the cheapest;
  -- its price is a part of the trip's limit.
  missed jsonb not null,
  primary key (user_id, id),
  constraint offer_counts_trip_request_id_fkey
    foreign key (user_id, trip_request_id)
    references public.trip_requests (user_id, id) on delete restrict,
  constraint offer_counts_offers check (offers > 0)
);
create index offer_counts_trip_request_id_idx
  on public.offer_counts (user_id, trip_request_id, search_round);
create index offer_counts_searched_at_idx on public.offer_counts (searched_at);
alter table public.offer_counts enable row level security;
alter table public.offer_counts force row level security;

-- What could not be stored, and why: kept for the engineer who mends the reader.
create table engine.quarantined_offers (
  user_id uuid not null,
  id bigint generated always as identity,
  trip_request_id uuid not null,
  search_round integer not null,
  offer_request_id text,
  offer_id text,
  reason text not null,
  -- Cut where it is long; a provider's offer holds no personal data.
  offer text not null,
  quarantined_at timestamptz not null,
  primary key (user_id, id),
  constraint quarantined_offers_trip_request_id_fkey
    foreign key (user_id, trip_request_id)
    references public.trip_requests (user_id, id) on delete restrict,
  constraint quarantined_offers_offer check (length(offer) <= 20000)
);
create index quarantined_offers_trip_request_id_idx
  on engine.quarantined_offers (user_id, trip_request_id);
create index quarantined_offers_quarantined_at_idx
  on engine.quarantined_offers (quarantined_at);
alter table engine.quarantined_offers enable row level security;
alter table engine.quarantined_offers force row level security;

-- One row per single search of a trip and day: what a fare did from day to day. A
-- search has up to 144 looks a day in fare_history; a decision to wait reads months.
create table engine.daily_fares (
  user_id uuid not null,
  trip_request_id uuid not null,
  origin text not null,
  destination text not null,
  departure_date date not null,
  -- Infinity: one way.
  return_date date not null,
  -- In UTC.
  day date not null,
  lead_days integer not null generated always as (departure_date - day) stored,
  currency text not null,
  -- The cheapest fare at the first look of the day, and at any.
  opening public.money_amount not null,
  lowest public.money_amount not null,
  -- The mean opening of the search's days in the two weeks before; null: fewer than 3.
  typical numeric,
  primary key (
    user_id, trip_request_id, origin, destination, departure_date, return_date, day
  ),
  constraint daily_fares_trip_request_id_fkey
    foreign key (user_id, trip_request_id)
    references public.trip_requests (user_id, id) on delete cascade,
  constraint daily_fares_fares check (lowest <= opening)
);
create index daily_fares_route_idx
  on engine.daily_fares (origin, destination, lead_days, day);
create index daily_fares_lead_days_idx on engine.daily_fares (lead_days, day);
alter table engine.daily_fares enable row level security;
alter table engine.daily_fares force row level security;

-- Whether to buy now or wait, with the numbers it was decided on.
create table engine.wait_decisions (
  user_id uuid not null,
  id bigint generated always as identity,
  trip_request_id uuid not null,
  search_round integer not null,
  decided_at timestamptz not null,
  decision text not null,
  reason text not null,
  price public.money_amount not null,
  currency text not null,
  -- Chance that the fare falls before the deadline, and by how much on average.
  fall_chance real,
  expected_saving numeric,
  samples integer not null,
  decide_by timestamptz,
  -- Chance that nothing fits any more at the deadline.
  lost_chance real,
  primary key (user_id, id),
  constraint wait_decisions_trip_request_id_fkey
    foreign key (user_id, trip_request_id)
    references public.trip_requests (user_id, id) on delete restrict,
  constraint wait_decisions_decision check (decision in ('BUY', 'WAIT')),
  constraint wait_decisions_chance
    check (fall_chance between 0 and 1 and lost_chance between 0 and 1)
);
create index wait_decisions_trip_request_id_idx
  on engine.wait_decisions (user_id, trip_request_id, id);
alter table engine.wait_decisions enable row level security;
alter table engine.wait_decisions force row level security;
