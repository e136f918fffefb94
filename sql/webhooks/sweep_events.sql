-- Every ten minutes both providers are asked what they told us, for a delivery may fail
-- for good. Half an hour is read twice: a list may lag behind what happened.
create or replace function engine.sweep_events(p_now timestamptz) returns void
  language sql volatile
  security definer
begin atomic
  select
    engine.enqueue_look(
      w.operation, 'account',
      jsonb_build_object(
        'created_after',
        case w.provider
          when 'duffel'
            then to_jsonb(
              to_char(w.since at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
            )
          else to_jsonb(extract(epoch from w.since)::bigint)
        end
      ),
      null::public.booking_attempts, p_now
    )
  from (
    select
      o.operation,
      o.provider,
      coalesce(s.scanned_to, p_now) - interval '30 minutes' as since
    from engine.operations as o
    left join engine.scans as s
      on (o.provider, s.scan) in (
        ('duffel', 'order_events'), ('stripe', 'payment_events')
      )
    where o.operation in ('sweep_order_events', 'sweep_payment_events')
      and not exists (
        select from engine.provider_calls as c
        where c.operation = o.operation
          and coalesce(c.finished_at, p_now) > p_now - interval '10 minutes'
      )
  ) as w;
end;
comment on function engine.sweep_events(timestamptz) is
  'Asks both providers, when it is time, for events that never arrived.';
