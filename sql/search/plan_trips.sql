-- Makes the plan of the given trips anew. A search that stays the same (has the same
-- key) keeps what it has learned, dates that are over are removed, and a new search is
-- due at once. Where what is searched has changed, every earlier answer is about
-- another trip: to raise the round makes the stored offers and those still on their way
-- void, and calls that no worker has taken yet are dropped. A trip without passengers
-- has no searches. The caller holds the trips' row locks.
create or replace function engine.plan_trips(p_trips uuid[], p_now timestamptz)
  returns void
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
  -- To compile its statement takes a second, to run it milliseconds.
  set jit = off
as $$
declare
  v_known engine.trip_searches[];
  v_changed uuid[];
begin
  with gone as (
    delete from engine.trip_searches as s
    using public.trip_requests as t
    where t.id = any (p_trips) and s.user_id = t.user_id and s.trip_request_id = t.id
    returning s.*
  )
  select coalesce(array_agg(g::engine.trip_searches), '{}') into v_known from gone as g;

  insert into engine.trip_searches (
    user_id, trip_request_id, ordinal, origin, destination, departure_date,
    return_date, search_key, searches, last_looked_at, last_searched_at, offers,
    cheapest, currency, volatility, next_look_at, over_at
  )
  select
    t.user_id,
    t.id,
    p.ordinal,
    p.origin,
    p.destination,
    p.departure_date,
    p.return_date,
    q.search_key,
    coalesce(k.searches, 0),
    k.last_looked_at,
    k.last_searched_at,
    k.offers,
    k.cheapest,
    k.currency,
    coalesce(k.volatility, 0),
    coalesce(k.next_look_at, p_now),
    p.over_at
  from public.trip_requests as t
  cross join lateral engine.plan_searches(t, p_now) as p
  cross join lateral (
    select engine.search_key(
      engine.search_terms(t, p.origin, p.destination, p.departure_date, p.return_date)
    ) as search_key
  ) as q
  left join unnest(v_known) as k
    on k.trip_request_id = t.id and k.search_key = q.search_key
  where t.id = any (p_trips)
    and exists (
      select from public.trip_passengers as n
      where n.user_id = t.user_id and n.trip_request_id = t.id
    );

  -- Changed: a search is new beside others, or one whose date is not over is gone.
  select array_agg(c.trip_request_id) into v_changed
  from (
    select coalesce(k.trip_request_id, s.trip_request_id) as trip_request_id
    from (
      select * from unnest(v_known) where over_at > p_now
    ) as k
    full join (
      select * from engine.trip_searches
      where user_id in (select user_id from unnest(v_known))
        and trip_request_id in (select trip_request_id from unnest(v_known))
    ) as s
      on s.trip_request_id = k.trip_request_id and s.search_key = k.search_key
    where k.trip_request_id is null or s.trip_request_id is null
    group by 1
  ) as c;
  if v_changed is null then
    return;
  end if;
  update public.trip_requests as t
  set
    search_round = t.search_round + 1,
    offers_from = (p_now at time zone 'UTC')::date
  where t.id = any (v_changed);
  update engine.provider_calls as c
  set state = 'DEAD', verdict = 'SUPERSEDED', finished_at = p_now
  from public.trip_requests as t
  where t.id = any (v_changed)
    and c.user_id = t.user_id
    and c.trip_request_id = t.id
    and c.operation = 'search'
    and c.state = 'READY';
end;
$$;
comment on function engine.plan_trips(uuid[], timestamptz) is
  'Makes the search plan of the given trips anew, and keeps what unchanged searches '
  'have learned.';
