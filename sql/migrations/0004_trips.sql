-- What a traveller wants, the most they will pay, who comes along, and what they agreed
-- to.
-- depends: 0003_offers

-- The row changes with every round and every booking, its wishes hardly ever. They are
-- checked, with words, whenever one of them is written (trips/check_trip_request.sql),
-- and not by checks of the table, which are read anew for each change of the rest.
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
  -- Written by the engine only, from here to updated_at.
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
  airlines_only text[] not null default '{}',
  airlines_never text[] not null default '{}',
  -- The operating and marketing airlines of an offer are all in one of these.
  alliances text[] not null default '{}',
  -- At every connection.
  layover_min interval,
  layover_max interval,
  -- Local times of each slice's first departure and last arrival. A window that ends
  -- before it starts runs over midnight.
  depart_after time,
  depart_before time,
  arrive_after time,
  arrive_before time,
  return_depart_after time,
  return_depart_before time,
  return_arrive_after time,
  return_arrive_before time,
  no_red_eye boolean not null default false,
  no_airport_change boolean not null default false,
  refundable boolean not null default false,
  changeable boolean not null default false,
  max_emissions_kg numeric,
  -- Unknown is not "no": whether a condition or an emission that the airline does not
  -- state passes is the traveller's to say.
  accept_unknown boolean not null default false,
  price_weight numeric not null default 0.60,
  duration_weight numeric not null default 0.25,
  connections_weight numeric not null default 0.15,
  airline_weight numeric not null default 0.10,
  -- Past this day the first fit is booked; null: the engine's rule.
  decide_by date,
  -- Searches for one booking before the trip asks its traveller to go on.
  max_searches integer not null default 1500,
  -- Written by the engine only, from here on.
  searches integer not null default 0,
  -- When the traveller, or the application in their name, last asked for a search.
  asked_at timestamptz,
  -- No offer of the current round is of an earlier day; null: of any.
  offers_from date,
  primary key (user_id, id),
  constraint trip_requests_id_key unique (id),
  constraint trip_requests_payment_method_id_fkey
    foreign key (user_id, payment_method_id)
    references public.payment_methods (user_id, id) on delete restrict,
  constraint trip_requests_selected_offer_id_fkey
    foreign key (user_id, selected_offer_id)
    references public.flight_offers_kept (user_id, id) on delete restrict,
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
  ),
  constraint trip_requests_sizes check (
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
  )
);
create index trip_requests_due_idx
  on public.trip_requests (next_search_at)
  where auto_book_status = 'PENDING' and auto_book_enabled;
-- The trips that a tick closes: not a scan of all trips.
create index trip_requests_over_idx
  on public.trip_requests (departure_to)
  where auto_book_status in ('PENDING', 'PAUSED', 'ACTION_REQUIRED', 'FAILED');
-- The open trips of one traveller are counted whenever another is stated.
create index trip_requests_open_idx
  on public.trip_requests (user_id)
  where auto_book_status in (
    'PENDING', 'BOOKING', 'PAUSED', 'ACTION_REQUIRED', 'FAILED'
  );
create index trip_requests_payment_method_id_idx
  on public.trip_requests (user_id, payment_method_id);
create index trip_requests_selected_offer_id_idx
  on public.trip_requests (user_id, selected_offer_id);
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

-- The texts that travellers are asked to agree to. A version has one text for ever.
create table engine.consent_texts (
  version text not null primary key,
  body text not null,
  sha256 text not null,
  published_at timestamptz not null,
  published_by text not null,
  reason text not null,
  retired_at timestamptz,
  retired_by text,
  retired_because text,
  constraint consent_texts_version
    check (version ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$'),
  constraint consent_texts_body check (length(body) between 20 and 20000),
  constraint consent_texts_sha256 check (sha256 ~ '^[0-9a-f]{64}$'),
  constraint consent_texts_reason check (length(trim(reason)) >= 3),
  constraint consent_texts_retired check (
    (retired_at is null) = (retired_by is null)
    and (retired_at is null) = (retired_because is null)
  )
);
-- The first text, so that a new installation has one.
insert into engine.consent_texts (
  version, body, sha256, published_at, published_by, reason
)
select
  '2026-11',
  t.body,
  encode(sha256(convert_to(t.body, 'UTF8')), 'hex'),
  now(),
  session_user,
  'the text that Skylatch comes with'
from (
  values (
    'I agree that Skylatch books the best flight that meets my wishes, without asking '
    'me again, for the people I named, at no more than the highest price I set, and '
    'charges the card I chose. I can withdraw this at any time before it has booked.'
  )
) as t (body);
alter table engine.consent_texts enable row level security;
alter table engine.consent_texts force row level security;

-- Append-only: what a traveller agreed to, each time they did.
create table public.consents (
  user_id uuid not null references auth.users (id) on delete restrict,
  id bigint generated always as identity,
  trip_request_id uuid not null,
  text_version text not null
    references engine.consent_texts (version) on delete restrict,
  -- A limit may be stated that has more decimals than money has; see trip_requests.
  max_price numeric not null,
  currency text not null references engine.currencies (code),
  payment_method_id uuid,
  -- A digest for each person, of who they were then: names are kept in their profiles.
  party text[] not null,
  given_at timestamptz not null,
  actor text not null,
  primary key (user_id, id),
  constraint consents_trip_request_id_fkey
    foreign key (user_id, trip_request_id)
    references public.trip_requests (user_id, id) on delete restrict,
  constraint consents_payment_method_id_fkey
    foreign key (user_id, payment_method_id)
    references public.payment_methods (user_id, id) on delete restrict,
  constraint consents_max_price check (max_price > 0 and max_price < 1000000000000),
  constraint consents_party check (cardinality(party) <= 100)
);
-- The newest of a trip: engine.consent_problem.
create index consents_trip_request_id_idx
  on public.consents (user_id, trip_request_id, id);
create index consents_payment_method_id_idx
  on public.consents (user_id, payment_method_id);
-- Who agreed to a text.
create index consents_text_version_idx on public.consents (text_version);
alter table public.consents enable row level security;
alter table public.consents force row level security;
