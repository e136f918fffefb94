-- A fitting offer is booked at once unless the past says that waiting is a good bet;
-- see docs/buy-or-wait.md. Every doubt leads to BUY: no comparable fares, a trip that
-- is easily lost, a saving within its own error. The decision depends only on the
-- history before p_now's day, the round at hand and p_now, so that a decision can be
-- repeated and a month can be simulated. The fares of all travellers decide; no single
-- fare is shown.
create or replace function engine.buy_or_wait(
  p_trip public.trip_requests, p_flight_offer_id uuid, p_now timestamptz
) returns table (
  decision text,
  reason text,
  price numeric,
  fall_chance real,
  lost_chance real,
  expected_saving numeric,
  samples integer,
  decide_by timestamptz
)
  language plpgsql stable
as $$
declare
  -- Independent departures below which nothing is said.
  c_samples constant integer := 10;
  c_lost constant numeric := 0.10;
  c_saving constant numeric := 0.02;
  -- A past that does not repeat itself costs money; it must not cost the trip.
  c_room constant numeric := 1.03;
  v_today date := (p_now at time zone 'UTC')::date;
  v_offer public.flight_offers;
  v_search public.fare_history;
  v_zone text;
  v_typical numeric;
  -- Cheap tickets must be bought 21, 14 or 7 days ahead: none waits into that unasked.
  v_decide_on date := coalesce(p_trip.decide_by, p_trip.departure_from - 21);
  v_days integer;
  v_any_route boolean;
  v_outlook record;
  v_fits text;
  v_until text;
begin
  select o.* into v_offer
  from public.flight_offers as o
  where o.user_id = p_trip.user_id
    and o.id = p_flight_offer_id
    and o.day >= coalesce(p_trip.offers_from, '0001-01-01');
  select a.time_zone into v_zone
  from engine.airports as a where a.iata = v_offer.itinerary #>> '{0,origin}';
  decision := 'BUY';
  price := v_offer.price_amount;
  samples := 0;
  decide_by := v_decide_on::timestamp at time zone coalesce(v_zone, 'UTC');
  v_fits := format('Fits at %s; ', engine.format_money(price, v_offer.price_currency));
  -- Further than six weeks ahead the past has little to say: then it is asked again.
  v_days := least(v_decide_on - v_today, 42);
  v_until := to_char((v_today + v_days)::timestamp, 'FMDD FMMonth');
  if p_now >= decide_by or v_days < 1 then
    reason := v_fits || format(
      'the day to decide by, %s, is here.', to_char(v_decide_on::timestamp, 'FMDD FMMonth')
    );
    return next;
    return;
  elsif v_offer.price_currency <> p_trip.currency then
    reason := v_fits || 'what the rate will do is not bet on.';
    return next;
    return;
  elsif p_trip.max_price < c_room * price then
    reason := v_fits || 'a small rise would put it over the limit.';
    return next;
    return;
  elsif p_trip.searches >= 0.9 * p_trip.max_searches then
    reason := v_fits || 'few searches are left to wait with.';
    return next;
    return;
  elsif (
    select count(*)
    from public.flight_offers as o
    where o.user_id = p_trip.user_id
      and o.trip_request_id = p_trip.id
      and o.search_round = p_trip.search_round
      and o.day >= coalesce(p_trip.offers_from, '0001-01-01')
      and o.status = 'ACTIVE'
      and o.rank <= 2
  ) < 2 then
    reason := v_fits || 'no other offer fits, and this one may go.';
    return next;
    return;
  end if;

  -- The search that found it; it may have named the city.
  select h.* into v_search
  from public.fare_history as h
  where h.user_id = p_trip.user_id
    and h.trip_request_id = p_trip.id
    and h.search_round = p_trip.search_round
    and h.searched_at between p_now - interval '1 day' and p_now
    and h.currency = v_offer.price_currency
    and h.cheapest <= v_offer.price_amount
    and h.departure_date
    = (v_offer.itinerary #>> '{0,segments,0,departing_at}')::timestamp::date
    and h.return_date is not distinct from
    (v_offer.itinerary #>> '{1,segments,0,departing_at}')::timestamp::date
    and v_offer.itinerary #>> '{0,origin}' in (
      select h.origin
      union all
      select unnest(m.airports)
      from engine.metropolitan_areas as m where m.iata = h.origin
    )
    and v_offer.itinerary #>> '{0,destination}' in (
      select h.destination
      union all
      select unnest(m.airports)
      from engine.metropolitan_areas as m where m.iata = h.destination
    )
  order by h.searched_at desc, h.id desc
  limit 1;
  select d.typical into v_typical
  from engine.daily_fares as d
  where d.user_id = p_trip.user_id
    and d.trip_request_id = p_trip.id
    and d.origin = v_search.origin
    and d.destination = v_search.destination
    and d.departure_date = v_search.departure_date
    and d.return_date = coalesce(v_search.return_date, 'infinity')
    and d.day = v_today;

  -- This route, else all.
  foreach v_any_route in array array[false, true] loop
    select f.* into v_outlook
    from engine.fare_outlook(
      case when not v_any_route then v_search.origin end,
      case when not v_any_route then v_search.destination end,
      v_offer.price_currency,
      v_search.departure_date - v_today,
      v_days,
      engine.fare_standing(v_search.cheapest, v_typical),
      p_trip.max_price / v_offer.price_amount,
      v_today
    ) as f;
    exit when v_outlook.samples >= c_samples;
  end loop;
  samples := v_outlook.samples;
  if samples < c_samples then
    reason := v_fits || 'too few comparable fares are known to bet on a fall.';
    return next;
    return;
  end if;
  fall_chance := v_outlook.falls::real / samples;
  -- As if one more had been lost, and one more not: ten without a loss prove little.
  lost_chance := (v_outlook.losses + 1)::real / (samples + 2);
  expected_saving := round(
    price * v_outlook.saving,
    (select c.minor_digits from engine.currencies as c where c.code = p_trip.currency)
  );
  if lost_chance > c_lost then
    reason := v_fits || format(
      'waiting until %s may lose it: %s of %s comparable fares ended over the limit.',
      v_until, v_outlook.losses, samples
    );
  elsif v_outlook.saving <= greatest(c_saving, 2 * v_outlook.saving_error) then
    reason := v_fits || format(
      '%s of %s comparable fares fell before %s: not enough to wait for.',
      v_outlook.falls, samples, v_until
    );
  else
    decision := 'WAIT';
    reason := v_fits || format(
      '%s of %s comparable fares fell before %s, by %s %% on average: waiting.',
      v_outlook.falls, samples, v_until, round(100 * v_outlook.mean_fall)
    );
  end if;
  return next;
end;
$$;
comment on function engine.buy_or_wait(
  public.trip_requests, uuid, timestamptz
) is 'Tells whether to book a fitting offer now or wait for a lower fare, and why.';
