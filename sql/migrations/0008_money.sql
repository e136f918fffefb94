-- Who may move money, and how far: exchange rates that a second person confirms, limits
-- of travellers and ceilings that no traveller can write, and what was spent.
-- depends: 0007_calls

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
  -- How long after a change of history a provider may still show for the first time
  -- what the former server had under way: an order takes up to its client's time limit
  -- of 135 seconds, and a moment until it is listed.
  in_flight_margin interval not null default '4 minutes',
  constraint money_settings_only_row check (only_row),
  constraint money_settings_values check (
    base_currency ~ '^[A-Z]{3}$'
    and rate_jump > 0
    and rate_jump <= 0.25
    and rate_tolerance between 0 and 0.10
  ),
  constraint money_settings_in_flight_margin
    check (in_flight_margin between '200 seconds' and '1 hour')
);
-- Before row level security: there is no policy yet.
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
create table engine.exchange_rates (
  base text not null references engine.currencies (code),
  quote text not null references engine.currencies (code),
  as_of timestamptz not null,
  -- One unit of base costs so many of quote.
  rate numeric not null,
  source text not null,
  primary key (base, quote, source, as_of),
  constraint exchange_rates_rate check (rate > 0 and rate < 1000000000),
  constraint exchange_rates_pair check (base <> quote)
);
create index exchange_rates_quote_idx on engine.exchange_rates (quote);
alter table engine.exchange_rates enable row level security;
alter table engine.exchange_rates force row level security;

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

-- How much a traveller lets all their trips spend together.
create table public.spending_limits (
  user_id uuid not null default auth.uid()
    references auth.users (id) on delete cascade,
  -- Fares in another currency do not count; each currency may have limits of its own.
  currency text not null references engine.currencies (code),
  period text not null,
  amount public.money_amount not null,
  -- What was spent before counts against it; what was begun since must fit.
  changed_at timestamptz not null default now(),
  primary key (user_id, currency, period),
  -- Days and months of UTC.
  constraint spending_limits_period check (period in ('day', 'month', 'total')),
  constraint spending_limits_sizes
    check (octet_length(currency) <= 100 and octet_length(period) <= 100)
);
alter table public.spending_limits enable row level security;
alter table public.spending_limits force row level security;

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

-- What the bookings of each day have cost, added up, so that a ceiling of everybody's
-- costs the same whatever was booked before. As of the day (UTC) on which a booking was
-- made; less what was returned of it.
create table engine.spent_days (
  day date not null,
  currency text not null,
  amount numeric not null,
  primary key (day, currency)
);
alter table engine.spent_days enable row level security;
alter table engine.spent_days force row level security;

-- One row for each booking or refund (money/note_spending.sql), until it is added to
-- its day: a shared row would make bookings wait for each other.
create table engine.spent_parts (
  id bigint generated always as identity primary key,
  day date not null,
  currency text not null,
  amount numeric not null
);
alter table engine.spent_parts enable row level security;
alter table engine.spent_parts force row level security;
