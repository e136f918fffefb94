-- An object is read for the record, for an attempt or for none. A read without an
-- attempt has a trace of its own.
create or replace function engine.enqueue_read(
  p_operation text,
  p_object_id text,
  p_payload jsonb,
  p_attempt public.booking_attempts,
  p_run_at timestamptz
) returns bigint
  language plpgsql volatile
as $$
declare
  v_call engine.provider_calls;
begin
  v_call.user_id := p_attempt.user_id;
  v_call.trip_request_id := p_attempt.trip_request_id;
  v_call.booking_attempt_id := p_attempt.id;
  v_call.attempt_epoch := p_attempt.epoch;
  v_call.operation := p_operation;
  v_call.object_id := p_object_id;
  v_call.payload := p_payload;
  v_call.idempotency_key := format('look:%s:%s', p_operation, md5(p_object_id));
  v_call.run_at := p_run_at;
  v_call.trace_id := coalesce(p_attempt.trace_id, gen_random_uuid());
  v_call.trace_sampled := coalesce(p_attempt.trace_sampled, false);
  return engine.enqueue_object(v_call);
end;
$$;
comment on function engine.enqueue_read(
  text, text, jsonb, public.booking_attempts, timestamptz
) is 'Enqueues the read of one object for the record; returns the call.';
