create or replace function engine.best_offer(p_trip public.trip_requests) returns uuid
  language plpgsql stable
as $$
begin
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
end;
$$;
comment on function engine.best_offer(public.trip_requests) is
  'Returns the best of a trip''s ranked offers; null when no offer is eligible.';
