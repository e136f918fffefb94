-- Which traveller takes which of Duffel's passenger places of this offer: adults by
-- place, the younger by age, each infant on the lap of an adult.
create or replace function engine.order_party(p_user_id uuid, p_flight_offer_id uuid)
  returns table (
    traveler_profile_id uuid,
    passenger_id text,
    infant_passenger_id text
  )
  language sql stable
begin atomic
  with place as (
    select
      o.trip_request_id,
      i.value ->> 'id' as id,
      case
        when (i.value ->> 'age')::integer < 18 then (i.value ->> 'age')::integer
      end as child_age,
      row_number() over (
        partition by case
          when (i.value ->> 'age')::integer < 18 then (i.value ->> 'age')::integer
        end
        order by i.ordinality
      ) as place,
      coalesce(
        (
          o.itinerary #>> array[(jsonb_array_length(o.itinerary) - 1)::text, 'segments',
            '0', 'departing_at']
        )::date,
        (o.departs_at at time zone 'UTC')::date
      ) as last_day
    from public.flight_offers as o
    cross join jsonb_array_elements(o.passengers) with ordinality as i
    where o.user_id = p_user_id and o.id = p_flight_offer_id
  ),

  taken as (
    select
      t.traveler_profile_id,
      p.id as passenger_id,
      p.child_age,
      row_number() over (
        partition by p.child_age is null, coalesce(p.child_age, 99) < 2
        order by p.child_age, p.place
      ) as nth
    from place as p
    inner join lateral engine.trip_party(p_user_id, p.trip_request_id, p.last_day) as t
      on p.child_age is not distinct from t.child_age and p.place = t.place
  )

  select
    a.traveler_profile_id,
    a.passenger_id,
    i.passenger_id
  from taken as a
  left join taken as i
    on a.child_age is null and i.child_age < 2 and a.nth = i.nth;
end;
comment on function engine.order_party(uuid, uuid) is
  'Matches a trip''s travellers to the passenger ids of one offer.';
