-- Called when a round ends without a booking. The lowest fare that fits, or that misses
-- nothing but the price, is compared with the last one that was told of this trip, or
-- with the first one that was seen. A fare that fell by the least share that its
-- traveller wants to hear of is told, and one that is nearly within the limit. Fares
-- in another currency than the last one are not compared.
create or replace function engine.tell_fare(
  p_trip public.trip_requests, p_now timestamptz
) returns void
  language plpgsql volatile
as $$
declare
  v_offer record;
  v_cap numeric;
  v_told numeric;
  v_drop numeric;
  v_is_near boolean;
begin
  select o.price_amount::numeric as price, o.price_currency as currency, o.rank, o.airline
  into v_offer
  from public.flight_offers as o
  where o.user_id = p_trip.user_id
    and o.trip_request_id = p_trip.id
    and o.search_round = p_trip.search_round
    and o.day >= coalesce(p_trip.offers_from, '0001-01-01')
    and o.ineligible <@ '{price_above_cap}'
  order by o.price_amount, o.offer_id
  limit 1;
  if not found then
    return;
  end if;
  select c.cap into v_cap
  from engine.convert_cap(p_trip, v_offer.currency, p_now) as c;
  select coalesce(
    (
      select (n.facts ->> 'price')::numeric
      from public.notifications as n
      where n.user_id = p_trip.user_id
        and n.trip_request_id = p_trip.id
        and n.kind in ('trip.price_dropped', 'trip.near_miss')
        and n.facts ->> 'currency' = v_offer.currency
      order by n.created_at desc
      limit 1
    ),
    (
      select d.opening::numeric
      from engine.daily_fares as d
      where d.user_id = p_trip.user_id
        and d.trip_request_id = p_trip.id
        and d.currency = v_offer.currency
      order by d.day, d.opening
      limit 1
    )
  ) into v_told;
  v_drop := coalesce(
    (
      select p.least_drop
      from public.notification_preferences as p
      where p.user_id = p_trip.user_id
    ),
    0.05
  );
  v_is_near := v_offer.rank is null
    and v_offer.price <= v_cap * (
      select 1 + s.near_miss from engine.message_settings as s
    )
    and not exists (
      select from public.notifications as n
      where n.user_id = p_trip.user_id
        and n.trip_request_id = p_trip.id
        and n.kind = 'trip.near_miss'
        and (
          n.created_at > p_now - interval '1 day'
          or (n.facts ->> 'price')::numeric <= v_offer.price
        )
    );
  if v_is_near is not true and (v_offer.price <= v_told * (1 - v_drop)) is not true
  then
    return;
  end if;
  perform engine.notify_traveller(
    p_trip.user_id,
    case when v_is_near then 'trip.near_miss' else 'trip.price_dropped' end,
    concat_ws(':', p_trip.id, v_offer.currency, v_offer.price),
    p_trip.id, null,
    engine.trip_facts(p_trip) || jsonb_build_object(
      'price', v_offer.price::text,
      'currency', v_offer.currency,
      'before', v_told::text,
      'cap', v_cap::text,
      'missing', case
        when v_offer.rank is null then (v_offer.price - v_cap)::text
      end,
      'airline', v_offer.airline
    ),
    p_now
  );
end;
$$;
comment on function engine.tell_fare(public.trip_requests, timestamptz) is
  'Tells the traveller of a fare that fell, or that is nearly within the limit.';
