-- The offers of one answer are read, judged (ranking/judge_offer) and written in one
-- statement, each once, the eligible ones with their rank among themselves. The same
-- statement writes what could not be stored, with the reason. Each offer is stored with
-- what was asked for, slice by slice: a provider may return another journey, so an
-- offer is compared with that whenever it is used.
--
-- Where only useful offers are kept (search_settings.keep_offers), these are all that
-- fit, and as many others as the setting says: first the cheapest of each kind of miss,
-- beginning with the offers that miss least; then the next ones. The rest is counted in
-- one row of offer_counts, by what the offers miss. The search's line of fare history
-- is the same whatever is kept.
--
-- The offers of an answer to an older round than the trip's are no candidates: they are
-- not judged, and do not count as useful.
create or replace function engine.ingest_offers(
  p_user_id uuid,
  p_trip_id uuid,
  p_round integer,
  p_request jsonb,
  p_body jsonb,
  p_now timestamptz
) returns integer
  language plpgsql volatile
as $$
declare
  v_request_id text := p_body #>> '{offer_request,id}';
  v_trip public.trip_requests;
  v_is_current boolean;
  v_day date := (p_now at time zone 'UTC')::date;
  v_keeps_all boolean;
  v_useful integer;
  v_asked_from text[];
  v_asked_to text[];
  v_asked_on date[];
  v_stored integer;
