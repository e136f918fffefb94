-- Who flies and who pays, and what one traveller may have and ask for. Names follow
-- what Duffel accepts on an order.
-- depends: 0001_reference_data

create table public.traveler_profiles (
  user_id uuid not null default auth.uid()
    references auth.users (id) on delete restrict,
  id uuid not null default gen_random_uuid(),
  given_name text not null,
  family_name text not null,
  title text,
  gender text,
  born_on date,
  email text,
  phone_number text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (user_id, id),
  -- 1-20 Latin letters, space, hyphen, apostrophe: what airlines print on a ticket.
  constraint traveler_profiles_given_name
    check (given_name ~ '^[A-Za-zÀ-ÖØ-öø-ſ][A-Za-zÀ-ÖØ-öø-ſ ''-]{0,19}$'),
  constraint traveler_profiles_family_name
    check (family_name ~ '^[A-Za-zÀ-ÖØ-öø-ſ][A-Za-zÀ-ÖØ-öø-ſ ''-]{0,19}$'),
  constraint traveler_profiles_title check (title in ('mr', 'ms', 'mrs', 'miss', 'dr')),
  constraint traveler_profiles_gender check (gender in ('m', 'f')),
  constraint traveler_profiles_born_on check (born_on > '1900-01-01'),
  constraint traveler_profiles_email check (email ~ '^[^@\s]+@[^@\s]+\.[^@\s]+$'),
  constraint traveler_profiles_phone_number
    check (phone_number ~ '^\+[1-9][0-9]{6,14}$'),
  -- A trigger (trips/size_limits.sql) refuses with the field's name; these and those of
  -- other tables stand behind it.
  constraint traveler_profiles_sizes check (
    octet_length(given_name) <= 100
    and octet_length(family_name) <= 100
    and octet_length(title) <= 100
    and octet_length(gender) <= 100
    and octet_length(email) <= 320
    and octet_length(phone_number) <= 100
  )
);
alter table public.traveler_profiles enable row level security;
alter table public.traveler_profiles force row level security;

-- References to cards kept at Stripe, never a card number.
create table public.payment_methods (
  user_id uuid not null references auth.users (id) on delete restrict,
  id uuid not null default gen_random_uuid(),
  stripe_customer_id text not null,
  stripe_payment_method_id text not null,
  brand text not null,
  last4 text not null,
  exp_month smallint not null,
  exp_year smallint not null,
  is_default boolean not null default false,
  detached_at timestamptz,
  created_at timestamptz not null default now(),
  primary key (user_id, id),
  -- One card belongs to one traveller: nobody pays with a method id they overheard.
  constraint payment_methods_stripe_payment_method_id_key
    unique (stripe_payment_method_id),
  constraint payment_methods_stripe_customer_id
    check (stripe_customer_id ~ '^cus_\w+$'),
  constraint payment_methods_stripe_payment_method_id
    check (stripe_payment_method_id ~ '^pm_\w+$'),
  constraint payment_methods_brand check (brand ~ '^[a-z_]{2,20}$'),
  constraint payment_methods_last4 check (last4 ~ '^[0-9]{4}$'),
  constraint payment_methods_exp_month check (exp_month between 1 and 12),
  constraint payment_methods_exp_year check (exp_year between 2000 and 2100),
  constraint payment_methods_sizes check (
    octet_length(stripe_customer_id) <= 255
    and octet_length(stripe_payment_method_id) <= 255
    and octet_length(brand) <= 100
    and octet_length(last4) <= 100
  )
);
create unique index payment_methods_default_idx
  on public.payment_methods (user_id) where is_default and detached_at is null;
alter table public.payment_methods enable row level security;
alter table public.payment_methods force row level security;

-- One row for each traveller about whom something was decided or counted. Changing it
-- is what makes a second decision wait, and fail where its transaction sees the past
-- only.
create table engine.travellers (
  user_id uuid not null primary key references auth.users (id) on delete cascade,
  decisions bigint not null default 1,
  -- Searches that may be asked for, as of then; null: never asked.
  search_credit double precision,
  credited_at timestamptz,
  constraint travellers_credit check ((search_credit is null) = (credited_at is null))
) with (fillfactor = 70);
alter table engine.travellers enable row level security;
alter table engine.travellers force row level security;

-- What one traveller may have, and may ask for.
create table engine.traveller_limits (
  only_row boolean not null primary key default true,
  open_trips integer not null default 50,
  profiles integer not null default 50,
  -- Between two searches of a trip that its traveller asked for.
  search_pause interval not null default '1 minute',
  -- Asked for by a traveller, all trips together: as many as the largest plan has.
  searches_per_hour integer not null default 60,
  -- So many bookings may fail before none is begun.
  failed_bookings_per_hour integer not null default 20,
  constraint traveller_limits_only_row check (only_row),
  constraint traveller_limits_values check (
    open_trips between 1 and 1000000
    and profiles between 1 and 1000000
    and search_pause between interval '0' and interval '1 day'
    and searches_per_hour between 1 and 1000000
  ),
  constraint traveller_limits_failed_bookings
    check (failed_bookings_per_hour between 1 and 1000000)
);
-- Before row level security: there is no policy yet.
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
