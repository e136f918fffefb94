-- What a traveller said no to is passed over, unless these flights cost less now.
drop function if exists engine.best_offer(public.trip_requests);
create or replace function engine.best_offer(
  p_trip public.trip_requests,
  p_at_most numeric default null,
  p_currency text default null
) returns uuid
  language plpgsql stable
as $$
begin
  if p_at_most is null and not exists (
    select from public.offer_proposals as p
    where p.user_id = p_trip.user_id
      and p.trip_request_id = p_trip.id
      and p.state = 'VETOED'
  ) then
    return (
      select o.id
      from public.flight_offers as o
      where o.user_id = p_trip.user_id
        and o.trip_request_id = p_trip.id
        and o.search_round = p_trip.search_round
        and o.day >= coalesce(p_trip.offers_from, '0001-01-01')
        and o.status = 'ACTIVE'
        and o.rank = 1
    );
  end if;
  return (
    select o.id
    from public.flight_offers as o
    where o.user_id = p_trip.user_id
      and o.trip_request_id = p_trip.id
      and o.search_round = p_trip.search_round
      and o.day >= coalesce(p_trip.offers_from, '0001-01-01')
      and o.status = 'ACTIVE'
      and o.rank is not null
      and (
        p_at_most is null
        or o.price_amount <= p_at_most and o.price_currency = p_currency
      )
      and not exists (
        select from public.offer_proposals as p
        where p.user_id = o.user_id
          and p.trip_request_id = o.trip_request_id
          and p.state = 'VETOED'
          and p.itinerary_key = coalesce(o.itinerary_key, o.offer_id)
          and p.price_currency = o.price_currency
          and p.price_amount <= o.price_amount
      )
    order by o.rank
    limit 1
  );
end;
$$;
comment on function engine.best_offer(public.trip_requests, numeric, text) is
  'Returns the best of a trip''s ranked offers that nobody vetoed, where asked for '
  'among those that cost at most so much; null when there is none.';
