-- An operation has one row for each object; the lease on that row keeps two readers of
-- one object from overtaking each other. An object that is requested while it is being
-- read is read once more afterwards, so that changes in between are seen. Only
-- operations that observe may be requested here.
create or replace function engine.enqueue_object(p_call engine.provider_calls)
  returns bigint
  language plpgsql volatile
as $$
declare
  v_id bigint;
begin
  insert into engine.provider_calls as c (
    user_id, trip_request_id, booking_attempt_id, attempt_epoch, operation, object_id,
    payload, idempotency_key, run_at, trace_id, trace_sampled
  )
  select
    p_call.user_id, p_call.trip_request_id, p_call.booking_attempt_id,
    p_call.attempt_epoch, o.operation, p_call.object_id, p_call.payload,
    p_call.idempotency_key, p_call.run_at, p_call.trace_id, p_call.trace_sampled
  from engine.operations as o
  where o.operation = p_call.operation and o.observes
  on conflict (idempotency_key) do update
  set
    again = c.state in ('CLAIMED', 'SENT'),
    state = case when c.state in ('CLAIMED', 'SENT') then c.state else 'READY' end,
    tries = case when c.state in ('CLAIMED', 'SENT') then c.tries else 0 end,
    run_at = case
      when c.state = 'READY' then least(c.run_at, excluded.run_at)
      else excluded.run_at
    end,
    payload = excluded.payload,
    apply_failures = 0,
    finished_at = null,
    -- It may have been asked for before anybody knew whose it is.
    trace_id = case
      when c.booking_attempt_id is null and excluded.booking_attempt_id is not null
        then excluded.trace_id
      else coalesce(c.trace_id, excluded.trace_id)
    end,
    trace_sampled = case
      when c.booking_attempt_id is null and excluded.booking_attempt_id is not null
        then excluded.trace_sampled
      else c.trace_sampled
    end,
    user_id = coalesce(c.user_id, excluded.user_id),
    trip_request_id = coalesce(c.trip_request_id, excluded.trip_request_id),
    booking_attempt_id = coalesce(c.booking_attempt_id, excluded.booking_attempt_id),
    attempt_epoch = coalesce(c.attempt_epoch, excluded.attempt_epoch)
  returning c.id into v_id;
  return v_id;
end;
$$;
comment on function engine.enqueue_object(engine.provider_calls) is
  'Enqueues the read of one object; returns the call, or null for an operation that '
  'does more than observe.';
