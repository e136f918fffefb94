-- A round: every search of every given trip, set-based. Raising the trips' round
-- supersedes all older offers. The caller holds the trips' row locks.
create or replace function engine.start_searches(p_trips uuid[], p_now timestamptz)
  returns integer
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_searches integer;
begin
  update public.trip_requests as t
  set
    search_round = t.search_round + 1,
    last_searched_at = p_now,
    next_search_at = p_now + interval '10 minutes'
  where t.id = any (p_trips);

  -- Searches that nobody has taken yet would only repeat these: an outage of the sidecars
  -- must not end in a stampede.
  update engine.provider_calls as c
  set state = 'DEAD', verdict = 'SUPERSEDED', finished_at = p_now
  where c.trip_request_id = any (p_trips)
    and c.user_id in (
      select t.user_id from public.trip_requests as t where t.id = any (p_trips)
    )
    and c.operation = 'search'
    and c.state = 'READY';

  insert into engine.provider_calls (
    user_id, trip_request_id, operation, payload, idempotency_key, run_at
  )
  select
    t.user_id,
    t.id,
    'search',
    jsonb_build_object(
      'round', t.search_round,
      'request', engine.search_request(
        t, s.origin, s.destination, s.departure_date, s.return_date
      )
    ),
    format('%s:search:%s:%s', t.id, t.search_round, s.ordinal),
    p_now
  from public.trip_requests as t
  cross join lateral engine.plan_searches(t, p_now::date) as s
  where t.id = any (p_trips);
  get diagnostics v_searches = row_count;
  return v_searches;
end;
$$;
comment on function engine.start_searches(uuid[], timestamptz) is
  'Enqueues one round of searches for the given trips; returns how many.';
