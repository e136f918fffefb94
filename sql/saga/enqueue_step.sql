-- Enqueues the next call of an attempt. The call's key is derived from the attempt and
-- the operation, so that a repeated request is the same call.
create or replace function engine.enqueue_step(
  p_attempt public.booking_attempts,
  p_operation text,
  p_run_at timestamptz,
  p_hand_to text default null
) returns bigint
  language plpgsql volatile
as $$
declare
  v_call engine.provider_calls;
  v_id bigint;
begin
  v_call.user_id := p_attempt.user_id;
  v_call.trip_request_id := p_attempt.trip_request_id;
  v_call.booking_attempt_id := p_attempt.id;
  v_call.attempt_epoch := p_attempt.epoch;
  v_call.operation := p_operation;
  v_call.idempotency_key := case p_operation
    when 'create_refund' then engine.create_refund_key(p_attempt)
    else format('%s:%s', p_attempt.id, p_operation)
  end;
  v_call.run_at := p_run_at;
  v_call.trace_id := p_attempt.trace_id;
  v_call.trace_sampled := p_attempt.trace_sampled;
  v_id := engine.enqueue_call(v_call, p_hand_to);
  if v_id is null then
    raise exception using
      errcode = 'SK301',
      message = 'the saga asked for a call that must not be repeated',
      detail = jsonb_build_object(
        'attempt', p_attempt.id, 'operation', p_operation, 'state', p_attempt.state
      ),
      hint = 'This is a defect in saga_transitions: report it.';
  end if;
  return v_id;
end;
$$;
comment on function engine.enqueue_step(
  public.booking_attempts, text, timestamptz, text
) is 'Adds the attempt''s next outward call, or reopens it, and returns its id.';
