-- Who flies and who pays. Names follow what Duffel accepts on an order.
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
    check (phone_number ~ '^\+[1-9][0-9]{6,14}$')
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
  constraint payment_methods_exp_year check (exp_year between 2000 and 2100)
);
create unique index payment_methods_default_idx
  on public.payment_methods (user_id) where is_default and detached_at is null;
alter table public.payment_methods enable row level security;
alter table public.payment_methods force row level security;
