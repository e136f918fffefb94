-- What the engine itself finds wrong. Alerts are made from the same rows as
-- open_alerts, job_overview and the search budget, so that no threshold is kept in two
-- places.
create or replace function engine.watch_metrics(p_now timestamptz)
  returns table (name text, labels jsonb, value numeric)
  language plpgsql stable
as $$
begin
  return query
  with open_now as materialized (
    select a.kind, a.subject, a.since from engine.open_alerts() as a
  ),

  jobs as materialized (
    select s.* from engine.job_states(p_now) as s
  ),

  last_tick as materialized (
    select r.budget, r.searches, r.postponed
    from engine.monitor_runs as r
    where r.reason is distinct from 'another tick is running'
    order by r.id desc
    limit 1
  )

  select m.name, jsonb_build_object('kind', k.value), m.value::numeric
  from engine.metric_labels() as k
  left join (
    select o.kind, count(*) as alerts, min(o.since) as since
    from open_now as o
    group by o.kind
  ) as a on a.kind = k.value
  cross join lateral (
    values
    ('skylatch_alerts', coalesce(a.alerts, 0)),
    ('skylatch_alerts_oldest_seconds', engine.seconds_since(a.since, p_now))
  ) as m (name, value)
  where k.label = 'alert'
  union all
  select
    'skylatch_breaker_open', jsonb_build_object('operation', o.operation),
    exists (
      select from open_now as a
      where a.kind = 'BREAKER_OPEN' and a.subject = o.operation
    )::integer
  from engine.operations as o
  where o.breaks_after is not null
  union all
  select m.name, jsonb_build_object('job_name', j.job), m.value
  from jobs as j
  left join engine.job_beats as b on b.job = j.job
  cross join lateral (
    values
    ('skylatch_job_silent', j.is_silent::integer::numeric),
    ('skylatch_job_cron_silent', j.is_cron_silent::integer),
    ('skylatch_job_stopped', (j.stopped_at is not null)::integer),
    -- While the job was never done: since when it is expected.
    ('skylatch_job_beat_seconds',
      engine.seconds_since(coalesce(b.last_succeeded_at, b.since), p_now))
  ) as m (name, value)
  union all
  select 'skylatch_tick_lag_seconds', '{}',
    engine.seconds_since(coalesce(b.last_succeeded_at, b.since), p_now)
  from engine.job_beats as b
  where b.job = 'auto_book_monitor'
  union all
  select m.name, '{}', m.value
  from last_tick as t
  cross join lateral (
    values
    ('skylatch_search_budget', t.budget),
    ('skylatch_search_budget_left', greatest(t.budget - t.searches, 0)),
    ('skylatch_searches_postponed', t.postponed)
  ) as m (name, value)
  union all
  select
    'skylatch_ceiling_amount', jsonb_build_object('period', c.period), c.amount::numeric
  from engine.spending_ceilings as c
  where c.subject = 'installation'
  union all
  -- Only of the day: the cost of adding up a month would grow with its bookings.
  select
    'skylatch_ceiling_used', jsonb_build_object('period', 'day'),
    (
      engine.spent_in_base(null, array[date_trunc('day', p_now, 'UTC')], null, p_now)
    )[1];
end;
$$;
comment on function engine.watch_metrics(timestamptz) is
  'Returns the metrics of open alerts, jobs, the search budget and the ceilings.';
