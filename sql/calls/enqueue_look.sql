-- One row per operation and object: that row's lease is what keeps two readers of one
-- object from overtaking each other. Asked for while it is out, it is read once more
-- after, so that what happened meanwhile is seen. What is read for nobody has a trace
-- of its own.
create or replace function engine.enqueue_look(
  p_operation text,
  p_object_id text,
  p_payload jsonb,
  p_attempt public.booking_attempts,
  p_run_at timestamptz
) returns bigint
  language plpgsql volatile
as $$
declare
  v_id bigint;
begin
  insert into engine.provider_calls as c (
    user_id, trip_request_id, booking_attempt_id, attempt_epoch, operation, object_id,
    payload, idempotency_key, run_at, trace_id, trace_sampled
  )
  -- Nothing else may be asked for past the gate.
  select
    p_attempt.user_id, p_attempt.trip_request_id, p_attempt.id, p_attempt.epoch,
    o.operation, p_object_id, p_payload,
    format('look:%s:%s', p_operation, md5(p_object_id)), p_run_at,
    coalesce(p_attempt.trace_id, gen_random_uuid()),
    coalesce(p_attempt.trace_sampled, false)
  from engine.operations as o
  where o.operation = p_operation and o.observes
  on conflict (idempotency_key) do update
  set
    again = c.state in ('CLAIMED', 'SENT'),
    state = case when c.state in ('CLAIMED', 'SENT') then c.state else 'READY' end,
    tries = case when c.state in ('CLAIMED', 'SENT') then c.tries else 0 end,
    run_at = case when c.state = 'READY' then least(c.run_at, p_run_at) else p_run_at end,
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
comment on function engine.enqueue_look(
  text, text, jsonb, public.booking_attempts, timestamptz
) is 'Asks for one object to be read, for the record; returns the call.';
