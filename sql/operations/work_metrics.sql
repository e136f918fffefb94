-- What is under way and what waits. Each part reads open rows by a partial index, so
-- its cost does not grow with the rows of the past.
create or replace function engine.work_metrics(p_now timestamptz)
  returns table (name text, labels jsonb, value numeric)
  language plpgsql stable
as $$
begin
  return query
  with live as materialized (
    select a.state, count(*) as attempts, min(a.state_changed_at) as since
    from public.booking_attempts as a
    where a.state not in ('CONFIRMED', 'FAILED', 'CANCELLED')
    group by a.state
  ),

  open_cases as materialized (
    select r.kind, count(*) as cases, min(r.opened_at) as since
    from engine.review_cases as r
    where r.resolved_at is null
    group by r.kind
  ),

  waiting as materialized (
    select 'booking' as queue, count(*) as calls, min(c.run_at) as since
    from engine.provider_calls as c
    where c.state = 'READY' and c.booking_attempt_id is not null and c.run_at <= p_now
    union all
    select
      case c.operation when 'search' then 'search' else 'look' end,
      count(*),
      min(c.run_at)
    from engine.provider_calls as c
    where c.state = 'READY'
      and c.booking_attempt_id is null
      and c.delivery_id is null
      and c.run_at <= p_now
    group by 1
    union all
    select 'message', count(*), min(c.run_at)
    from engine.provider_calls as c
    where c.state = 'READY' and c.delivery_id is not null and c.run_at <= p_now
    union all
    select 'event', count(*), min(e.received_at)
    from engine.provider_events as e
    where e.state = 'RECEIVED'
  ),

  closed as materialized (
    select l.label, l.value from engine.metric_labels() as l
  )

  select
    m.name,
    jsonb_build_object(case c.label when 'case' then 'kind' else c.label end, c.value),
    m.value::numeric
  from closed as c
  left join live as l on c.label = 'state' and c.value = l.state
  left join open_cases as o on c.label = 'case' and c.value = o.kind
  left join waiting as w on c.label = 'queue' and c.value = w.queue
  cross join lateral (
    values
    ('state', 'skylatch_attempts', coalesce(l.attempts, 0)),
    ('state', 'skylatch_attempts_oldest_seconds', engine.seconds_since(l.since, p_now)),
    ('case', 'skylatch_review_cases', coalesce(o.cases, 0)),
    ('case', 'skylatch_review_cases_oldest_seconds',
      engine.seconds_since(o.since, p_now)),
    ('queue', 'skylatch_queue_depth', coalesce(w.calls, 0)),
    ('queue', 'skylatch_queue_oldest_seconds', engine.seconds_since(w.since, p_now))
  ) as m (label, name, value)
  where m.label = c.label
  union all
  select 'skylatch_calls_out', '{}', count(*)
  from engine.provider_calls as c
  where c.state in ('CLAIMED', 'SENT')
  union all
  select 'skylatch_invariant_violations', '{}', count(*)
  from engine.invariant_violations as v
  where v.gone_at is null
  union all
  -- Each sidecar sends a heartbeat every 15 seconds.
  select 'skylatch_workers', '{}', count(*)
  from engine.workers as w
  where w.seen_at > p_now - interval '1 minute';
end;
$$;
comment on function engine.work_metrics(timestamptz) is
  'Returns how much is under way and waiting, and how old the oldest of it is.';
