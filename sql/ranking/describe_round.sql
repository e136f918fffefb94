-- Why nothing was booked, in words a traveller understands; null when no search of the
-- round was answered, so that the reason for that stays.
create or replace function engine.describe_round(p_user_id uuid, p_trip_id uuid)
  returns text
  language plpgsql stable
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_trip public.trip_requests;
  v_offers integer;
  v_cheapest numeric;
  v_fitting numeric;
  v_reason text;
begin
  select t.* into v_trip
  from public.trip_requests as t where t.user_id = p_user_id and t.id = p_trip_id;
  select
    count(*),
    min(o.price_amount) filter (where o.price_currency = v_trip.currency),
    -- The cheapest whose only fault is its price.
    min(o.price_amount) filter (where o.ineligible = '{price_above_cap}')
  into v_offers, v_cheapest, v_fitting
  from public.flight_offers as o
  where o.user_id = p_user_id
    and o.trip_request_id = p_trip_id
    and o.search_round = v_trip.search_round;
  if v_offers = 0 and not exists (
    select from public.fare_history as h
    where h.user_id = p_user_id
      and h.trip_request_id = p_trip_id
      and h.search_round = v_trip.search_round
  ) then
    return null;
  elsif v_offers = 0 then
    return 'No flights were found for these dates.';
  elsif v_fitting is not null then
    return format(
      'The cheapest fitting offer of %s is %s %s, %s %s over your limit of %s.',
      v_offers, v_fitting, v_trip.currency, v_fitting - v_trip.max_price,
      v_trip.currency, v_trip.max_price
    );
  end if;
  select string_agg(format('%s: %s', r.reason, r.n), ', ' order by r.n desc, r.reason)
  into v_reason
  from (
    select u.reason, count(*) as n
    from public.flight_offers as o
    cross join unnest(o.ineligible) as u (reason)
    where o.user_id = p_user_id
      and o.trip_request_id = p_trip_id
      and o.search_round = v_trip.search_round
    group by u.reason
  ) as r;
  return format(
    'None of %s offers fits (%s); the cheapest is %s %s.',
    v_offers, coalesce(v_reason, 'all expired'),
    coalesce(v_cheapest::text, 'not sold in'), v_trip.currency
  );
end;
$$;
comment on function engine.describe_round(uuid, uuid) is
  'Says in one sentence why no offer of the current round was booked.';
