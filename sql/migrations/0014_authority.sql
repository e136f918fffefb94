-- Who may move money, and how far: exchange rates that a second person confirms,
-- consents that say what was agreed to, and ceilings that no traveller can write.
-- depends: 0013_parties
-- Everything here is new, or is a key that every row has already.
-- squawk-ignore-file constraint-missing-not-valid, ban-drop-constraint
-- squawk-ignore-file adding-foreign-key-constraint

-- How money is compared, one row.
create table engine.money_settings (
  only_row boolean not null primary key default true,
  -- Ceilings are amounts of this currency. No key: currencies come after migrations.
  base_currency text not null default 'GBP',
  -- A rate that is further than this from the last one waits for a second person: 0.10
  -- is a tenth.
  rate_jump numeric not null default 0.10,
  -- Two sources that are further apart than this are not believed, neither of them.
  rate_tolerance numeric not null default 0.02,
  constraint money_settings_only_row check (only_row),
  constraint money_settings_values check (
    base_currency ~ '^[A-Z]{3}$'
    and rate_jump > 0
    and rate_jump <= 0.25
    and rate_tolerance between 0 and 0.10
  )
);
-- Before the policies, of which there are none yet.
insert into engine.money_settings (only_row) values (true);
alter table engine.money_settings enable row level security;
alter table engine.money_settings force row level security;

-- Append-only: what was set, by whom and why.
create table engine.money_settings_changes (
  id bigint generated always as identity primary key,
  at timestamptz not null,
  actor text not null,
  reason text not null,
  settings jsonb not null,
  constraint money_settings_changes_reason check (length(trim(reason)) >= 3)
);
alter table engine.money_settings_changes enable row level security;
alter table engine.money_settings_changes force row level security;

-- Each source has its own newest rate of a pair, so that two of them can be compared.
alter table engine.exchange_rates
  drop constraint exchange_rates_pkey;
alter table engine.exchange_rates
  -- squawk-ignore adding-serial-primary-key-field
  add constraint exchange_rates_pkey primary key (base, quote, source, as_of);

-- Append-only: every rate that anybody gave, in force at once (SET), waiting for a
-- second person (HELD), or put in force by one (CONFIRMED, which names what it
-- confirms).
create table engine.exchange_rate_changes (
  id bigint generated always as identity primary key,
  at timestamptz not null,
  action text not null,
  base text not null references engine.currencies (code),
  quote text not null references engine.currencies (code),
  as_of timestamptz not null,
  rate numeric not null,
  source text not null,
  -- What it was compared with; null where nothing was known.
  last_rate numeric,
  -- The login: two of them are two people.
  login text not null,
  actor text not null,
  reason text not null,
  confirms bigint references engine.exchange_rate_changes (id) on delete restrict,
  constraint exchange_rate_changes_action
    check (action in ('SET', 'HELD', 'CONFIRMED')),
  constraint exchange_rate_changes_confirms
    check ((action = 'CONFIRMED') = (confirms is not null)),
  constraint exchange_rate_changes_confirms_key unique (confirms),
  constraint exchange_rate_changes_reason check (length(trim(reason)) >= 3)
);
-- What the pair was lately: engine.set_exchange_rate.
create index exchange_rate_changes_pair_idx
  on engine.exchange_rate_changes (base, quote, id);
-- What waits: engine.waiting_exchange_rates.
create index exchange_rate_changes_held_idx
  on engine.exchange_rate_changes (as_of) where action = 'HELD';
alter table engine.exchange_rate_changes enable row level security;
alter table engine.exchange_rate_changes force row level security;

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

-- The most that may be spent: by the whole installation, by each traveller, or by one
-- traveller in place of that; on one booking ('price'), or in a day, in a month or
-- ever.
create table engine.spending_ceilings (
  id bigint generated always as identity primary key,
  subject text not null,
  user_id uuid references auth.users (id) on delete cascade,
  period text not null,
  amount public.money_amount not null,
  -- The base currency as it was then: a ceiling in another lets nothing pass.
  currency text not null,
  constraint spending_ceilings_user_id_key
    unique nulls not distinct (user_id, subject, period),
  constraint spending_ceilings_currency check (currency ~ '^[A-Z]{3}$'),
  constraint spending_ceilings_subject
    check (subject in ('installation', 'everybody', 'traveller')),
  constraint spending_ceilings_user_id
    check ((subject = 'traveller') = (user_id is not null)),
  constraint spending_ceilings_period
    check (period in ('price', 'day', 'month', 'total'))
);
-- Enough for a party of nine, little enough to be noticed before it hurts.
insert into engine.spending_ceilings (subject, period, amount, currency)
values
('everybody', 'price', 25000, 'GBP'),
('everybody', 'day', 50000, 'GBP'),
('everybody', 'month', 100000, 'GBP'),
('everybody', 'total', 1000000, 'GBP'),
('installation', 'price', 100000, 'GBP'),
('installation', 'day', 1000000, 'GBP'),
('installation', 'month', 10000000, 'GBP');
alter table engine.spending_ceilings enable row level security;
alter table engine.spending_ceilings force row level security;

-- Append-only: which ceiling was set, by whom and why.
create table engine.spending_ceiling_changes (
  id bigint generated always as identity primary key,
  at timestamptz not null,
  actor text not null,
  reason text not null,
  subject text not null,
  user_id uuid,
  period text not null,
  amount public.money_amount not null,
  currency text not null,
  constraint spending_ceiling_changes_reason check (length(trim(reason)) >= 3)
);
alter table engine.spending_ceiling_changes enable row level security;
alter table engine.spending_ceiling_changes force row level security;

-- What the installation has spent since a day: engine.spent_in_base.
-- squawk-ignore require-concurrent-index-creation
create index booking_attempts_ended_at_idx
  on public.booking_attempts (ended_at)
  include (currency, agreed_amount, refund_amount, refunded_at)
  where status = 'SUCCESS';
