-- Counters only rise, and a counter at zero is shown too: the first failure of its kind
-- has to be an increase. One statement reads the single counts and their sums, so that
-- no count is read twice or missed while sum_counters adds them up.
create or replace function engine.counter_metrics()
  returns table (name text, labels jsonb, value numeric)
  language plpgsql volatile
as $$
begin
  return query
  with closed as materialized (
    select l.label, l.value from engine.metric_labels() as l
  ),

  counted as materialized (
    select s.counter, s.labels, sum(s.value) as value
    from (
      select c.counter, c.labels, c.value from engine.counters as c
      union all
      select p.counter, p.labels, p.value from engine.counter_parts as p
      union all
      select
        'webhook_processed_total',
        jsonb_build_object('provider', r.provider, 'outcome', 'refused'),
        r.refused
      from engine.refused_events as r
      -- From here on every counter at zero.
      union all
      select z.counter, '{}', 0
      from unnest(
        array[
          'auto_booking_success_total', 'stripe_capture_success_total',
          'stripe_capture_failure_total', 'duffel_order_success_total',
          'duffel_order_failure_total'
        ]
      ) as z (counter)
      union all
      select
        case c.label
          when 'reason' then 'auto_booking_failure_total' else 'skylatch_offers_total'
        end,
        jsonb_build_object('reason', c.value), 0
      from closed as c
      where c.label in ('reason', 'offer')
      union all
      select
        'webhook_processed_total',
        jsonb_build_object('provider', p.value, 'outcome', o.value), 0
      from closed as p
      cross join closed as o
      where p.label = 'provider' and o.label = 'outcome'
      union all
      select
        'skylatch_provider_answers_total',
        jsonb_build_object('operation', o.value, 'verdict', v.value), 0
      from closed as o
      cross join closed as v
      where o.label = 'operation' and v.label = 'verdict'
    ) as s
    group by s.counter, s.labels
  )

  select c.counter, c.labels, c.value from counted as c
  union all
  -- The answers to searches, by the words that the metric has for them.
  select
    'skylatch_searches_total',
    jsonb_build_object(
      'outcome',
      case c.labels ->> 'verdict'
        when 'OK' then 'answered'
        when 'RETRY' then 'retried'
        when 'EXHAUSTED' then 'given_up'
        else 'refused'
      end
    ),
    sum(c.value)
  from counted as c
  where c.counter = 'skylatch_provider_answers_total'
    and c.labels ->> 'operation' = 'search'
  group by 2;
end;
$$;
comment on function engine.counter_metrics() is
  'Returns every counter of /metrics, those at zero too.';
