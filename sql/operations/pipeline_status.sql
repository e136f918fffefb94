-- Everything that `status` prints, in one round trip, from rows that are few or indexed
-- however many attempts there are. Whether booking is on is decided as for an attempt
-- of a traveller whom no rule names. If the evaluator of flags does not work, the
-- result says so instead of this function failing: an operator wants to see exactly
-- that. No row names a person. Definer: operators have no rights on tables.
create or replace function engine.pipeline_status() returns jsonb
  language plpgsql stable
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_now timestamptz := clock_timestamp();
  v_nobody constant uuid := '00000000-0000-0000-0000-000000000000'::uuid;
  v_problem text;
  v_flags jsonb;
  v_is_standby boolean := pg_is_in_recovery();
begin
  begin
    v_problem := engine.flag_problem(v_nobody, v_now);
    v_flags := (
      select
        jsonb_agg(
          jsonb_build_object(
            'flag', f.flag,
            'owner', f.owner,
            'value', f.value,
            'reason', f.reason,
            'stops_booking', f.stops_booking
          )
        )
      from engine.served_flags() as f
      where f.is_registered
    );
  exception when others then
    v_problem := 'the flags cannot be evaluated: ' || sqlerrm;
  end;
  return jsonb_build_object(
    'at', v_now,
    'version', engine.version(),
    'is_standby', v_is_standby,
    'problem', v_problem,
    'history', engine.history_problem(),
    'flags', coalesce(v_flags, '[]'),
    'kill_switch', (
      select
        jsonb_build_object(
          'engaged', k.engaged,
          'reason', k.reason,
          'since', k.set_at
        )
      from engine.kill_switch as k
    ),
    'mirror', (
      select
        jsonb_build_object(
          'initialized', s.initialized,
          'source', s.source,
          'generation', s.generation,
          'age_seconds', extract(epoch from v_now - s.heartbeat_at)::integer,
          'stale_after_seconds', extract(epoch from s.stale_after)::integer,
          'failed_at', s.source_failed_at,
          'problem', s.source_problem
        )
      from engine.flag_sync as s
    ),
    'breakers', (
      select
        coalesce(
          jsonb_agg(
            jsonb_build_object(
              'operation', b.operation,
              'open_until', b.open_until,
              'failures', b.failures,
              'last_error', b.last_error
            )
            order by b.operation
          ), '[]'
        )
      from engine.breakers as b where b.open_until > v_now
    ),
    'jobs', (
      select
        jsonb_agg(
          jsonb_build_object(
            'job', s.job,
            'by', s.scheduled_by,
            'last_at', s.last_at,
            -- Null until somebody has done it: at first a job is not missed yet.
            'done_at', b.last_succeeded_at,
            'is_silent', s.is_silent,
            'is_cron_silent', s.is_cron_silent,
            'stopped_at', s.stopped_at,
            'stop_reason', s.stop_reason
          )
          order by s.job
        )
      from engine.job_states(v_now) as s
      left join engine.job_beats as b on b.job = s.job
    ),
    'alerts', (
      select
        coalesce(jsonb_agg(to_jsonb(a) order by a.since, a.kind, a.subject), '[]')
      from (select w.* from engine.watch_alerts() as w) as a
    ),
    'frozen', (
      select
        coalesce(
          jsonb_object_agg(
            a.state, jsonb_build_object('count', a.number, 'oldest', a.oldest)
          ), '{}'
        )
      from (
        select a.state, count(*) as number, min(a.state_changed_at) as oldest
        from public.booking_attempts as a
        where a.state in ('ORDER_UNKNOWN', 'NEEDS_REVIEW')
        group by a.state
      ) as a
    ),
    'workers', (
      select
        coalesce(
          jsonb_agg(
            jsonb_build_object(
              'worker', w.worker,
              'version', w.version,
              'seen_at', w.seen_at,
              'is_alive', engine.is_beating(w.seen_at, v_now)
            )
            order by w.seen_at desc
          ), '[]'
        )
      from engine.workers as w
      where engine.is_beating(w.seen_at, v_now)
        or w.worker in (select s.worker from engine.silent_workers(v_now) as s)
    ),
    'tick', (
      select
        jsonb_build_object(
          'succeeded_at', b.last_succeeded_at,
          'seconds_ago', extract(epoch from v_now - b.last_succeeded_at)::integer
        )
      from engine.job_beats as b where b.job = 'auto_book_monitor'
    ),
    'queue', (
      select
        jsonb_build_object(
          'due', count(*),
          'oldest_seconds', coalesce(
            extract(epoch from v_now - min(d.run_at))::integer, 0
          )
        )
      from (
        -- Parts, each with its index.
        (
          select c.run_at from engine.provider_calls as c
          where c.state = 'READY' and c.booking_attempt_id is not null
            and c.run_at <= v_now
          order by c.run_at limit 10000
        )
        union all
        (
          select c.run_at from engine.provider_calls as c
          where c.state = 'READY' and c.booking_attempt_id is null
            and c.delivery_id is null and c.run_at <= v_now
          order by c.run_at limit 10000
        )
        union all
        (
          select c.run_at from engine.provider_calls as c
          where c.state = 'READY' and c.delivery_id is not null and c.run_at <= v_now
          order by c.run_at limit 10000
        )
      ) as d
    )
  );
end;
$$;
comment on function engine.pipeline_status() is
  'Returns whether booking is on and why, and everything that is open; shown by '
  '`sidecar status`.';
grant execute on function engine.pipeline_status()
  to skylatch_watch, skylatch_sidecar, skylatch_operator;
