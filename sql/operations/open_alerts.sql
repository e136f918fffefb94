-- Everything that an operator should look at now. No row holds personal data: subjects
-- are ids and operations, details are counts, states and times. Definer: the callers
-- have no rights on tables.
create or replace function engine.open_alerts()
  returns table (kind text, subject text, since timestamptz, detail text)
  language plpgsql stable
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_now timestamptz := clock_timestamp();
  -- From so many offers a day on, and from such a share of them, differing durations
  -- are no longer single mistakes.
  c_least_gaps constant integer := 20;
  c_least_share constant numeric := 0.05;
  c_most_counted constant integer := 1000;
  c_most_named constant integer := 3;
begin
  return query
  select 'REVIEW_CASE', r.id::text, r.opened_at, r.kind || ' ' || r.object_id
  from engine.review_cases as r
  where r.resolved_at is null and r.kind <> 'INVARIANT'
  union all
  select 'INVARIANT', r.object_id, r.opened_at, r.summary
  from engine.review_cases as r
  where r.resolved_at is null and r.kind = 'INVARIANT'
  union all
  select
    'JOB_SILENT', s.job, coalesce(s.last_at, v_now),
    'nobody does this job, or it fails each time'
  from engine.job_states(v_now) as s
  where s.is_silent
  union all
  -- The sidecars do the job meanwhile. Where pg_cron never had it, it is not missed.
  select
    'CRON_SILENT', s.job, s.last_cron_at,
    'pg_cron does not run this job, or it fails: see cron.job_run_details'
  from engine.job_states(v_now) as s
  where s.is_cron_silent
  union all
  -- A stop is no fault, but those who look for faults have to see it.
  select
    'JOB_STOPPED', s.job, s.stopped_at,
    'stopped on purpose; engine.job_overview() says by whom and why'
  from engine.job_states(v_now) as s
  where s.stopped_at is not null
  union all
  -- Nothing is booked until both lists were compared, which is overdue.
  select
    'HISTORY_UNCONFIRMED', 'history', h.noticed_at,
    'a restore or a failover was noticed, and the providers'' lists were not compared'
  from engine.history as h
  where engine.history_settles_at() < v_now - interval '10 minutes'
  union all
  -- No fault either: nothing new is booked while the kill switch is engaged.
  select
    'KILL_SWITCH', 'booking', k.set_at,
    'nothing new is booked; engine.kill_switch_history() says by whom and why'
  from engine.kill_switch as k
  where k.engaged
  union all
  select
    'FLAGS_STALE', 'flags', s.heartbeat_at,
    'the flags'' source was not read for too long: nothing new is booked'
  from engine.flag_sync as s
  where s.initialized and not engine.is_recent(s.heartbeat_at, s.stale_after, v_now)
  union all
  -- Booking goes on with the flags that were read last, until they are stale.
  select
    'FLAG_SOURCE_GONE', coalesce(s.source, 'flags'), s.source_failed_at,
    s.source_problem
  from engine.flag_sync as s
  where s.source_failed_at is not null
  union all
  -- An order that is found within ten minutes needs nobody's attention.
  select
    'ORDER_UNKNOWN', a.id::text, a.state_changed_at,
    'it is not known whether an order exists; it is looked for'
  from public.booking_attempts as a
  where a.state = 'ORDER_UNKNOWN' and a.state_changed_at < v_now - interval '10 minutes'
  union all
  -- Bookings that the airline may have cancelled and that nobody reads. After a night
  -- all are overdue; a caller who asks every few seconds does not count them all.
  select
    'BOOKINGS_UNREAD', 'look_order', min(u.next_look_at),
    format(
      '%s%s bookings were to be read again',
      count(*), case when count(*) = c_most_counted then ' or more' end
    )
  from (
    select b.next_look_at
    from public.flight_bookings as b
    where b.status = 'CONFIRMED' and b.next_look_at < v_now - interval '6 hours'
    order by b.next_look_at
    limit c_most_counted
  ) as u
  having count(*) > 0
  union all
  -- To be confirmed before the rate that is used meanwhile is too old.
  select
    'RATES_WAITING', 'exchange_rates', min(c.at),
    format('%s exchange rates wait for a second person', count(*))
  from engine.waiting_exchange_rates() as w
  inner join engine.exchange_rate_changes as c on w.change_id = c.id
  having count(*) > 0
  union all
  -- The end of a pause proves nothing, and an alert that comes and goes with each pause
  -- tells nothing. So the alert lasts until a call succeeds or none is tried any more.
  select
    'BREAKER_OPEN', b.operation, b.changed_at,
    format('%s failures in a row, the last %s', b.failures, b.last_error)
  from engine.breakers as b
  where b.open_until > v_now - interval '10 minutes'
  union all
  select
    'AUTHORIZATION_LAPSING', a.id::text, a.state_changed_at,
    format('%s; it lapses at %s', a.state, a.capture_before)
  from public.booking_attempts as a
  where a.state not in ('CONFIRMED', 'FAILED', 'CANCELLED')
    and a.capture_before < v_now + interval '12 hours'
    and a.captured_amount is null
    and a.voided_at is null
  union all
  select
    'CALLS_WAITING', w.operation, min(w.due_at),
    format('%s calls are overdue', count(*))
  from (
    -- Parts, each with its index.
    select c.operation, c.run_at as due_at
    from engine.provider_calls as c
    where c.state = 'READY'
      and c.booking_attempt_id is not null
      and c.run_at < v_now - interval '5 minutes'
    union all
    select c.operation, c.run_at
    from engine.provider_calls as c
    where c.state = 'READY'
      and c.booking_attempt_id is null
      and c.delivery_id is null
      and c.run_at < v_now - interval '5 minutes'
    union all
    -- A message that waits for the one before it is not overdue by itself, yet that one
    -- is.
    select c.operation, c.run_at
    from engine.provider_calls as c
    where c.state = 'READY'
      and c.delivery_id is not null
      and c.run_at < v_now - interval '5 minutes'
    union all
    select c.operation, c.lease_until
    from engine.provider_calls as c
    where c.state in ('CLAIMED', 'SENT')
      and c.lease_until < v_now - interval '5 minutes'
  ) as w
  group by w.operation
  union all
  -- Until the trip has an answer to a later call, whichever it is: then it goes on. A
  -- read of the whole account has one row, which is used again. A day at most, because a
  -- trip that is over asks for nothing more. A search that ran out of tries or was
  -- overtaken is usual.
  select
    'CALLS_DEAD', c.operation, min(c.finished_at),
    format(
      '%s calls ended without an answer%s', count(*),
      ', of trip '
      || array_to_string((array_agg(distinct c.trip_request_id))[1:c_most_named], ', ')
      || case
        when count(distinct c.trip_request_id) > c_most_named
          then format(' and %s more', count(distinct c.trip_request_id) - c_most_named)
        else ''
      end
    )
  from engine.provider_calls as c
  where c.state = 'DEAD'
    and c.operation <> 'search'
    and c.finished_at > v_now - interval '1 day'
    and not exists (
      select from engine.provider_calls as l
      where l.user_id = c.user_id
        and l.trip_request_id = c.trip_request_id
        and l.state = 'DONE'
        and l.finished_at > c.finished_at
    )
  group by c.operation
  union all
  -- One offer's durations may be its airline's mistake. Many say that a zone, or the
  -- rules of the server's time zones, are out of date.
  select
    'DURATIONS_DIFFER', 'flight_offers', min(h.searched_at) filter (
      where h.duration_gaps > 0
    ),
    format(
      '%s of %s offers of a day state another duration than their times give, most '
      'between %s', sum(h.duration_gaps), sum(h.offers),
      mode() within group (order by h.origin || ' and ' || h.destination) filter (
        where h.duration_gaps > 0
      )
    )
  from public.fare_history as h
  where h.searched_at > v_now - interval '1 day'
  having sum(h.duration_gaps) >= c_least_gaps
    and sum(h.duration_gaps) >= c_least_share * sum(h.offers);
end;
$$;
comment on function engine.open_alerts() is
  'Lists what an operator should look at now: cases, broken promises, and what does '
  'not go on.';
grant execute on function engine.open_alerts() to skylatch_sidecar, skylatch_operator;
