-- Reads offers from the provider's own JSON into rows of the form that is stored, one
-- for each element of the list, in its order. An offer that cannot be read has its
-- problem instead, so that one bad offer never hides the good ones. A search's answer
-- and the live read of one offer both go through this function, because both are judged
-- by what it returns. No value is cast that offer_rules did not pass.
-- Times are the airport's local time; the airport's zone makes them instants. In an
-- hour that a clock shows twice, the stated duration says which is meant (told_times).
-- A stated duration wins over the clocks', and the difference is kept; a missing
-- duration is computed from the clocks.
-- Unknown is not "no": a condition that is null stays null, an unknown cabin makes the
-- offer's lowest cabin unknown, and an airline without a code flies as "?", which is
-- among no traveller's airlines and in no alliance. If a segment says nothing about one
-- passenger with a seat, the whole party has no bags and an unknown cabin on it.
-- A red-eye leaves in the evening or at night (18:00 to 04:59) and lands after midnight
-- or in the morning (00:30 to 10:59), each by the clock there. A layover is overnight
-- when the date changes during it.
create or replace function engine.read_offers(p_offers jsonb)
  returns table (
    -- Position in the list, from 1.
    offer_no bigint,
    problem text,
    offer_id text,
    passengers jsonb,
    price_amount numeric,
    price_currency text,
    base_amount numeric,
    base_currency text,
    tax_amount numeric,
    tax_currency text,
    expires_at timestamptz,
    airline text,
    carriers text[],
    lowest_cabin text,
    duration interval,
    duration_gap interval,
    longest_slice interval,
    connections smallint,
    most_connections smallint,
    technical_stops smallint,
    departs_at timestamptz,
    arrives_at timestamptz,
    departs_local timestamp[],
    arrives_local timestamp[],
    shortest_layover interval,
    longest_layover interval,
    airport_changes smallint,
    overnight_layovers smallint,
    red_eyes smallint,
    carry_on_bags smallint,
    checked_bags smallint,
    refundable boolean,
    refund_penalty numeric,
    refund_penalty_currency text,
    changeable boolean,
    change_penalty numeric,
    change_penalty_currency text,
    emissions_kg numeric,
    documents_required boolean,
    document_types text[],
    requires_instant_payment boolean,
    price_guaranteed_until timestamptz,
    payment_required_by timestamptz,
    itinerary_key text,
    itinerary jsonb
  )
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
  -- No two slices or segments are alike: remembering them costs and never pays.
  set enable_memoize = off
  -- Nor is anything sorted by long values that can be hashed.
  set enable_mergejoin = off
  -- To compile the statement takes seconds, to run it milliseconds.
  set jit = off
  -- An answer is a few megabytes: what is worked out of it never goes to the disk.
  set work_mem = '64MB'
as $$
#variable_conflict use_column
declare
  v_shape jsonpath := engine.offer_shape();
  v_cabins text[] := array['economy', 'premium_economy', 'business', 'first'];
