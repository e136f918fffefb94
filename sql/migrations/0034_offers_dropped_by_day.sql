-- Offers by the day of their search. A day is dropped as a whole when its offers are
-- old: nothing is deleted, and nothing points at it. What an attempt chooses moves to a
-- part of its own, which stays; there the keys of attempts, bookings and trips point.
-- What was stored before is the part flight_offers_before.
--
-- Between this and the code of the same deploy a second passes, or longer where that is
-- killed. The former code would not understand the new table: what would read or write
-- it says meanwhile, as a lock that cannot be had does, that it should be tried again.
-- depends: 0033_offers_by_day_filled
-- The keys are looked at by the next migration, while nobody waits.
-- squawk-ignore-file ban-drop-constraint, renaming-table, constraint-missing-not-valid
-- squawk-ignore-file adding-foreign-key-constraint, renaming-object

alter table public.booking_attempts
  drop constraint booking_attempts_flight_offer_id_fkey;
alter table public.flight_bookings drop constraint flight_bookings_flight_offer_id_fkey;
alter table public.trip_requests drop constraint trip_requests_selected_offer_id_fkey;

drop policy if exists flight_offers_owner_all on public.flight_offers;
drop policy if exists flight_offers_authenticated_select on public.flight_offers;
revoke all on public.flight_offers from authenticated, service_role;
alter table public.flight_offers rename to flight_offers_before;
alter table public.flight_offers_before
  -- A day that is attached or dropped must not need the table of trips. The call that
  -- brought the offer has its key.
  drop constraint flight_offers_trip_request_id_fkey;
create policy flight_offers_before_owner_all on public.flight_offers_before
  to skylatch_owner
  using (true)
  with check (true);
alter table public.flight_offers_before
  rename constraint flight_offers_pkey to flight_offers_before_pkey;
alter table public.flight_offers_before
  rename constraint flight_offers_offer_id_key to flight_offers_before_offer_id_key;
-- By it they are purged: a day that is dropped needs none.
alter index public.flight_offers_expires_at_idx
  rename to flight_offers_before_expires_at_idx;
alter index public.flight_offers_trip_request_id_idx
  rename to flight_offers_before_trip_request_id_idx;

create table public.flight_offers (
  like public.flight_offers_before including defaults including constraints
) partition by list (day);
alter table public.flight_offers drop constraint flight_offers_before_day;
alter table public.flight_offers
  alter column day set default (statement_timestamp() at time zone 'UTC')::date;
-- No primary key, for it would have the day, which offers of before have not.
create unique index flight_offers_user_id_id_day_idx
  on public.flight_offers (user_id, id, day);
create unique index flight_offers_offer_id_day_idx
  on public.flight_offers (offer_id, day);
create index flight_offers_trip_request_id_idx
  on public.flight_offers (user_id, trip_request_id, search_round);
alter table public.flight_offers enable row level security;
alter table public.flight_offers force row level security;
create policy flight_offers_owner_all on public.flight_offers
  to skylatch_owner
  using (true)
  with check (true);
create policy flight_offers_authenticated_select on public.flight_offers
  for select to authenticated
  using (user_id = (select auth.uid()));
grant select on public.flight_offers to authenticated, service_role;

-- noqa: disable=PRS
alter table public.flight_offers
  attach partition public.flight_offers_before for values in (null);
-- noqa: enable=PRS
-- What has changed or was chosen since it was copied.
delete from public.flight_offers_kept as k
using public.flight_offers_before as o
where k.user_id = o.user_id and k.id = o.id and k.updated_at <> o.updated_at;
insert into public.flight_offers_kept
select (jsonb_populate_record(o, '{"day": "9999-12-31"}')).*
from public.flight_offers_before as o
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
delete from public.flight_offers_before as o
using public.flight_offers_kept as k
where o.user_id = k.user_id and o.id = k.id;
alter table public.flight_offers
  attach partition public.flight_offers_kept for values in ('9999-12-31');
-- Days that nobody has made a part for in time (search/add_offer_days.sql).
create table public.flight_offers_other partition of public.flight_offers default;
alter table public.flight_offers_other enable row level security;
alter table public.flight_offers_other force row level security;

alter table public.booking_attempts add constraint booking_attempts_flight_offer_id_fkey
  foreign key (user_id, flight_offer_id)
  references public.flight_offers_kept (user_id, id) on delete restrict not valid;
alter table public.flight_bookings add constraint flight_bookings_flight_offer_id_fkey
  foreign key (user_id, flight_offer_id)
  references public.flight_offers_kept (user_id, id) on delete restrict not valid;
alter table public.trip_requests add constraint trip_requests_selected_offer_id_fkey
  foreign key (user_id, selected_offer_id)
  references public.flight_offers_kept (user_id, id) on delete restrict not valid;

create or replace function engine.ingest_offers(
  p_user_id uuid,
  p_trip_id uuid,
  p_round integer,
  p_request jsonb,
  p_body jsonb,
  p_now timestamptz
) returns integer
  language plpgsql volatile
as $$
begin
  raise lock_not_available using message = 'a deploy is under way';
end;
$$;
create or replace function engine.rank_trip(
  p_user_id uuid, p_trip_id uuid, p_now timestamptz
) returns integer
  language plpgsql volatile
as $$
begin
  raise lock_not_available using message = 'a deploy is under way';
end;
$$;
create or replace function engine.selected_offer_problem(
  p_trip public.trip_requests, p_flight_offer_id uuid, p_now timestamptz
) returns text
  language plpgsql volatile
as $$
begin
  raise lock_not_available using message = 'a deploy is under way';
end;
$$;
create or replace function engine.describe_offer(p_offer public.flight_offers) returns text
  language plpgsql volatile
as $$
begin
  raise lock_not_available using message = 'a deploy is under way';
end;
$$;
create or replace function engine.expire_offers(p_now timestamptz) returns integer
  language plpgsql volatile
as $$
begin
  return 0;
end;
$$;
create or replace function engine.purge_offers(p_limit integer, p_now timestamptz) returns integer
  language plpgsql volatile
as $$
begin
  return 0;
end;
$$;
