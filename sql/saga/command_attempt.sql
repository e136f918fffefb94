-- A person, or a guard of the engine, gives an order as a verdict; saga_transitions
-- says where it leads and whether it is allowed. RESUME is looked up in the state in
-- which the review began. CANCEL of a booking is looked up in CONFIRMED, whatever
-- happened since.
-- Lock order: trip_requests, then booking_attempts, then provider_calls.
create or replace function engine.command_attempt(
  p_user_id uuid,
  p_attempt_id uuid,
  p_verdict text,
  p_actor text,
  p_correlation_id text,
  p_reason text,
  p_now timestamptz
) returns text
  language plpgsql volatile
as $$
declare
  v_attempt public.booking_attempts;
  v_as_state text;
  v_began_at timestamptz := clock_timestamp();
begin
  perform from public.trip_requests as t
  inner join public.booking_attempts as a
    on t.user_id = a.user_id and t.id = a.trip_request_id
  where a.user_id = p_user_id and a.id = p_attempt_id
  for no key update of t;
  select a.* into v_attempt
  from public.booking_attempts as a
  where a.user_id = p_user_id and a.id = p_attempt_id
  for no key update;
  v_as_state := case
    when v_attempt.state <> 'NEEDS_REVIEW' then v_attempt.state
    when p_verdict = 'RESUME' then v_attempt.review_from
    when p_verdict = 'CANCEL' and v_attempt.status = 'SUCCESS' then 'CONFIRMED'
    else v_attempt.state
  end;
  if v_attempt.id is null
    or not exists (
      select from engine.saga_transitions as t
      where t.state = v_as_state and t.verdict = p_verdict
    )
  then
    raise exception using
      errcode = 'SK105',
      message = 'the attempt''s state does not allow this',
      detail = jsonb_build_object(
        'attempt', p_attempt_id, 'state', v_attempt.state, 'action', p_verdict
      ),
      hint = 'saga_transitions lists what each state allows.';
  end if;
  perform engine.advance_attempt(
    v_attempt, 'order', p_verdict, null::engine.outcome_rules,
    null::engine.call_report, v_as_state, p_reason, p_actor, p_correlation_id, p_now
  );
  perform engine.wake_sidecar();
  select a.state into v_as_state
  from public.booking_attempts as a
  where a.user_id = p_user_id and a.id = p_attempt_id;
  if v_attempt.trace_sampled then
    perform engine.add_span(
      v_attempt.trace_id, engine.attempt_span(9, v_attempt.id, v_attempt.epoch),
      engine.attempt_span(7, v_attempt.id, 0), 'command', v_began_at,
      jsonb_build_object(
        'attempt', v_attempt.id, 'verdict', p_verdict, 'from', v_attempt.state,
        'to', v_as_state
      )
    );
  end if;
  return v_as_state;
end;
$$;
comment on function engine.command_attempt(
  uuid, uuid, text, text, text, text, timestamptz
) is
  'Moves an attempt by the order of a person or of the engine, instead of by an '
  'answer; returns the attempt''s new state.';
