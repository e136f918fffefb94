-- A slice is in the air from its first departure to its last arrival; the stay between
-- two slices is free. The times of an itinerary are local to the airports; a time in an
-- unknown zone is read as UTC. An offer names the airports of a slice, an order those
-- of its segments.
create or replace function engine.flight_times(p_itinerary jsonb)
  returns setof tstzrange
  language plpgsql stable
as $$
begin
  return query
  select tstzrange(least(f.leaves, f.lands), greatest(f.leaves, f.lands), '[]')
  from jsonb_array_elements(p_itinerary) as i
  cross join lateral (
    select
      (i.value #>> '{segments,0,departing_at}')::timestamp at time zone coalesce(
        (
          select a.time_zone from engine.airports as a
          where a.iata = coalesce(
            i.value #>> '{segments,0,origin}', i.value ->> 'origin'
          )
        ), 'UTC'
      ) as leaves,
      (i.value #>> '{segments,-1,arriving_at}')::timestamp at time zone coalesce(
        (
          select a.time_zone from engine.airports as a
          where a.iata = coalesce(
            i.value #>> '{segments,-1,destination}', i.value ->> 'destination'
          )
        ), 'UTC'
      ) as lands
  ) as f;
end;
$$;
comment on function engine.flight_times(jsonb) is
  'Returns from when to when each slice of an offer or an order is in the air.';
