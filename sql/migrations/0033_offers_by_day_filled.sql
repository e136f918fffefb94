-- The indexes that the table of days will have, and the offers that were chosen in the
-- part that stays, made while the table is in use; and every row is looked at now, so
-- that nobody waits for that later.
-- depends: 0032_offers_by_day
-- transactional: false

drop index concurrently if exists public.flight_offers_before_user_id_id_day_idx;
create unique index concurrently flight_offers_before_user_id_id_day_idx
  on public.flight_offers (user_id, id, day);
drop index concurrently if exists public.flight_offers_before_offer_id_day_idx;
create unique index concurrently flight_offers_before_offer_id_day_idx
  on public.flight_offers (offer_id, day);
alter table public.flight_offers validate constraint flight_offers_before_day;
insert into public.flight_offers_kept
select (jsonb_populate_record(o, '{"day": "9999-12-31"}')).*
from public.flight_offers as o
where (o.user_id, o.id) in (
  select
    a.user_id,
    a.flight_offer_id
  from public.booking_attempts as a
  union all
  select
    t.user_id,
    t.selected_offer_id
  from public.trip_requests as t
)
on conflict (user_id, id) do nothing;