begin
  return query
  -- Nothing but its slices goes on of the offer itself: it is long, and each step copies.
  with offer as materialized (
    select
      e.ordinality as offer_no,
      (e.value @@ v_shape) is true as fits,
      e.value ->> 'id' as offer_id,
      e.value -> 'slices' as slices,
      e.value -> 'passengers' as passengers,
      e.value ->> 'total_amount' as total_amount,
      e.value ->> 'total_currency' as total_currency,
      e.value ->> 'base_amount' as base_amount,
      e.value ->> 'base_currency' as base_currency,
      e.value ->> 'tax_amount' as tax_amount,
      e.value ->> 'tax_currency' as tax_currency,
      e.value ->> 'expires_at' as expires_at,
      e.value #>> '{owner,iata_code}' as airline,
      e.value #> '{conditions,refund_before_departure}' as refund,
      e.value #> '{conditions,change_before_departure}' as change,
      e.value ->> 'total_emissions_kg' as emissions,
      e.value ->> 'passenger_identity_documents_required' as documents_required,
      e.value -> 'supported_passenger_identity_document_types' as document_types,
      e.value -> 'payment_requirements' as payment
    from jsonb_array_elements(p_offers) with ordinality as e
  ),

  -- Pages may overlap: an id that came twice is the offer that came first.
  twice as materialized (
    select coalesce(array_agg(i.offer_no), '{}') as offer_nos
    from (
      select
        f.offer_no,
        row_number() over (
          partition by f.offer_id collate "C" order by f.offer_no
        ) as place
      from offer as f
      where f.fits
    ) as i
    where i.place > 1
  ),

  -- Of one search the same in every offer, and so worked out once.
  party as materialized (
    select
      d.raw,
      (
        select
          jsonb_agg(
            jsonb_build_object(
              'id', p.value -> 'id', 'type', p.value -> 'type', 'age', p.value -> 'age'
            )
          )
        from jsonb_array_elements(d.raw) as p
      ) as passengers,
      jsonb_path_query_array(
        d.raw, '$[*] ? (@.age < 2 || @.type == "infant_without_seat").id'
      ) as lap,
      jsonb_path_query_array(
        d.raw, '$[*] ? (!(@.age < 2 || @.type == "infant_without_seat")).id'
      ) as seated
    from (select distinct f.passengers as raw from offer as f where f.fits) as d
  ),

  segment as materialized (
    select
      f.offer_no,
      f.passengers as party,
      l.ordinality as slice_no,
      g.ordinality as segment_no,
      g.ordinality = jsonb_array_length(l.value -> 'segments') as is_last,
      l.value ->> 'duration' as slice_duration,
      coalesce(
        g.value ->> 'duration',
        case
          when jsonb_array_length(l.value -> 'segments') = 1 then l.value ->> 'duration'
        end
      )::interval as stated,
      left(l.value ->> 'fare_brand_name', 200) as fare_brand,
      g.value #>> '{origin,iata_code}' as origin,
      g.value #>> '{destination,iata_code}' as destination,
      g.value ->> 'departing_at' as departing_at,
      g.value ->> 'arriving_at' as arriving_at,
      g.value #>> '{origin,time_zone}' as origin_zone,
      g.value #>> '{destination,time_zone}' as destination_zone,
      g.value #>> '{marketing_carrier,iata_code}' as carrier,
      g.value ->> 'marketing_carrier_flight_number' as flight_number,
      g.value #>> '{operating_carrier,iata_code}' as operated_by,
      coalesce(g.value #>> '{operating_carrier,iata_code}', '?') as flown_by,
      case
        when jsonb_array_length(nullif(g.value -> 'stops', 'null')) > 0
          then jsonb_path_query_array(g.value, '$.stops[*].airport.iata_code')
        else '[]'
      end as stops,
      g.value -> 'passengers' as seats
    from offer as f
    cross join twice as t
    cross join jsonb_array_elements(f.slices) with ordinality as l
    cross join jsonb_array_elements(l.value -> 'segments') with ordinality as g
    where f.fits and f.offer_no <> all (t.offer_nos)
  ),

  -- Cabins and bags repeat from offer to offer as well.
  seating as materialized (
    select
      d.party,
      d.seats,
      b.cabin,
      b.carry_on,
      b.checked
    from (select distinct s.party, s.seats from segment as s) as d
    inner join party as y on d.party = y.raw
    cross join lateral (
      select
        case
          when count(*) = count(array_position(v_cabins, w.value ->> 'cabin_class'))
            and y.seated <@ jsonb_agg(w.value -> 'passenger_id')
            then min(array_position(v_cabins, w.value ->> 'cabin_class'))
        end as cabin,
        case
          when y.seated <@ jsonb_agg(w.value -> 'passenger_id') then min(q.carry_on)
            filter (where not y.lap ? (w.value ->> 'passenger_id'))
          else 0
        end as carry_on,
        case
          when y.seated <@ jsonb_agg(w.value -> 'passenger_id') then min(q.checked)
            filter (where not y.lap ? (w.value ->> 'passenger_id'))
          else 0
        end as checked
      from jsonb_array_elements(d.seats) as w
      cross join lateral (
        select
          coalesce(
            sum((q ->> 'quantity')::numeric) filter (where q ->> 'type' = 'carry_on'), 0
          ) as carry_on,
          coalesce(
            sum((q ->> 'quantity')::numeric) filter (where q ->> 'type' = 'checked'), 0
          ) as checked
        from jsonb_path_query(w.value, '$.baggages[*]') as q
      ) as q
    ) as b
  ),

  seat as (
    select s.*, b.cabin, b.carry_on, b.checked
    from segment as s
    inner join seating as b on s.party = b.party and s.seats = b.seats
  ),

  -- Ours is the better list of time zones; the provider's is for what we lack.
  located as materialized (
    select
      s.*,
      s.departing_at::timestamp as leaves,
      s.arriving_at::timestamp as lands,
      coalesce(
        (select a.time_zone from engine.airports as a where a.iata = s.origin),
        case
          when s.origin_zone in (select a.time_zone from engine.airports as a)
            then s.origin_zone
        end
      ) as leaves_in,
      coalesce(
        (select a.time_zone from engine.airports as a where a.iata = s.destination),
        case
          when s.destination_zone in (select a.time_zone from engine.airports as a)
            then s.destination_zone
        end
      ) as lands_in
    from seat as s
  ),

  clocked as (
    select
      c.*,
      c.leaves at time zone c.leaves_in as usually_departs_at,
      c.lands at time zone c.lands_in as usually_arrives_at
    from located as c
  ),

  flown as materialized (
    select
      r.*,
      coalesce(w.told[1], r.usually_departs_at) as departs_at,
      coalesce(w.told[2], r.usually_arrives_at) as arrives_at
    from clocked as r
    cross join lateral (
      select
        case
          when r.usually_arrives_at - r.usually_departs_at <> r.stated
            then engine.told_times(
              r.usually_departs_at, r.usually_arrives_at, r.leaves_in, r.lands_in,
              r.stated
            )
        end as told
    ) as w
  ),

  connected as (
    select
      g.*,
      lag(g.arrives_at) over w as landed_at,
      lag(g.lands) over w as landed,
      lag(g.destination) over w as landed_in,
      case when not g.is_last then lead(g.departs_at) over w - g.arrives_at end as layover
    from flown as g
    window w as (partition by g.offer_no order by g.slice_no, g.segment_no)
  ),

  slice as (
    select
      c.offer_no,
      c.slice_no,
      coalesce(
        max(c.slice_duration)::interval,
        sum(coalesce(c.stated, c.arrives_at - c.departs_at))
        + coalesce(sum(c.layover), interval '0')
      ) as duration,
      -- Either way round, of the slice or of one of its segments.
      greatest(
        max(c.slice_duration)::interval - (max(c.arrives_at) - min(c.departs_at)),
        (max(c.arrives_at) - min(c.departs_at)) - max(c.slice_duration)::interval,
        max(c.stated - (c.arrives_at - c.departs_at)),
        max((c.arrives_at - c.departs_at) - c.stated)
      ) as duration_gap,
      count(*) - 1 as connections,
      sum(jsonb_array_length(c.stops)) as stops,
      min(c.departs_at) as departs_at,
      max(c.arrives_at) as arrives_at,
      max(c.leaves) filter (where c.segment_no = 1) as leaves,
      max(c.lands) filter (where c.is_last) as lands,
      min(c.layover) as shortest_layover,
      max(c.layover) as longest_layover,
      count(*) filter (
        where c.segment_no > 1 and c.origin <> c.landed_in
      ) as airport_changes,
      count(*) filter (
        where c.segment_no > 1 and c.landed::date < c.leaves::date
      ) as overnight_layovers,
      count(*) filter (
        where (c.leaves::time >= '18:00' or c.leaves::time < '05:00')
          and c.lands::time >= '00:30' and c.lands::time < '11:00'
      ) as red_eyes,
      string_agg(c.carrier || ',' || c.flown_by, ',') as carriers,
      min(least(c.carrier, c.flown_by) collate "C") as first_carrier,
      max(greatest(c.carrier, c.flown_by) collate "C") as last_carrier,
      case when count(c.cabin) = count(*) then min(c.cabin) end as cabin,
      min(c.carry_on) as carry_on,
      min(c.checked) as checked,
      string_agg(
        c.carrier || ltrim(c.flight_number, '0') || ' ' || c.departing_at, ','
      ) as flights,
      min(
        case
          when c.departs_at is null
            then format('slices.segments.origin has no time zone: "%s"', c.origin)
          when c.arrives_at is null then format(
            'slices.segments.destination has no time zone: "%s"', c.destination
          )
          when c.arrives_at <= c.departs_at then format(
            'slices.segments.arriving_at is not after departing_at: "%s"', c.arriving_at
          )
          when c.departs_at < c.landed_at then format(
            'slices.segments.departing_at is before the landing before it: "%s"',
            c.departing_at
          )
        end
      ) as problem,
      json_build_object(
        'origin', max(c.origin) filter (where c.segment_no = 1),
        'destination', max(c.destination) filter (where c.is_last),
        'duration', max(c.slice_duration),
        'fare_brand', max(c.fare_brand),
        'segments', json_agg(
          json_build_object(
            'origin', c.origin,
            'destination', c.destination,
            'departing_at', c.departing_at,
            'arriving_at', c.arriving_at,
            'carrier', c.carrier,
            'flight_number', c.flight_number,
            'operated_by', c.operated_by,
            'cabin', v_cabins[c.cabin],
            'stops', c.stops,
            'layover_minutes', (extract(epoch from c.layover) / 60)::integer
          )
        )
      ) as itinerary
    -- An aggregate takes its rows as they come: in this order.
    from (
      select c.* from connected as c order by c.offer_no, c.slice_no, c.segment_no
    ) as c
    group by c.offer_no, c.slice_no
  ),

  journey as materialized (
    select
      l.offer_no,
      sum(l.duration) as duration,
      max(l.duration_gap) as duration_gap,
      max(l.duration) as longest_slice,
      sum(l.connections) as connections,
      max(l.connections) as most_connections,
      sum(l.stops) as stops,
      min(l.departs_at) as departs_at,
      max(l.arrives_at) as arrives_at,
      array_agg(l.leaves) as departs_local,
      array_agg(l.lands) as arrives_local,
      min(l.shortest_layover) as shortest_layover,
      max(l.longest_layover) as longest_layover,
      sum(l.airport_changes) as airport_changes,
      sum(l.overnight_layovers) as overnight_layovers,
      sum(l.red_eyes) as red_eyes,
      string_agg(l.carriers, ',') as carriers,
      min(l.first_carrier) as first_carrier,
      max(l.last_carrier) as last_carrier,
      case when count(l.cabin) = count(*) then v_cabins[min(l.cabin)] end as cabin,
      min(l.carry_on) as carry_on,
      min(l.checked) as checked,
      md5(string_agg(l.flights, ',')) as itinerary_key,
      min(l.problem) as problem,
      -- Read once, when it is whole: jsonb in jsonb is copied at every level.
      json_agg(l.itinerary)::text::jsonb as itinerary
    from (select l.* from slice as l order by l.offer_no, l.slice_no) as l
    group by l.offer_no
  )

  select
    i.offer_no,
    case
      when not i.fits then coalesce(
        engine.offer_problem(p_offers -> (i.offer_no - 1)::integer), 'cannot be read'
      )
      when f.offer_no is null
        then format('id is that of an offer before it: "%s"', i.offer_id)
      else j.problem
    end,
    i.offer_id,
    y.passengers,
    f.total_amount::numeric,
    f.total_currency,
    f.base_amount::numeric,
    f.base_currency,
    f.tax_amount::numeric,
    f.tax_currency,
    f.expires_at::timestamptz,
    f.airline,
    case
      when j.first_carrier = j.last_carrier then array[j.first_carrier]
      else array(
        select distinct c.code from string_to_table(j.carriers, ',') as c (code)
        order by c.code
      )
    end,
    j.cabin,
    j.duration,
    j.duration_gap,
    j.longest_slice,
    j.connections::smallint,
    j.most_connections::smallint,
    j.stops::smallint,
    j.departs_at,
    j.arrives_at,
    j.departs_local,
    j.arrives_local,
    j.shortest_layover,
    j.longest_layover,
    j.airport_changes::smallint,
    j.overnight_layovers::smallint,
    j.red_eyes::smallint,
    coalesce(j.carry_on, 0)::smallint,
    coalesce(j.checked, 0)::smallint,
    (f.refund ->> 'allowed')::boolean,
    (f.refund ->> 'penalty_amount')::numeric,
    f.refund ->> 'penalty_currency',
    (f.change ->> 'allowed')::boolean,
    (f.change ->> 'penalty_amount')::numeric,
    f.change ->> 'penalty_currency',
    f.emissions::numeric,
    coalesce(f.documents_required::boolean, true),
    case
      when jsonb_array_length(nullif(f.document_types, 'null')) > 0
        then array(select jsonb_array_elements_text(f.document_types))
      else '{}'
    end,
    (f.payment ->> 'requires_instant_payment')::boolean,
    (f.payment ->> 'price_guarantee_expires_at')::timestamptz,
    (f.payment ->> 'payment_required_by')::timestamptz,
    j.itinerary_key,
    j.itinerary
  from offer as i
  cross join twice as t
  -- Of what does not fit nothing is cast.
  left join offer as f
    on i.offer_no = f.offer_no and f.fits and f.offer_no <> all (t.offer_nos)
  left join party as y on f.passengers = y.raw
  left join journey as j on f.offer_no = j.offer_no
  order by i.offer_no;
end;
$$;
comment on function engine.read_offers(jsonb) is
  'Reads a list of a provider''s offers into rows as they are stored, or their '
  'problems.';
