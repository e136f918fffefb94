-- Takes the answers to searches that trips made themselves (arrays, side by side).
-- Keeps what the plan learns from each answer, and the last quote of each search, which
-- may spare another trip the same search. p_cheapest and its currency are null where
-- nothing was found, or where an answer mixes currencies. When two answers to one
-- search arrive at once, one of them becomes the last quote. The advisory lock (any
-- fixed key will do) keeps reports that name the same searches in different orders from
-- waiting for each other. The caller holds the trips' row locks.
create or replace function engine.record_looks(
  p_trips uuid[],
  p_keys text[],
  p_offers integer[],
  p_cheapest numeric[],
  p_currencies text[],
  p_now timestamptz
) returns void
  language plpgsql volatile
as $$
begin
  insert into engine.fare_looks as k (
    search_key, looked_at, offers, cheapest, currency
  )
  select distinct on (l.search_key)
    l.search_key, p_now, l.offers, l.cheapest, l.currency
  from unnest(p_keys, p_offers, p_cheapest, p_currencies)
    as l (search_key, offers, cheapest, currency)
  where pg_try_advisory_xact_lock(7302027, hashtext(l.search_key))
  order by l.search_key, l.cheapest
  on conflict (search_key) do update
  set
    looked_at = excluded.looked_at,
    offers = excluded.offers,
    cheapest = excluded.cheapest,
    currency = excluded.currency;

  update engine.trip_searches as s
  set
    last_looked_at = p_now,
    offers = l.offers,
    cheapest = l.cheapest,
    currency = l.currency,
    volatility = l.volatility,
    next_look_at = p_now + engine.look_interval(
      s.departure_date, case when l.currency = l.caps_currency then l.cheapest end,
      l.cap, l.volatility, p_now
    )
  from (
    select
      b.user_id,
      b.trip_request_id,
      b.ordinal,
      u.offers,
      u.cheapest,
      u.currency,
      t.max_price as cap,
      t.currency as caps_currency,
      engine.next_volatility(
        b.volatility, case when b.currency = u.currency then b.cheapest end, u.cheapest
      ) as volatility
    from unnest(p_trips, p_keys, p_offers, p_cheapest, p_currencies)
      as u (trip, search_key, offers, cheapest, currency)
    inner join public.trip_requests as t on t.id = u.trip
    inner join engine.trip_searches as b
      on b.user_id = t.user_id
      and b.trip_request_id = t.id
      and b.search_key = u.search_key
  ) as l
  where s.user_id = l.user_id
    and s.trip_request_id = l.trip_request_id
    and s.ordinal = l.ordinal;
  perform engine.schedule_trips(p_trips, p_now);
end;
$$;
comment on function engine.record_looks(
  uuid[], text[], integer[], numeric[], text[], timestamptz
) is 'Keeps what the answers to trips'' own searches taught, and when to search again.';
