-- How much a traveller lets all their trips spend together.
-- depends: 0008_endings

create table public.spending_limits (
  user_id uuid not null default auth.uid()
    references auth.users (id) on delete cascade,
  -- Fares in another currency do not count; each currency may have limits of its own.
  currency text not null references engine.currencies (code),
  period text not null,
  amount public.money_amount not null,
  primary key (user_id, currency, period),
  -- Days and months of UTC.
  constraint spending_limits_period check (period in ('day', 'month', 'total'))
);
alter table public.spending_limits enable row level security;
alter table public.spending_limits force row level security;
