-- Which of a search's offers are kept, and what is known of the others.
-- depends: 0030_wishes
-- A default that is the same for every row is no rewrite of the table.
-- squawk-ignore-file adding-field-with-default, require-concurrent-index-deletion

alter table engine.search_settings
  -- Every offer of a search, or those that fit and the best of the others.
  add column keep_offers text not null default 'all',
  add column useful_offers integer not null default 20,
  -- One row.
  -- squawk-ignore constraint-missing-not-valid
  add constraint search_settings_keep_offers check (
    keep_offers in ('all', 'useful') and useful_offers between 1 and 1000
  );

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

-- The least amount of a currency that can be charged exactly: others are multiples.
alter type engine.offer_terms add attribute charge_step numeric;

-- That an offer has expired is told by its time now, and nothing looks for it.
drop index public.flight_offers_active_idx;
drop index public.flight_offers_user_id_status_idx;
