-- Offers that expired long ago, a batch of the oldest; fare_history keeps the picture.
-- Never one that an attempt, a booking or a trip points at: the keys would refuse it,
-- and it says what was bought. By the place of the rows just locked: no join that could
-- read the whole table.
create or replace function engine.purge_offers(p_limit integer, p_now timestamptz)
  returns integer
  language plpgsql volatile
as $$
declare
  v_removed integer;
begin
  delete from public.flight_offers as o
  where o.ctid = any (array(
    select f.ctid
    from public.flight_offers as f
    where f.status = 'EXPIRED'
      and f.expires_at < p_now - (
        select s.keep_offers_for from engine.search_settings as s
      )
      and not exists (
        select from public.booking_attempts as a
        where a.user_id = f.user_id and a.flight_offer_id = f.id
      )
      and not exists (
        select from public.flight_bookings as b
        where b.user_id = f.user_id and b.flight_offer_id = f.id
      )
      and not exists (
        select from public.trip_requests as t
        where t.user_id = f.user_id and t.selected_offer_id = f.id
      )
    order by f.expires_at
    limit p_limit
    for update of f skip locked
  ));
  get diagnostics v_removed = row_count;
  return v_removed;
end;
$$;
comment on function engine.purge_offers(integer, timestamptz) is
  'Removes at most so many offers that expired long ago; returns how many.';
