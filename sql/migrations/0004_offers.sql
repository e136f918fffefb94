-- Everything a search returned, and what fares did over time.
-- depends: 0003_trips

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
  primary key (user_id, id),
  constraint flight_offers_offer_id_key unique (offer_id),
  constraint flight_offers_trip_request_id_fkey
    foreign key (user_id, trip_request_id)
    references public.trip_requests (user_id, id) on delete restrict,
  constraint flight_offers_offer_id check (offer_id ~ '^off_\w+$'),
  constraint flight_offers_status
    check (status in ('ACTIVE', 'EXPIRED', 'SELECTED', 'BOOKED')),
  constraint flight_offers_times check (arrives_at > departs_at),
  constraint flight_offers_rank
    check (rank is null or (score is not null and ineligible = '{}'))
);
create index flight_offers_user_id_status_idx on public.flight_offers (user_id, status);
create index flight_offers_expires_at_idx on public.flight_offers (expires_at);
create index flight_offers_trip_request_id_idx
  on public.flight_offers (user_id, trip_request_id, search_round);
alter table public.flight_offers enable row level security;
alter table public.flight_offers force row level security;

-- The two tables point at each other, so one key comes after both. On a first install
-- they are empty: nothing is scanned and nobody waits.
alter table public.trip_requests
  -- squawk-ignore constraint-missing-not-valid, adding-foreign-key-constraint
  add constraint trip_requests_selected_offer_id_fkey
  foreign key (user_id, selected_offer_id)
  references public.flight_offers (user_id, id) on delete restrict;
-- squawk-ignore require-concurrent-index-creation
create index trip_requests_selected_offer_id_idx
  on public.trip_requests (user_id, selected_offer_id);

create table public.fare_history (
  user_id uuid not null,
  id bigint generated always as identity,
  trip_request_id uuid not null,
  search_round integer not null,
  searched_at timestamptz not null,
  -- The search: {"slices": [...]} as sent.
  origin text not null,
  destination text not null,
  departure_date date not null,
  return_date date,
  offers integer not null,
  malformed integer not null default 0,
  currency text,
  cheapest public.money_amount,
  median public.money_amount,
  primary key (user_id, id),
  constraint fare_history_trip_request_id_fkey
    foreign key (user_id, trip_request_id)
    references public.trip_requests (user_id, id) on delete restrict,
  constraint fare_history_counts check (offers >= 0 and malformed >= 0)
);
create index fare_history_trip_request_id_idx
  on public.fare_history (user_id, trip_request_id, searched_at);
create index fare_history_route_idx
  on public.fare_history (origin, destination, departure_date, searched_at);
alter table public.fare_history enable row level security;
alter table public.fare_history force row level security;
