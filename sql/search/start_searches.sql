-- Searches the whole plan of the given trips at once, whatever the schedule says. The
-- searches count, and do not exceed each trip's max_searches. Where p_most is given,
-- only so many searches of each trip are made, the nearest departures first, and the
-- rest waits for the tick. A search that a sidecar has, or may have any moment, is not
-- enqueued a second time: its answer joins the round. The caller holds the trips' row
-- locks, and has made a plan anew (plan_trips.sql) that may be old: dates may be over.
create or replace function engine.start_searches(
  p_trips uuid[], p_now timestamptz, p_most integer default null
) returns integer
  language plpgsql volatile
as $$
declare
  v_trips uuid[];
  v_ordinals smallint[];
begin
  select
    array_agg(p.trip_request_id order by p.trip_request_id, p.ordinal),
    array_agg(p.ordinal order by p.trip_request_id, p.ordinal)
  into v_trips, v_ordinals
  from public.trip_requests as t
  cross join lateral (
    select s.trip_request_id, s.ordinal
    from engine.trip_searches as s
    where s.user_id = t.user_id
      and s.trip_request_id = t.id
      and not exists (
        select from engine.provider_calls as c
        where c.user_id = t.user_id
          and c.trip_request_id = t.id
          and c.operation = 'search'
          and (c.state = 'CLAIMED' or c.state = 'READY' and c.run_at <= p_now)
          and c.payload ->> 'search_key' = s.search_key
          and (c.payload ->> 'round')::integer = t.search_round
      )
    order by s.ordinal
    limit least(greatest(t.max_searches - t.searches, 0), p_most)
  ) as p
  where t.id = any (p_trips);
  if v_trips is null then
    return 0;
  end if;
  return engine.enqueue_searches(
    v_trips, v_ordinals, p_now, '0', 'request', p_now
  );
end;
$$;
comment on function engine.start_searches(uuid[], timestamptz, integer) is
  'Enqueues the searches of the given trips that are not under way; returns how many.';
