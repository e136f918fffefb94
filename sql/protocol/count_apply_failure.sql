-- A call whose answers cannot be applied would come back every minute for ever. After
-- the third failure the call is taken out of the queue, and its attempt waits for a
-- person.
-- Lock order: trip_requests, then booking_attempts, then provider_calls.
create or replace function engine.count_apply_failure(
  p_call_id bigint, p_error text, p_actor text, p_now timestamptz
) returns void
  language plpgsql volatile
as $$
declare
  v_call engine.provider_calls;
  v_attempt public.booking_attempts;
begin
  select c.* into v_call from engine.provider_calls as c where c.id = p_call_id;
  perform engine.take_trip(v_call.user_id, v_call.trip_request_id);
  select a.* into v_attempt
  from public.booking_attempts as a
  where a.user_id = v_call.user_id and a.id = v_call.booking_attempt_id
  for no key update;
  update engine.provider_calls as c
  set apply_failures = c.apply_failures + 1
  where c.id = p_call_id
  returning c.* into v_call;
  if v_call.apply_failures is null
    or v_call.apply_failures < 3
    or v_call.state in ('DONE', 'UNKNOWN', 'DEAD')
  then
    return;
  end if;
  update engine.provider_calls as c
  set
    state = 'DEAD', verdict = 'POISON', error_code = 'poison', lease_until = null,
    finished_at = p_now
  where c.id = p_call_id;
  if v_attempt.epoch = v_call.attempt_epoch and v_call.object_id is null then
    perform engine.command_attempt(
      v_call.user_id, v_call.booking_attempt_id, 'FREEZE', p_actor,
      'call:' || p_call_id, 'an answer could not be handled: ' || p_error, p_now
    );
  else
    perform engine.open_case(
      'POISON', p_call_id::text, v_attempt,
      format('The answer to %s could not be handled: %s', v_call.operation, p_error),
      '{}', p_now
    );
  end if;
end;
$$;
comment on function engine.count_apply_failure(bigint, text, text, timestamptz) is
  'Counts a call''s answer that could not be applied; the third failure takes the call '
  'out of the queue.';
