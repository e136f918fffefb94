-- Every ten minutes both providers are asked for their lists of events, because the
-- delivery of a callback may fail for good. Two sweeps overlap by half an hour, because
-- a list may lag behind what happened. A list that is too long for one read is asked
-- for in parts: half as much time as the part that failed, then, minute by minute,
-- twice as much as the part that succeeded, until all is read.
create or replace function engine.sweep_events(p_now timestamptz) returns void
  language sql volatile
begin atomic
  select
    engine.enqueue_read(
      w.operation, 'account',
      jsonb_strip_nulls(
        jsonb_build_object(
          'created_after',
          engine.list_time(w.provider, w.since - least(w.width, '30 minutes')),
          'created_before',
          case
            when w.since + w.width < p_now
              then engine.list_time(w.provider, w.since + w.width)
          end,
          -- The length in seconds; null unless only a part is asked for.
          'width',
          case
            when w.since + w.width < p_now then extract(epoch from w.width)
          end
        )
      ),
      null::public.booking_attempts, p_now
    )
  from (
    select
      o.operation,
      o.provider,
      f.since,
      case
        when c.verdict <> 'OK'
          then greatest(coalesce(f.last_width, p_now - f.since) / 2, '10 seconds')
        else f.last_width * 2
      end as width
    from engine.operations as o
    left join engine.scans as s
      on (o.provider, s.scan) in (
        ('duffel', 'order_events'), ('stripe', 'payment_events')
      )
    left join engine.provider_calls as c
      on format('look:%s:%s', o.operation, md5('account')) = c.idempotency_key
    cross join lateral (
      select
        coalesce(s.scanned_to, p_now) as since,
        make_interval(secs => (c.payload ->> 'width')::float) as last_width
    ) as f
    where o.operation in ('sweep_order_events', 'sweep_payment_events')
      and coalesce(
        c.finished_at <= p_now - case
          when c.verdict = 'OK' and not c.payload ? 'width' then interval '10 minutes'
          else '30 seconds'
        end,
        c.id is null
      )
  ) as w;
end;
comment on function engine.sweep_events(timestamptz) is
  'Asks both providers, when a sweep is due, for the events that never arrived.';
