-- What a message about a trip says of it, without a person.
create or replace function engine.trip_facts(p_trip public.trip_requests) returns jsonb
  language plpgsql immutable
as $$
begin
  return jsonb_build_object(
    'origins', p_trip.origins,
    'destinations', p_trip.destinations,
    'departure_from', p_trip.departure_from,
    'departure_to', p_trip.departure_to,
    'limit', p_trip.max_price::text,
    'limit_currency', p_trip.currency
  );
end;
$$;
comment on function engine.trip_facts(public.trip_requests) is
  'Returns route, dates and limit of a trip for a message.';
