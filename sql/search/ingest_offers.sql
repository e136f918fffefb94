-- All offers of one answer, in one statement: the winners and the losers, and beside
-- them what could not be stored, with the reason. With each offer goes what was asked
-- for, slice by slice: what comes back may be something else, and is held against it
-- whenever the offer is used.
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

  with read as materialized (
    select r.* from engine.read_offers(p_body -> 'offers') as r
  ),

  stored as (
    insert into public.flight_offers (
      user_id, trip_request_id, search_round, offer_id, offer_request_id, asked_from,
      asked_to, asked_on, passengers, price_amount, price_currency, base_amount,
      base_currency, tax_amount, tax_currency, expires_at, airline, carriers,
      lowest_cabin, duration, duration_gap, longest_slice, connections,
      most_connections, technical_stops, departs_at, arrives_at, departs_local,
      arrives_local, shortest_layover, longest_layover, airport_changes,
      overnight_layovers, red_eyes, carry_on_bags, checked_bags, refundable,
      refund_penalty, refund_penalty_currency, changeable, change_penalty,
      change_penalty_currency, emissions_kg, documents_required, document_types,
      requires_instant_payment, price_guaranteed_until, payment_required_by,
      itinerary_key, itinerary, created_at, updated_at
    )
    select
      p_user_id,
      p_trip_id,
      p_round,
      r.offer_id,
      p_body #>> '{offer_request,id}',
      v_asked_from,
      v_asked_to,
      v_asked_on,
      r.passengers,
      r.price_amount,
      r.price_currency,
      r.base_amount,
      r.base_currency,
      r.tax_amount,
      r.tax_currency,
      r.expires_at,
      r.airline,
      r.carriers,
      r.lowest_cabin,
      r.duration,
      r.duration_gap,
      r.longest_slice,
      r.connections,
      r.most_connections,
      r.technical_stops,
      r.departs_at,
      r.arrives_at,
      r.departs_local,
      r.arrives_local,
      r.shortest_layover,
      r.longest_layover,
      r.airport_changes,
      r.overnight_layovers,
      r.red_eyes,
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
      r.document_types,
      r.requires_instant_payment,
      r.price_guaranteed_until,
      r.payment_required_by,
      r.itinerary_key,
      r.itinerary,
      p_now,
      p_now
    from read as r
    where r.problem is null
    on conflict (offer_id) do nothing
    returning offer_id, price_amount, price_currency, duration_gap
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
      p_body #>> '{offer_request,id}',
      left(r.offer_id, 100),
      coalesce(
        r.problem, format('id is that of an offer stored before: "%s"', r.offer_id)
      ),
      left(f.value::text, 20000),
      p_now
    from read as r
    inner join jsonb_array_elements(p_body -> 'offers') with ordinality as f
      on r.offer_no = f.ordinality
    where r.problem is not null or r.offer_id not in (select s.offer_id from stored as s)
    order by r.offer_no
    -- All are counted; more than these teach nobody anything.
    limit 1000
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
      count(*) filter (where s.duration_gap <> interval '0'),
      -- One search, one currency; a mixed answer has no single cheapest fare.
      case when count(distinct s.price_currency) = 1 then min(s.price_currency) end,
      case when count(distinct s.price_currency) = 1 then min(s.price_amount) end,
      case
        when count(distinct s.price_currency) = 1
        then percentile_disc(0.5) within group (order by s.price_amount::numeric)
      end
    from stored as s
  )

  select count(*) into v_stored from stored;
  return v_stored;
end;
$$;
comment on function engine.ingest_offers(
  uuid, uuid, integer, jsonb, jsonb, timestamptz
) is 'Stores every offer of one search answer and the search''s line of fare history.';
