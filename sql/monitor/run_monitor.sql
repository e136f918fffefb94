-- One tick closes trips whose dates are over, stops trips that have searched enough,
-- tells trips what others' quotes say, and spends the budget on the searches that are
-- worth most, in a few set-based statements. The budget is what the provider's account
-- allows until the next tick, less what earlier ticks left waiting. The searches are
-- spaced out evenly, after those of earlier ticks, so that every minute keeps the
-- account's limit.
-- Two ticks at once: the advisory lock lets the second one do nothing instead of
-- waiting. Without that lock, SKIP LOCKED would still keep it from doing anything
-- twice.
create or replace function engine.run_monitor(p_started_by text, p_now timestamptz)
  returns bigint
  language plpgsql volatile
as $$
declare
  -- The monitor's interval, as in operations/jobs.sql.
  v_tick constant interval := interval '10 minutes';
  v_every interval;
  v_free_from timestamptz;
  v_budget integer := 0;
  v_trips uuid[];
  v_ordinals smallint[];
  v_refused uuid[];
  -- Travellers who keep a chosen trip locked.
  v_absent uuid[];
  v_without uuid[] := '{}'::uuid[];
  v_problem text;
  v_reason text;
  v_claimed integer := 0;
  v_skipped integer := 0;
  v_expired integer := 0;
  v_searches integer := 0;
  v_shared integer := 0;
  v_postponed integer := 0;
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
        -- No place ends a day before UTC has begun it; this condition uses the index.
        and o.departure_to <= (p_now at time zone 'UTC')::date
        and engine.is_over(o.origins, o.departure_to, p_now)
      for no key update skip locked
    ) as over
    where t.user_id = over.user_id and t.id = over.id;
    get diagnostics v_expired = row_count;

    -- Not while an answer is awaited: it may bring an offer that fits.
    update public.trip_requests as t
    set
      auto_book_status = 'ACTION_REQUIRED',
      status_reason = format(
        'Nothing fitted in %s searches. Resume the trip to search as often again, or '
        'change what you are looking for.',
        t.searches
      ),
      status_changed_at = p_now
    from (
      select d.user_id, d.id
      from public.trip_requests as d
      where d.auto_book_status = 'PENDING'
        and (d.auto_book_enabled or d.booking_mode = 'WATCH')
        and d.next_search_at <= p_now
        and d.searches >= d.max_searches
        and not exists (
          select from engine.provider_calls as c
          where c.user_id = d.user_id
            and c.trip_request_id = d.id
            and c.state in ('READY', 'CLAIMED', 'SENT')
        )
      for no key update skip locked
    ) as spent
    where t.user_id = spent.user_id and t.id = spent.id;

    v_shared := engine.share_looks(p_now);
    perform engine.renew_plans(p_now);

    select
      interval '1 minute' / s.searches_per_minute,
      (
        s.searches_per_minute * extract(epoch from v_tick) / 60 - (
          select count(*) from engine.provider_calls as c
          where c.state = 'READY' and c.operation = 'search'
        )
      )::integer
    into v_every, v_budget
    from engine.search_settings as s;
    v_free_from := greatest(
      p_now,
      (
        select r.free_from
        from engine.monitor_runs as r
        where r.free_from is not null
        order by r.id desc
        limit 1
      )
    );
    -- A tick out of turn has only the budget that the tick before it has left.
    v_budget := greatest(
      least(
        v_budget,
        ceil(
          extract(epoch from p_now + v_tick - v_free_from) / extract(epoch from v_every)
        )::integer
      ),
      0
    );

    -- Chosen again while some travellers were refused or keep their trip locked: their
    -- share goes to others, and trips that waited for their answer search themselves.
    -- The loop ends after so many refused trips or locked travellers.
    loop
      with chosen as materialized (
        select c.*
        from engine.choose_searches(v_budget - v_searches, p_now, v_without)
          with ordinality as c (user_id, trip_request_id, ordinal, place)
      ),

      held as materialized (
        select t.user_id, t.id
        from public.trip_requests as t
        where (t.user_id, t.id) in (
          select c.user_id, c.trip_request_id from chosen as c
        )
        and t.auto_book_status = 'PENDING'
        and (t.auto_book_enabled or t.booking_mode = 'WATCH')
        and t.next_search_at <= p_now
        for no key update skip locked
      ),

      -- Asked once for each traveller, however many trips they have.
      gate as materialized (
        select u.user_id, engine.flag_problem(u.user_id, p_now) as problem
        from (select distinct h.user_id from held as h) as u
      )

      select
        array_agg(c.trip_request_id order by c.place)
          filter (where h.id is not null and g.problem is null),
        array_agg(c.ordinal order by c.place)
          filter (where h.id is not null and g.problem is null),
        array_agg(distinct h.id) filter (where g.problem is not null),
        array_agg(distinct c.user_id) filter (where h.id is null),
        min(g.problem),
        v_claimed + count(distinct h.id) filter (where g.problem is null)::integer,
        v_skipped + count(distinct h.id) filter (where g.problem is not null)::integer
      into v_trips, v_ordinals, v_refused, v_absent, v_problem, v_claimed, v_skipped
      from chosen as c
      left join held as h on h.user_id = c.user_id and h.id = c.trip_request_id
      left join gate as g on g.user_id = h.user_id;

      if v_trips is not null then
        v_searches := v_searches + engine.enqueue_searches(
          v_trips, v_ordinals, v_free_from, v_every, 'tick', p_now
        );
        v_free_from := v_free_from + v_every * cardinality(v_trips);
      end if;
      exit when v_refused is null and v_absent is null;
      v_without := v_without || v_absent;
      -- Refused trips go to the end of the queue, so that they do not stand before
      -- others tick after tick.
      v_reason := coalesce(v_problem, v_reason);
      update engine.trip_searches as s
      set next_look_at = p_now + interval '1 microsecond'
      from public.trip_requests as t
      where t.id = any (v_refused)
        and s.user_id = t.user_id
        and s.trip_request_id = t.id
        and s.next_look_at <= p_now;
      perform engine.schedule_trips(v_refused, p_now);
      update public.trip_requests as t
      set status_reason = engine.paused_reason()
      where t.id = any (v_refused)
        and t.status_reason is distinct from engine.paused_reason();
      -- Booking may be off for everybody.
      exit when v_skipped >= greatest(1000, v_budget) or cardinality(v_without) >= 100;
    end loop;

    select count(*) into v_postponed
    from public.trip_requests as t
    inner join engine.trip_searches as s
      on s.user_id = t.user_id and s.trip_request_id = t.id
    where t.auto_book_status = 'PENDING'
      and (t.auto_book_enabled or t.booking_mode = 'WATCH')
      and t.next_search_at <= p_now
      and s.next_look_at <= p_now;
    if v_searches > 0 then
      perform engine.wake_sidecar();
    end if;
  end if;
  insert into engine.monitor_runs as r (
    started_at, finished_at, started_by, claimed, skipped, expired, searches, reason,
    budget, shared, postponed, free_from
  )
  values (
    p_now, clock_timestamp(), p_started_by, v_claimed, v_skipped, v_expired, v_searches,
    v_reason, v_budget, v_shared, v_postponed, v_free_from
  )
  returning r.id into v_run_id;
  perform engine.record_flag_usage();
  -- A tick that found another tick running did nothing.
  if v_reason is distinct from 'another tick is running' then
    perform engine.beat_job('auto_book_monitor', true);
  end if;
  return v_run_id;
end;
$$;
comment on function engine.run_monitor(text, timestamptz) is
  'Runs one tick of the monitor and returns its row in monitor_runs.';
