-- The closed sets of labels: every value that a label of a counter or a measurement of
-- the engine may have. No label names a person or a trip, or holds a text of a
-- provider.
create or replace function engine.metric_labels()
  returns table (label text, value text)
  language plpgsql stable
as $$
begin
  return query
  select 'operation', o.operation from engine.operations as o
  union all
  select 'verdict', v.verdict
  from unnest(
    '{OK,RETRY,REDO,FAIL,RESEARCH,UNKNOWN,REVIEW,HOLDER,EXHAUSTED}'::text[]
  ) as v (verdict)
  union all
  select 'state', s.state from engine.saga_states as s where not s.is_final
  union all
  -- Why an attempt ended without a booking: the codes that have a rule, the codes of
  -- cards that share a rule, and our own words for an end without a code.
  select 'reason', r.error_code
  from engine.outcome_rules as r
  where r.error_code not in ('*', 'ok')
  union
  select 'reason', u.reason
  from unnest(
    '{card_declined,exhausted,generic_decline,other,release,stop,void}'::text[]
  ) as u (reason)
  union all
  select 'offer', l.reason from engine.list_reasons() as l
  union all
  select 'offer', w.reason from unnest('{fits,unreadable}'::text[]) as w (reason)
  union all
  select 'provider', p.provider from unnest('{duffel,stripe}'::text[]) as p (provider)
  union all
  select 'outcome', e.outcome
  from unnest('{applied,dead,ignored,refused}'::text[]) as e (outcome)
  union all
  select 'search', e.outcome
  from unnest('{answered,given_up,refused,retried}'::text[]) as e (outcome)
  union all
  select 'movement', m.movement
  from unnest('{authorized,captured,refunded,voided}'::text[]) as m (movement)
  union all
  select 'currency', c.code from engine.currencies as c
  union all
  select 'job', j.job from engine.jobs as j
  union all
  select 'queue', q.queue
  from unnest('{booking,event,look,message,search}'::text[]) as q (queue)
  union all
  select 'flag', f.flag from engine.flag_register as f
  union all
  select 'period', p.period from unnest('{day,month,price,total}'::text[]) as p (period)
  union all
  select 'alert', a.kind
  from unnest(
    array[
      'AUTHORIZATION_LAPSING', 'BOOKINGS_UNREAD', 'BREAKER_OPEN', 'CALLS_DEAD',
      'CALLS_WAITING', 'CRON_SILENT', 'DURATIONS_DIFFER', 'FLAGS_STALE',
      'FLAG_SOURCE_GONE', 'HISTORY_UNCONFIRMED', 'INVARIANT', 'JOB_SILENT',
      'JOB_STOPPED', 'KILL_SWITCH', 'ORDER_UNKNOWN', 'RATES_WAITING', 'REVIEW_CASE'
    ]
  ) as a (kind)
  union all
  select 'case', k.kind
  from unnest(
    array[
      'AIRLINE_CANCELLATION', 'AIRLINE_CHANGE', 'ATTEMPT', 'AUTHORIZATION_LAPSING',
      'DISPUTE', 'DOUBLE_BOOKING', 'FRAUD_WARNING', 'INVARIANT', 'LOST_ATTEMPT',
      'ORDER_CONTRADICTION', 'ORPHAN_ORDER', 'ORPHAN_PAYMENT', 'PAYMENT_CONTRADICTION',
      'POISON', 'REFUND_FAILED'
    ]
  ) as k (kind);
end;
$$;
comment on function engine.metric_labels() is
  'Returns every value that a label of a metric may have.';
