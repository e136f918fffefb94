-- One tick: close trips whose dates are over, claim those that are due, and enqueue
-- their searches, in a few set-based statements. Two ticks at once: the advisory lock
-- keeps the second from waiting, and SKIP LOCKED keeps it from doubling anything even
-- without it.
create or replace function engine.run_monitor(p_started_by text, p_now timestamptz)
  returns bigint
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_due uuid[];
  v_allowed uuid[];
  v_reason text;
  v_expired integer := 0;
  v_searches integer := 0;
  v_run_id bigint;
begin
  -- 'auto_book_monitor' as a number; any fixed key will do.
  if not pg_try_advisory_xact_lock(7302026) then
    v_reason := 'another tick is running';
  else
    update public.trip_requests as t
    set
      auto_book_status = 'EXPIRED',
      status_reason = 'The departure dates are over.',
      status_changed_at = p_now
    from (
      select o.user_id, o.id
      from public.trip_requests as o
      where o.auto_book_status in ('PENDING', 'PAUSED', 'ACTION_REQUIRED', 'FAILED')
        and o.departure_to < (p_now - interval '12 hours')::date
      for no key update skip locked
    ) as over
    where t.user_id = over.user_id and t.id = over.id;
    get diagnostics v_expired = row_count;

    with due as materialized (
      select t.id, t.user_id
      from public.trip_requests as t
      where t.auto_book_status = 'PENDING'
        and t.auto_book_enabled
        and t.next_search_at <= p_now
        and exists (
          select from public.trip_passengers as p
          where p.user_id = t.user_id and p.trip_request_id = t.id
        )
      order by t.next_search_at
      limit 1000
      for no key update of t skip locked
    ),
    -- Once for each traveller, however many trips.
    gate as materialized (
      select u.user_id, engine.flag_problem(u.user_id, p_now) as problem
      from (select distinct d.user_id from due as d) as u
    )
    select array_agg(d.id), array_agg(d.id) filter (where g.problem is null),
      min(g.problem)
    into v_due, v_allowed, v_reason
    from due as d
    inner join gate as g on g.user_id = d.user_id;
    if v_allowed is not null then
      v_searches := engine.start_searches(v_allowed, p_now);
      perform engine.wake_sidecar();
    end if;
  end if;
  insert into engine.monitor_runs as r (
    started_at, finished_at, started_by, claimed, skipped, expired, searches, reason
  )
  values (
    p_now, clock_timestamp(), p_started_by, coalesce(cardinality(v_allowed), 0),
    coalesce(cardinality(v_due), 0) - coalesce(cardinality(v_allowed), 0), v_expired,
    v_searches, v_reason
  )
  returning r.id into v_run_id;
  perform engine.record_flag_usage();
  return v_run_id;
end;
$$;
comment on function engine.run_monitor(text, timestamptz) is
  'Runs one tick of the monitor and returns its row in monitor_runs.';
