-- All offers of one answer, in one statement, from the provider's own JSON: the winners
-- and the losers. Times are the airport's local time; the airport's zone makes them
-- instants. A duration that is missing is computed from them. Unknown is not "no": a
-- null condition stays null.
create or replace function engine.ingest_offers(
  p_user_id uuid,
  p_trip_id uuid,
  p_round integer,
  p_request jsonb,
  p_body jsonb,
  p_now timestamptz
) returns integer
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_stored integer;
begin
  with offer as (
    -- Pages may overlap: an id that came twice is the offer that came first.
    select distinct on (o.value ->> 'id') o.value as o
    from jsonb_array_elements(p_body -> 'offers') with ordinality as o
    where engine.is_well_formed_offer(o.value)
    order by o.value ->> 'id', o.ordinality
  ),

  segment as (
    select
      offer.o ->> 'id' as offer_id,
      sl.ordinality as slice_no,
      se.ordinality as segment_no,
      sl.value as slice,
      se.value as s,
      (se.value ->> 'departing_at')::timestamp at time zone coalesce(
        a.time_zone, se.value #>> '{origin,time_zone}'
      ) as departs_at,
      (se.value ->> 'arriving_at')::timestamp at time zone coalesce(
        b.time_zone, se.value #>> '{destination,time_zone}'
      ) as arrives_at
    from offer
    cross join jsonb_array_elements(offer.o -> 'slices') with ordinality as sl
    cross join jsonb_array_elements(sl.value -> 'segments') with ordinality as se
    left join engine.airports as a on a.iata = se.value #>> '{origin,iata_code}'
    left join engine.airports as b on b.iata = se.value #>> '{destination,iata_code}'
  ),

  slice as (
    select
      g.offer_id,
      g.slice_no,
      coalesce(
        ((array_agg(g.slice))[1] ->> 'duration')::interval,
        max(g.arrives_at) - min(g.departs_at)
      ) as duration,
      count(*) - 1 as connections,
      sum(jsonb_array_length(coalesce(nullif(g.s -> 'stops', 'null'), '[]'))) as stops,
      min(g.departs_at) as departs_at,
      max(g.arrives_at) as arrives_at,
      jsonb_build_object(
        'origin', (array_agg(g.s #>> '{origin,iata_code}' order by g.segment_no))[1],
        'destination', (
          array_agg(g.s #>> '{destination,iata_code}' order by g.segment_no desc)
        )[1],
        'duration', (array_agg(g.slice))[1] ->> 'duration',
        'fare_brand', (array_agg(g.slice))[1] ->> 'fare_brand_name',
        'segments', jsonb_agg(
          jsonb_build_object(
            'origin', g.s #>> '{origin,iata_code}',
            'destination', g.s #>> '{destination,iata_code}',
            'departing_at', g.s ->> 'departing_at',
            'arriving_at', g.s ->> 'arriving_at',
            'carrier', g.s #>> '{marketing_carrier,iata_code}',
            'flight_number', g.s ->> 'marketing_carrier_flight_number',
            'operated_by', g.s #>> '{operating_carrier,iata_code}',
            'cabin', g.s #>> '{passengers,0,cabin_class}'
          )
          order by g.segment_no
        )
      ) as itinerary
    from segment as g
    group by g.offer_id, g.slice_no
  ),

  journey as (
    select
      l.offer_id,
      sum(l.duration) as duration,
      max(l.duration) as longest_slice,
      sum(l.connections) as connections,
      max(l.connections) as most_connections,
      sum(l.stops) as stops,
      min(l.departs_at) as departs_at,
      max(l.arrives_at) as arrives_at,
      jsonb_agg(l.itinerary order by l.slice_no) as itinerary
    from slice as l
    group by l.offer_id
  ),

  -- Bags that everybody with a seat has on every segment.
  bag as (
    select
      w.offer_id,
      min(w.carry_on) as carry_on,
      min(w.checked) as checked
    from (
      select
        g.offer_id,
        coalesce(
          sum((q.value ->> 'quantity')::integer)
          filter (where q.value ->> 'type' = 'carry_on'), 0
        ) as carry_on,
        coalesce(
          sum((q.value ->> 'quantity')::integer)
          filter (where q.value ->> 'type' = 'checked'), 0
        ) as checked
      from segment as g
      cross join jsonb_array_elements(g.s -> 'passengers') with ordinality as p
      left join jsonb_array_elements(
        coalesce(nullif(p.value -> 'baggages', 'null'), '[]')
      ) as q on true
      where not exists (
        select from offer
        cross join jsonb_array_elements(offer.o -> 'passengers') as i
        where offer.o ->> 'id' = g.offer_id
          and i.value ->> 'id' = p.value ->> 'passenger_id'
          and (i.value ->> 'age')::integer < 2
      )
      group by g.offer_id, g.slice_no, g.segment_no, p.ordinality
    ) as w
    group by w.offer_id
  )

  insert into public.flight_offers (
    user_id, trip_request_id, search_round, offer_id, offer_request_id, passengers,
    price_amount, price_currency, base_amount, tax_amount, expires_at, airline, duration,
    longest_slice, connections, most_connections, technical_stops, departs_at,
    arrives_at, carry_on_bags, checked_bags, refundable, refund_penalty,
    refund_penalty_currency, changeable, change_penalty, change_penalty_currency,
    emissions_kg, documents_required, itinerary, created_at, updated_at
  )
  select
    p_user_id,
    p_trip_id,
    p_round,
    offer.o ->> 'id',
    p_body #>> '{offer_request,id}',
    (
      select jsonb_agg(
        jsonb_build_object(
          'id', p.value -> 'id', 'type', p.value -> 'type', 'age', p.value -> 'age'
        )
      )
      from jsonb_array_elements(offer.o -> 'passengers') as p
    ),
    (offer.o ->> 'total_amount')::numeric,
    offer.o ->> 'total_currency',
    (offer.o ->> 'base_amount')::numeric,
    (offer.o ->> 'tax_amount')::numeric,
    (offer.o ->> 'expires_at')::timestamptz,
    offer.o #>> '{owner,iata_code}',
    j.duration,
    j.longest_slice,
    j.connections,
    j.most_connections,
    j.stops,
    j.departs_at,
    j.arrives_at,
    coalesce(b.carry_on, 0),
    coalesce(b.checked, 0),
    (offer.o #>> '{conditions,refund_before_departure,allowed}')::boolean,
    (offer.o #>> '{conditions,refund_before_departure,penalty_amount}')::numeric,
    offer.o #>> '{conditions,refund_before_departure,penalty_currency}',
    (offer.o #>> '{conditions,change_before_departure,allowed}')::boolean,
    (offer.o #>> '{conditions,change_before_departure,penalty_amount}')::numeric,
    offer.o #>> '{conditions,change_before_departure,penalty_currency}',
    (offer.o ->> 'total_emissions_kg')::numeric,
    coalesce((offer.o ->> 'passenger_identity_documents_required')::boolean, true),
    j.itinerary,
    p_now,
    p_now
  from offer
  inner join journey as j on offer.o ->> 'id' = j.offer_id
  left join bag as b on offer.o ->> 'id' = b.offer_id
  where j.arrives_at > j.departs_at
  on conflict (offer_id) do nothing;
  get diagnostics v_stored = row_count;

  insert into public.fare_history (
    user_id, trip_request_id, search_round, searched_at, origin, destination,
    departure_date, return_date, offers, malformed, currency, cheapest, median
  )
  select
    p_user_id,
    p_trip_id,
    p_round,
    p_now,
    p_request #>> '{slices,0,origin}',
    p_request #>> '{slices,0,destination}',
    (p_request #>> '{slices,0,departure_date}')::date,
    (p_request #>> '{slices,1,departure_date}')::date,
    count(f.offer_id),
    jsonb_array_length(p_body -> 'offers') - count(f.offer_id),
    -- One search, one currency; a mixed answer has no single cheapest fare.
    case when count(distinct f.price_currency) = 1 then min(f.price_currency) end,
    case when count(distinct f.price_currency) = 1 then min(f.price_amount) end,
    case
      when count(distinct f.price_currency) = 1
      then percentile_disc(0.5) within group (order by f.price_amount::numeric)
    end
  from public.flight_offers as f
  where f.user_id = p_user_id
    and f.trip_request_id = p_trip_id
    and f.search_round = p_round
    and f.offer_request_id = p_body #>> '{offer_request,id}';
  return v_stored;
end;
$$;
comment on function engine.ingest_offers(
  uuid, uuid, integer, jsonb, jsonb, timestamptz
) is 'Stores every offer of one search answer and the search''s line of fare history.';
