-- Passes fresh quotes on to other trips that watch the same search. A quote above a
-- trip's cap, in the trip's currency, or without any offer counts as the trip's own
-- quote, without a call: the cheapest fare is a lower bound of whatever would fit. A
-- quote at or below the cap makes the trip's search due now; the trip makes a fresh
-- search of its own, because an offer that is booked always comes from that. Any other
-- quote, as in another currency, says nothing.
-- The query starts from the keys of the fresh quotes, so its cost grows with them and
-- not with the plan. A trip that somebody keeps locked is left for the next tick. A
-- trip that was put off (its next_search_at is after its searches') stays put off.
create or replace function engine.share_looks(p_now timestamptz) returns integer
  language plpgsql volatile
as $$
declare
  v_trips uuid[];
  v_shared integer;
begin
  with seen as materialized (
    select
      s.user_id,
      s.trip_request_id,
      s.ordinal,
      k.looked_at,
      k.offers,
      k.cheapest,
      k.currency,
      t.max_price,
      k.offers = 0 or k.cheapest > t.max_price as above,
      engine.next_volatility(
        s.volatility, case when s.currency = k.currency then s.cheapest end, k.cheapest
      ) as volatility
    from engine.fare_looks as k
    inner join engine.trip_searches as s on s.search_key = k.search_key
    inner join public.trip_requests as t
      on t.user_id = s.user_id and t.id = s.trip_request_id
    where k.looked_at > p_now - (select c.fresh_for from engine.search_settings as c)
      and (k.offers = 0 or k.currency = t.currency)
      and coalesce(s.last_looked_at, '-infinity') < k.looked_at
      and coalesce(s.last_searched_at, '-infinity') < k.looked_at
      and t.auto_book_status = 'PENDING'
      and (t.auto_book_enabled or t.booking_mode = 'WATCH')
      and t.next_search_at <= s.next_look_at
      -- A fare that fits is told once.
      and (
        k.offers = 0
        or k.cheapest > t.max_price
        or s.next_look_at > p_now
        or s.cheapest is distinct from k.cheapest
      )
    order by t.id
    for no key update of t skip locked
  ),

  told as (
    update engine.trip_searches as s
    set
      last_looked_at = case when n.above then n.looked_at else s.last_looked_at end,
      offers = n.offers,
      cheapest = n.cheapest,
      currency = n.currency,
      volatility = n.volatility,
      next_look_at = case
        when n.above then n.looked_at + engine.look_interval(
          s.departure_date, n.cheapest, n.max_price, n.volatility, n.looked_at
        )
        else least(s.next_look_at, p_now)
      end
    from seen as n
    where s.user_id = n.user_id
      and s.trip_request_id = n.trip_request_id
      and s.ordinal = n.ordinal
    returning s.trip_request_id, n.above
  )

  select array_agg(distinct t.trip_request_id), count(*) filter (where t.above)
  into v_trips, v_shared
  from told as t;
  if v_trips is not null then
    perform engine.schedule_trips(v_trips, p_now);
    update public.trip_requests as t
    set status_reason = 'A search of these flights a moment ago found nothing within '
      'your limit.'
    where t.id = any (v_trips)
      -- Its own searches have said nothing since it was stated or resumed.
      and (t.last_searched_at < t.status_changed_at) is not false
      and t.next_search_at > p_now;
  end if;
  return v_shared;
end;
$$;
comment on function engine.share_looks(timestamptz) is
  'Passes fresh quotes on to trips with identical searches; returns how many searches '
  'were spared.';
