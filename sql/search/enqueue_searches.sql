-- A round consists of the given searches of the given trips (two arrays, side by side).
-- They are spaced out in this order, one every p_every from p_first_at on. To raise a
-- trip's round makes all its older offers void. A search of the trip that is under way
-- and not repeated joins the new round, so that no answer is wasted. A search that is
-- repeated while no worker has taken it yet is dropped and not counted, so that an
-- outage of the sidecars does not end in a stampede. Each search begins a trace, whose
-- first span is what asked for it (p_cause, 'tick' or 'request'). The caller holds the
-- trips' row locks.
create or replace function engine.enqueue_searches(
  p_trips uuid[],
  p_ordinals smallint[],
  p_first_at timestamptz,
  p_every interval,
  p_cause text,
  p_now timestamptz
) returns integer
  language plpgsql volatile
as $$
declare
  v_searches integer;
  v_ratio double precision := engine.trace_ratio(p_now);
begin
  update public.trip_requests as t
  set
    search_round = t.search_round + 1,
    offers_from = (p_now at time zone 'UTC')::date,
    last_searched_at = p_now,
    status_reason = case
      when t.status_reason is distinct from engine.paused_reason() then t.status_reason
      else 'A search is on its way.'
    end,
    searches = t.searches + cardinality(array_positions(p_trips, t.id))
  where t.id = any (p_trips);

  -- Made anew from the rows as they are: a profile's birthday may have changed a child
  -- into an adult since the plan was made.
  with asked as (
    update engine.trip_searches as s
    set
      search_key = engine.search_key(r.request),
      searches = s.searches + 1,
      last_searched_at = p_now,
      -- Until the answer says when.
      next_look_at = r.run_at + engine.look_interval(
        s.departure_date, case when s.currency = r.currency then s.cheapest end,
        r.max_price, s.volatility, p_now
      )
    from (
      select
        t.user_id,
        t.id,
        t.currency,
        t.max_price,
        t.search_round,
        u.ordinal,
        p_first_at + (u.place - 1) * p_every as run_at,
        engine.search_terms(
          t, p.origin, p.destination, p.departure_date, p.return_date
        ) as request
      from unnest(p_trips, p_ordinals) with ordinality as u (trip, ordinal, place)
      inner join public.trip_requests as t on t.id = u.trip
      inner join engine.trip_searches as p
        on p.user_id = t.user_id and p.trip_request_id = t.id and p.ordinal = u.ordinal
      where t.id = any (p_trips)
    ) as r
    where s.user_id = r.user_id and s.trip_request_id = r.id and s.ordinal = r.ordinal
    returning
      s.user_id, s.trip_request_id, s.ordinal, s.search_key, r.search_round, r.request,
      r.run_at
  ),

  dropped as (
    update engine.provider_calls as c
    set state = 'DEAD', verdict = 'SUPERSEDED', finished_at = p_now
    from asked as a
    where c.user_id = a.user_id
      and c.trip_request_id = a.trip_request_id
      and c.operation = 'search'
      and c.state = 'READY'
      and c.payload ->> 'search_key' = a.search_key
    returning c.id, c.trip_request_id, c.tries
  ),

  joined as (
    update engine.provider_calls as c
    set payload = c.payload || jsonb_build_object('round', t.search_round)
    from public.trip_requests as t
    where t.id = any (p_trips)
      and c.user_id = t.user_id
      and c.trip_request_id = t.id
      and c.operation = 'search'
      and c.state in ('READY', 'CLAIMED')
      and (c.payload ->> 'round')::integer = t.search_round - 1
      and not exists (
        select from asked as a
        where a.trip_request_id = c.trip_request_id
          and a.search_key = c.payload ->> 'search_key'
      )
  ),

  uncounted as (
    update public.trip_requests as t
    set searches = t.searches - n.searches
    from (
      select d.trip_request_id, count(*) as searches
      from dropped as d
      where d.tries = 0
      group by d.trip_request_id
    ) as n
    where t.id = any (p_trips) and t.id = n.trip_request_id
  ),

  made as (
    insert into engine.provider_calls as c (
      user_id, trip_request_id, operation, payload, idempotency_key, run_at, trace_id,
      trace_sampled
    )
    select
      a.user_id,
      a.trip_request_id,
      'search',
      jsonb_build_object(
        'round', a.search_round, 'search_key', a.search_key, 'request', a.request
      ),
      format('%s:search:%s:%s', a.trip_request_id, a.search_round, a.ordinal),
      a.run_at,
      gen_random_uuid(),
      random() < v_ratio
    from asked as a
    order by a.run_at
    returning c.id, c.trip_request_id, c.trace_id, c.trace_sampled
  ),

  told as (
    insert into engine.spans (
      trace_id, span_id, name, started_at, ended_at, attributes
    )
    select
      m.trace_id,
      engine.call_span(6, m.id, 0),
      p_cause,
      p_now,
      greatest(p_now, clock_timestamp()),
      jsonb_build_object('trip', m.trip_request_id, 'call', m.id)
    from made as m
    where m.trace_sampled
  )

  select count(*) into v_searches from made;
  perform engine.schedule_trips(p_trips, p_now);
  return v_searches;
end;
$$;
comment on function engine.enqueue_searches(
  uuid[], smallint[], timestamptz, interval, text, timestamptz
) is 'Enqueues a round of the given searches, spaced out; returns how many.';
