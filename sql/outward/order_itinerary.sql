-- Returns the flights of an order as the provider last told them. Only flights that can
-- be read completely are believed: an order without flights, or with an invalid time,
-- says nothing, and the known flights stay.
create or replace function engine.order_itinerary(p_order jsonb) returns jsonb
  language plpgsql stable
as $$
declare
  v_itinerary jsonb;
  v_fits boolean;
begin
  if jsonb_typeof(p_order -> 'slices') is distinct from 'array' then
    return null;
  end if;
  select
    jsonb_agg(jsonb_build_object('segments', s.segments) order by l.ordinality),
    bool_and(coalesce(s.fits, false))
  into v_itinerary, v_fits
  from jsonb_array_elements(p_order -> 'slices') with ordinality as l
  left join lateral (
    select
      jsonb_agg(
        jsonb_build_object(
          'origin', g.value -> 'origin',
          'destination', g.value -> 'destination',
          'departing_at', g.value -> 'departing_at',
          'arriving_at', g.value -> 'arriving_at',
          'carrier', g.value -> 'carrier',
          'flight_number', g.value -> 'number'
        )
        order by g.ordinality
      ) as segments,
      -- Local times, without an offset; the cast refuses the 30th of February.
      bool_and(
        g.value ->> 'origin' ~ '^[A-Z0-9]{3}$'
        and g.value ->> 'destination' ~ '^[A-Z0-9]{3}$'
        and t.departing_at
          ~ '^[0-9]{4}(-[0-9]{2}){2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?$'
        and t.arriving_at
          ~ '^[0-9]{4}(-[0-9]{2}){2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?$'
        and case
          when t.departing_at ~ '^[0-9]{4}-' and t.arriving_at ~ '^[0-9]{4}-'
            then t.departing_at::timestamp is not null
            and t.arriving_at::timestamp is not null
        end
      ) as fits
    from jsonb_array_elements(
      case jsonb_typeof(l.value -> 'segments')
        when 'array' then l.value -> 'segments' else '[]'
      end
    ) with ordinality as g
    cross join lateral (
      select
        g.value ->> 'departing_at' as departing_at,
        g.value ->> 'arriving_at' as arriving_at
    ) as t
  ) as s on true;
  return case when v_fits then v_itinerary end;
exception when data_exception then
  return null;
end;
$$;
comment on function engine.order_itinerary(jsonb) is
  'Returns the flights of an order, or null when they cannot be read.';
