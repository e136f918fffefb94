-- What a traveller wants and the most they will pay.
-- depends: 0002_travellers

create table public.trip_requests (
  user_id uuid not null default auth.uid()
    references auth.users (id) on delete restrict,
  id uuid not null default gen_random_uuid(),
  origins text[] not null,
  destinations text[] not null,
  departure_from date not null,
  departure_to date not null,
  return_from date,
  return_to date,
  nights_min smallint,
  nights_max smallint,
  cabin_class text not null default 'economy',
  -- Plain numeric: the trigger must see a negative or NaN cap to explain it.
  max_price numeric not null,
  currency text not null references engine.currencies (code),
  -- Per slice.
  max_connections smallint not null default 1,
  max_duration interval not null default '24 hours',
  carry_on_bags smallint not null default 0,
  checked_bags smallint not null default 0,
  preferred_airlines text[] not null default '{}',
  payment_method_id uuid,
  auto_book_enabled boolean not null default false,
  consent_at timestamptz,
  consent_text_version text,
  -- Written by the engine only, from here on.
  auto_book_status text not null default 'PENDING',
  status_reason text,
  status_changed_at timestamptz not null default now(),
  selected_offer_id uuid,
  search_round integer not null default 0,
  next_search_at timestamptz not null default now(),
  last_searched_at timestamptz,
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (user_id, id),
  constraint trip_requests_id_key unique (id),
  constraint trip_requests_payment_method_id_fkey
    foreign key (user_id, payment_method_id)
    references public.payment_methods (user_id, id) on delete restrict,
  constraint trip_requests_places check (
    cardinality(origins) between 1 and 10
    and cardinality(destinations) between 1 and 10
    and not origins && destinations
  ),
  constraint trip_requests_departure check (departure_from <= departure_to),
  constraint trip_requests_return check (
    (return_from is null) = (return_to is null)
    and return_from <= return_to
    and return_to >= departure_from
  ),
  constraint trip_requests_nights check (
    (nights_min is null) = (nights_max is null)
    and nights_min between 0 and 365
    and nights_max between nights_min and 365
  ),
  constraint trip_requests_cabin_class
    check (cabin_class in ('economy', 'premium_economy', 'business', 'first')),
  constraint trip_requests_max_price check (
    max_price > 0 and max_price < 1000000000000 and scale(max_price) <= 3
  ),
  constraint trip_requests_max_connections check (max_connections between 0 and 2),
  constraint trip_requests_max_duration
    check (max_duration between interval '30 minutes' and interval '72 hours'),
  constraint trip_requests_bags
    check (carry_on_bags between 0 and 2 and checked_bags between 0 and 3),
  constraint trip_requests_preferred_airlines
    check (cardinality(preferred_airlines) <= 20),
  -- Nobody's card is charged without an explicit act that says when and to which text.
  constraint trip_requests_consent check (
    not auto_book_enabled
    or (
      consent_at is not null
      and consent_text_version is not null
      and payment_method_id is not null
    )
  ),
  constraint trip_requests_auto_book_status check (
    auto_book_status in (
      'PENDING', 'BOOKING', 'BOOKED', 'PAUSED', 'ACTION_REQUIRED', 'EXPIRED',
      'CANCELLED', 'FAILED'
    )
  ),
  constraint trip_requests_selected check (
    auto_book_status not in ('BOOKING', 'BOOKED') or selected_offer_id is not null
  )
);
create index trip_requests_due_idx
  on public.trip_requests (next_search_at)
  where auto_book_status = 'PENDING' and auto_book_enabled;
create index trip_requests_payment_method_id_idx
  on public.trip_requests (user_id, payment_method_id);
alter table public.trip_requests enable row level security;
alter table public.trip_requests force row level security;

create table public.trip_passengers (
  user_id uuid not null default auth.uid(),
  trip_request_id uuid not null,
  traveler_profile_id uuid not null,
  created_at timestamptz not null default now(),
  primary key (user_id, trip_request_id, traveler_profile_id),
  constraint trip_passengers_trip_request_id_fkey
    foreign key (user_id, trip_request_id)
    references public.trip_requests (user_id, id) on delete restrict,
  constraint trip_passengers_traveler_profile_id_fkey
    foreign key (user_id, traveler_profile_id)
    references public.traveler_profiles (user_id, id) on delete restrict
);
create index trip_passengers_traveler_profile_id_idx
  on public.trip_passengers (user_id, traveler_profile_id);
alter table public.trip_passengers enable row level security;
alter table public.trip_passengers force row level security;
