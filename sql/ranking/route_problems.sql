-- Checks that an offer flies the journey that was asked for: the number of slices and,
-- of each slice, the first origin, the last destination (where a city was asked for,
-- any of its airports) and the date of departure there. Also checks that the search
-- still asks for what the trip says now. There is no query in here: judge_offer calls
-- this function for every offer.
create or replace function engine.route_problems(
  p_trip public.trip_requests, p_offer public.flight_offers, p_city_airports text[]
) returns text[]
  language plpgsql stable
as $$
declare
  v_from text[] := p_offer.asked_from;
  v_to text[] := p_offer.asked_to;
  v_on date[] := p_offer.asked_on;
  v_slices integer := cardinality(v_on);
  v_itinerary jsonb := p_offer.itinerary;
  v_route boolean := true;
  v_date boolean := true;
begin
  if v_slices is null
    or (
      v_from[1] = any (p_trip.origins)
      and v_to[1] = any (p_trip.destinations)
      and v_on[1] between p_trip.departure_from and p_trip.departure_to
      and case
        when p_trip.return_from is null and p_trip.nights_min is null then v_slices = 1
        else v_slices = 2
          and v_from[2] = v_to[1]
          and v_to[2] = v_from[1]
          and v_on[2] >= v_on[1]
          and (p_trip.return_from is null or v_on[2] >= p_trip.return_from)
          and (p_trip.return_to is null or v_on[2] <= p_trip.return_to)
          and (p_trip.nights_min is null or v_on[2] - v_on[1] >= p_trip.nights_min)
          and (p_trip.nights_max is null or v_on[2] - v_on[1] <= p_trip.nights_max)
      end
    ) is not true
  then
    return array['not_asked_for'];
  elsif jsonb_array_length(v_itinerary) <> v_slices then
    return array['wrong_slices'];
  end if;
  for v_no in 1..v_slices loop
    v_route := v_route
      and (
        v_itinerary #>> array[(v_no - 1)::text, 'origin'] = v_from[v_no]
        or v_from[v_no] || (v_itinerary #>> array[(v_no - 1)::text, 'origin'])
        = any (p_city_airports)
      )
      and (
        v_itinerary #>> array[(v_no - 1)::text, 'destination'] = v_to[v_no]
        or v_to[v_no] || (v_itinerary #>> array[(v_no - 1)::text, 'destination'])
        = any (p_city_airports)
      );
    v_date := v_date and p_offer.departs_local[v_no]::date = v_on[v_no];
  end loop;
  return array_remove(
    array[
      case when v_route is not true then 'wrong_route' end,
      case when v_date is not true then 'wrong_date' end
    ],
    null
  );
end;
$$;
comment on function engine.route_problems(
  public.trip_requests, public.flight_offers, text[]
) is
  'Says in what an offer is not the journey that was asked for; empty when it is that '
  'journey.';