begin
  select
    array_agg(s.value ->> 'origin' order by s.ordinality),
    array_agg(s.value ->> 'destination' order by s.ordinality),
    array_agg((s.value ->> 'departure_date')::date order by s.ordinality)
  into v_asked_from, v_asked_to, v_asked_on
  from jsonb_array_elements(p_request -> 'slices') with ordinality as s;
  select t.* into v_trip
  from public.trip_requests as t where t.user_id = p_user_id and t.id = p_trip_id;
  v_is_current := p_round = v_trip.search_round;
  select s.keep_offers = 'all', s.useful_offers into v_keeps_all, v_useful
  from engine.search_settings as s;

  with read as materialized (
    select r.* from engine.read_offers(p_body -> 'offers') as r
  ),

  held_against as materialized (
    select
      c.price_currency,
      c.passengers,
      engine.offer_terms(
        v_trip, c.price_currency, c.passengers, v_asked_on[1],
        v_asked_on[cardinality(v_asked_on)], 'ACTIVE', p_now
      ) as terms
    from (
      select distinct r.price_currency, r.passengers
      from read as r
      where r.problem is null
    ) as c
    where v_is_current
  ),

  judged as materialized (
    select
      r.offer_no,
      r.offer_id,
      r.price_amount / (h.terms).rate as price,
      r.duration,
      r.departs_at,
      r.most_connections,
      o.offer,
      j.ineligible,
      j.score,
      j.score_parts,
      -- An id is looked for among those of the day, and of all that was ever chosen.
      (
        select true
        from public.flight_offers as k
        where k.offer_id = r.offer_id and k.day = '9999-12-31'
        limit 1
      ) as is_known
    from read as r
    left join held_against as h
      on r.price_currency = h.price_currency and r.passengers = h.passengers
    cross join lateral (
      -- In the order of the table's columns.
      select row(
        p_user_id, gen_random_uuid(), p_trip_id, p_round, r.offer_id, v_request_id,
        r.passengers, r.price_amount, r.price_currency, r.base_amount, r.tax_amount,
        r.expires_at, 'ACTIVE', r.airline, r.duration, r.longest_slice, r.connections,
        r.most_connections, r.technical_stops, r.departs_at, r.arrives_at,
        r.carry_on_bags, r.checked_bags, r.refundable, r.refund_penalty,
        r.refund_penalty_currency, r.changeable, r.change_penalty,
        r.change_penalty_currency, r.emissions_kg, r.documents_required, r.itinerary,
        null, null, null, '{}', p_now, p_now, r.base_currency, r.tax_currency,
        r.carriers, r.lowest_cabin, r.shortest_layover, r.longest_layover,
        r.airport_changes, r.overnight_layovers, r.red_eyes, r.departs_local,
        r.arrives_local, r.requires_instant_payment, r.price_guaranteed_until,
        r.payment_required_by, r.document_types, r.itinerary_key, v_asked_from,
        v_asked_to, v_asked_on, r.duration_gap, null, v_day
      )::public.flight_offers as offer
      offset 0
    ) as o
    left join lateral (
      select f.*
      from engine.judge_offer(v_trip, o.offer, h.terms, p_now) as f
      where v_is_current
    ) as j on true
    -- Written so that half of them are expected, and not a handful: for a handful, all
    -- would be compared with all below.
    where case when r.problem is null then true else false end
  ),

  turn as (
    select
      j.offer_no,
      j.offer_id,
      j.ineligible,
      j.ineligible = '{}' as fits,
      j.score,
      j.price,
      j.duration,
      j.departs_at,
      row_number() over (
        partition by j.ineligible order by j.price, j.offer_id
      ) as turn
    from judged as j
  ),

  placed as materialized (
    select
      t.offer_no,
      case when t.fits then
        row_number() over (
          partition by t.fits
          order by t.score, t.price, t.duration, t.departs_at, t.offer_id
        )
      end as place,
      v_keeps_all or v_is_current and (
        t.fits or row_number() over (
          partition by t.fits
          order by t.turn, cardinality(t.ineligible), t.price, t.offer_id
        ) <= v_useful
      ) as is_kept
    from turn as t
  ),

  stored as (
    insert into public.flight_offers (
      user_id, trip_request_id, search_round, offer_id, offer_request_id, passengers,
      price_amount, price_currency, base_amount, tax_amount, expires_at, airline,
      duration, longest_slice, connections, most_connections, technical_stops,
      departs_at, arrives_at, carry_on_bags, checked_bags, refundable, refund_penalty,
      refund_penalty_currency, changeable, change_penalty, change_penalty_currency,
      emissions_kg, documents_required, itinerary, rank, score, score_parts, ineligible,
      created_at, updated_at, base_currency, tax_currency, carriers, lowest_cabin,
      shortest_layover, longest_layover, airport_changes, overnight_layovers, red_eyes,
      departs_local, arrives_local, requires_instant_payment, price_guaranteed_until,
      payment_required_by, document_types, itinerary_key, asked_from, asked_to,
      asked_on, duration_gap, day
    )
    select
      p_user_id,
      p_trip_id,
      p_round,
      r.offer_id,
      v_request_id,
      r.passengers,
      r.price_amount,
      r.price_currency,
      r.base_amount,
      r.tax_amount,
      r.expires_at,
      r.airline,
      r.duration,
      r.longest_slice,
      r.connections,
      r.most_connections,
      r.technical_stops,
      r.departs_at,
      r.arrives_at,
      r.carry_on_bags,
      r.checked_bags,
      r.refundable,
      r.refund_penalty,
      r.refund_penalty_currency,
      r.changeable,
      r.change_penalty,
      r.change_penalty_currency,
      r.emissions_kg,
      r.documents_required,
      r.itinerary,
      p.place,
      j.score,
      j.score_parts,
      coalesce(j.ineligible, '{}'),
      p_now,
      p_now,
      r.base_currency,
      r.tax_currency,
      r.carriers,
      r.lowest_cabin,
      r.shortest_layover,
      r.longest_layover,
      r.airport_changes,
      r.overnight_layovers,
      r.red_eyes,
      r.departs_local,
      r.arrives_local,
      r.requires_instant_payment,
      r.price_guaranteed_until,
      r.payment_required_by,
      r.document_types,
      r.itinerary_key,
      v_asked_from,
      v_asked_to,
      v_asked_on,
      r.duration_gap,
      v_day
    from read as r
    inner join judged as j on r.offer_no = j.offer_no
    inner join placed as p on r.offer_no = p.offer_no
    where p.is_kept and case when j.is_known then false else true end
    on conflict (offer_id, day) do nothing
    returning offer_id
  ),

  taken as materialized (
    select r.offer_no, r.price_amount, r.price_currency, r.duration_gap, p.is_kept
    from read as r
    inner join placed as p on r.offer_no = p.offer_no
    where case
      when p.is_kept then r.offer_id in (select s.offer_id from stored as s)
      else r.offer_no not in (select j.offer_no from judged as j where j.is_known)
    end
  ),

  quarantined as (
    insert into engine.quarantined_offers (
      user_id, trip_request_id, search_round, offer_request_id, offer_id, reason, offer,
      quarantined_at
    )
    select
      p_user_id,
      p_trip_id,
      p_round,
      v_request_id,
      left(r.offer_id, 100),
      coalesce(
        r.problem, format('id is that of an offer stored before: "%s"', r.offer_id)
      ),
      left((p_body #> array['offers', (r.offer_no - 1)::text])::text, 20000),
      p_now
    from read as r
    where r.offer_no not in (select t.offer_no from taken as t)
    order by r.offer_no
    -- All are counted; more than these teach nobody anything.
    limit 1000
  ),

  missed as (
    select
      j.ineligible,
      case when 'too_many_connections' = any (j.ineligible) then j.most_connections end
        as connections,
      count(*) as offers,
      (array_agg(j.offer_no order by j.price, j.offer_id))[1] as cheapest
    from judged as j
    inner join taken as t on j.offer_no = t.offer_no
    where v_is_current and not t.is_kept
    group by 1, 2
  ),

  counted as (
    insert into public.offer_counts (
      user_id, trip_request_id, search_round, searched_at, offers, missed
    )
    select
      p_user_id,
      p_trip_id,
      p_round,
      p_now,
      sum(m.offers),
      jsonb_agg(
        jsonb_strip_nulls(
          jsonb_build_object(
            'reasons', m.ineligible,
            'connections', m.connections,
            'offers', m.offers,
            'offer_id', j.offer_id,
            'what', engine.describe_offer(j.offer),
            'price', round(j.price / v_trip.max_price, 6)
          )
        )
        order by m.offers desc, m.ineligible, m.connections
      )
    from missed as m
    inner join judged as j on m.cheapest = j.offer_no
    having count(*) > 0
  ),

  history as (
    insert into public.fare_history (
      user_id, trip_request_id, search_round, searched_at, origin, destination,
      departure_date, return_date, offers, malformed, duration_gaps, currency, cheapest,
      median
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
      count(*),
      jsonb_array_length(p_body -> 'offers') - count(*),
      count(*) filter (where t.duration_gap <> interval '0'),
      -- One search, one currency; a mixed answer has no single cheapest fare.
      case when count(distinct t.price_currency) = 1 then min(t.price_currency) end,
      case when count(distinct t.price_currency) = 1 then min(t.price_amount) end,
      case
        when count(distinct t.price_currency) = 1
        then percentile_disc(0.5) within group (order by t.price_amount)
      end
    from taken as t
  )

  select count(*) into v_stored from taken;
  return v_stored;
end;
$$;
comment on function engine.ingest_offers(
  uuid, uuid, integer, jsonb, jsonb, timestamptz
) is
  'Judges and stores what is to be kept of one search answer, counts the rest, and '
  'adds the search''s line of fare history; returns how many offers could be read.';
