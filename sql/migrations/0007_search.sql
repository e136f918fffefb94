-- What a traveller may ask for, what an offer says about it, the search plan and its
-- budget, and what deciding to wait is based on.
-- depends: 0006_operations
-- Every stored row has the defaults, which the new checks allow: scanning it is quick.
-- squawk-ignore-file constraint-missing-not-valid

alter table public.trip_requests
  add column airlines_only text[] not null default '{}',
  add column airlines_never text[] not null default '{}',
  -- The operating and marketing airlines of an offer are all in one of these.
  add column alliances text[] not null default '{}',
  -- At every connection.
  add column layover_min interval,
  add column layover_max interval,
  -- Local times of each slice's first departure and last arrival. A window that ends
  -- before it starts runs over midnight.
  add column depart_after time,
  add column depart_before time,
  add column arrive_after time,
  add column arrive_before time,
  add column return_depart_after time,
  add column return_depart_before time,
  add column return_arrive_after time,
  add column return_arrive_before time,
  add column no_red_eye boolean not null default false,
  add column no_airport_change boolean not null default false,
  add column refundable boolean not null default false,
  add column changeable boolean not null default false,
  add column max_emissions_kg numeric,
  -- Unknown is not "no": whether a condition or an emission that the airline does not
  -- state passes is the traveller's to say.
  add column accept_unknown boolean not null default false,
  add column price_weight numeric not null default 0.60,
  add column duration_weight numeric not null default 0.25,
  add column connections_weight numeric not null default 0.15,
  add column airline_weight numeric not null default 0.10,
  -- Past this day the first fit is booked; null: the engine's rule.
  add column decide_by date,
  -- Searches for one booking before the trip asks its traveller to go on.
  add column max_searches integer not null default 1500,
  add column searches integer not null default 0,
  add constraint trip_requests_airlines check (
    cardinality(airlines_only) <= 20
    and cardinality(airlines_never) <= 20
    and not airlines_only && airlines_never
    and not preferred_airlines && airlines_never
  ),
  add constraint trip_requests_alliances
    check (alliances <@ array['oneworld', 'skyteam', 'star_alliance']),
  add constraint trip_requests_layovers check (
    layover_min between interval '0' and interval '24 hours'
    and layover_max between interval '0' and interval '48 hours'
    and layover_min <= layover_max
  ),
  add constraint trip_requests_windows check (
    (depart_after is null) = (depart_before is null)
    and (arrive_after is null) = (arrive_before is null)
    and (return_depart_after is null) = (return_depart_before is null)
    and (return_arrive_after is null) = (return_arrive_before is null)
  ),
  add constraint trip_requests_max_emissions_kg
    check (max_emissions_kg > 0 and max_emissions_kg < 1000000),
  add constraint trip_requests_weights check (
    price_weight between 0 and 1
    and duration_weight between 0 and 1
    and connections_weight between 0 and 1
    and airline_weight between 0 and 1
    and price_weight + duration_weight + connections_weight = 1
  ),
  add constraint trip_requests_decide_by check (decide_by <= departure_to),
  add constraint trip_requests_searches
    check (max_searches between 1 and 10000 and searches >= 0);

alter table public.flight_offers
  add column base_currency text,
  add column tax_currency text,
  -- Marketing and operating airlines of all segments, each once, sorted.
  add column carriers text[] not null default '{}',
  -- The lowest cabin of any passenger on any segment.
  add column lowest_cabin text,
  add column shortest_layover interval,
  add column longest_layover interval,
  add column airport_changes smallint not null default 0,
  add column overnight_layovers smallint not null default 0,
  add column red_eyes smallint not null default 0,
  -- Per slice, in the airport's own time, hence without a zone.
  -- squawk-ignore prefer-timestamp-tz
  add column departs_local timestamp[] not null default '{}',
  -- squawk-ignore prefer-timestamp-tz
  add column arrives_local timestamp[] not null default '{}',
  add column requires_instant_payment boolean,
  add column price_guaranteed_until timestamptz,
  add column payment_required_by timestamptz,
  add column document_types text[] not null default '{}',
  -- Equal for the same flights at the same times, whatever the fare.
  add column itinerary_key text;

-- Each of these serves one statement that must not grow with what lies beside it. A
-- migration is one transaction, in which no index is built concurrently.
-- The trips that a tick closes: not a scan of all trips.
-- squawk-ignore require-concurrent-index-creation
create index trip_requests_over_idx
  on public.trip_requests (departure_to)
  where auto_book_status in ('PENDING', 'PAUSED', 'ACTION_REQUIRED', 'FAILED');
-- The offers that expire next: not those of the last months that did.
-- squawk-ignore require-concurrent-index-creation
create index flight_offers_active_idx
  on public.flight_offers (expires_at) where status = 'ACTIVE';
-- What a trip waits for: not every search it ever made.
-- squawk-ignore require-concurrent-index-creation
create index provider_calls_open_idx
  on engine.provider_calls (user_id, trip_request_id)
  where state in ('READY', 'CLAIMED', 'SENT');
-- Searches that may be forgotten.
-- squawk-ignore require-concurrent-index-creation
create index provider_calls_finished_search_idx
  on engine.provider_calls (finished_at)
  where booking_attempt_id is null and finished_at is not null;

-- What a tick was allowed, what it answered without a call, and what it had to leave.
alter table engine.monitor_runs
  add column budget integer not null default 0,
  add column shared integer not null default 0,
  add column postponed integer not null default 0,
  -- The first moment that this tick's searches leave free for the next one's.
  add column free_from timestamptz,
  add constraint monitor_runs_plan
  check (budget >= 0 and shared >= 0 and postponed >= 0);

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
  constraint search_settings_only_row check (only_row),
  constraint search_settings_values check (
    searches_per_minute between 1 and 100000
    and fresh_for between interval '0' and interval '1 hour'
    and keep_offers_for between interval '1 day' and interval '10 years'
    and rate_max_age between interval '1 minute' and interval '30 days'
  )
);
-- Before the policies, of which there are none yet.
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

create table engine.exchange_rates (
  base text not null references engine.currencies (code),
  quote text not null references engine.currencies (code),
  as_of timestamptz not null,
  -- One unit of base costs so many of quote.
  rate numeric not null,
  source text not null,
  primary key (base, quote, as_of),
  constraint exchange_rates_rate check (rate > 0 and rate < 1000000000),
  constraint exchange_rates_pair check (base <> quote)
);
create index exchange_rates_quote_idx on engine.exchange_rates (quote);
alter table engine.exchange_rates enable row level security;
alter table engine.exchange_rates force row level security;

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
