-- The table of offers becomes a table of days, which are dropped one by one. This
-- prepares what is there: the rows will be one of its parts (0034), and those that were
-- chosen another.
-- depends: 0031_useful_offers
-- The index is one of a new table.
-- squawk-ignore-file require-concurrent-index-deletion

alter table public.flight_offers
  -- The day (UTC) whose part holds the offer: that of its search. 9999-12-31: an
  -- attempt has chosen it, and it stays. Null: it was stored before there were days.
  -- (No infinity: clients in Python cannot read it. No default: the type of the row has
  -- functions.)
  add column day date;
create table public.flight_offers_kept (
  like public.flight_offers including all,
  constraint flight_offers_kept_day check (day is not null and day = '9999-12-31')
);
drop index public.flight_offers_kept_expires_at_idx;
create unique index flight_offers_kept_user_id_id_day_idx
  on public.flight_offers_kept (user_id, id, day);
create unique index flight_offers_kept_offer_id_day_idx
  on public.flight_offers_kept (offer_id, day);
alter table public.flight_offers_kept enable row level security;
alter table public.flight_offers_kept force row level security;
create policy flight_offers_kept_owner_all on public.flight_offers_kept
  to skylatch_owner
  using (true)
  with check (true);
alter table public.flight_offers
  add constraint flight_offers_before_day check (day is null) not valid;

alter table public.trip_requests
  -- No offer of the current round is of an earlier day; null: of any.
  add column offers_from date;
