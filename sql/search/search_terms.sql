-- Builds the body of one request; see "offer requests" in the provider's documentation.
create or replace function engine.search_terms(
  p_trip public.trip_requests,
  p_origin text,
  p_destination text,
  p_departure_date date,
  p_return_date date
) returns jsonb
  language plpgsql stable
as $$
begin
  return (
    select jsonb_build_object(
      'slices', jsonb_build_array(
        jsonb_build_object(
          'origin', p_origin,
          'destination', p_destination,
          'departure_date', p_departure_date
        )
      ) || case
        when p_return_date is null then '[]'
        else jsonb_build_array(
          jsonb_build_object(
            'origin', p_destination,
            'destination', p_origin,
            'departure_date', p_return_date
          )
        )
      end,
      'passengers', (
        select jsonb_agg(
          case
            when p.child_age is null then '{"type": "adult"}'::jsonb
            else jsonb_build_object('age', p.child_age)
          end
          order by p.child_age nulls first, p.place
        )
        from engine.trip_party(
          p_trip.user_id, p_trip.id, coalesce(p_return_date, p_departure_date)
        ) as p
      ),
      'cabin_class', p_trip.cabin_class,
      'max_connections', p_trip.max_connections
    )
  );
end;
$$;
comment on function engine.search_terms(
  public.trip_requests, text, text, date, date
) is 'Builds one Duffel offer request for a trip.';
