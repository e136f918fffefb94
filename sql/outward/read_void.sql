-- Reads whether the hold is gone, when the answer to the release is unknown.
select engine.define_operation(
  'read_void', 'stripe', p_lease => '60 seconds', p_max_tries => 20,
  p_awaits_history => true
);
insert into engine.outcome_rules (operation, http_status, error_code, verdict)
values
  ('read_void', '*', '*', 'RETRY'),
  ('read_void', '200', 'canceled', 'OK'),
  ('read_void', '200', 'requires_payment_method', 'REDO'),
  ('read_void', '200', 'requires_confirmation', 'REDO'),
  ('read_void', '200', 'requires_action', 'REDO'),
  ('read_void', '200', 'requires_capture', 'REDO'),
  ('read_void', '200', 'succeeded', 'REVIEW');

create or replace function engine.read_void_request(p_attempt public.booking_attempts)
  returns jsonb
  language plpgsql stable
as $$
begin
  return jsonb_build_object('payment_intent', p_attempt.payment_intent_id);
end;
$$;
comment on function engine.read_void_request(public.booking_attempts) is
  'Asks for the payment.';

create or replace function engine.read_void_code(
  p_attempt public.booking_attempts, p_report engine.call_report
) returns text
  language plpgsql stable
as $$
begin
  return engine.payment_code(p_attempt, p_report);
end;
$$;
comment on function engine.read_void_code(
  public.booking_attempts, engine.call_report
) is 'Names the answer by the status of the payment.';

create or replace function engine.read_void_facts(
  p_attempt public.booking_attempts, p_verdict text, p_now timestamptz
) returns public.booking_attempts
  language plpgsql stable
as $$
begin
  return engine.cancel_payment_facts(p_attempt, p_verdict, p_now);
end;
$$;
comment on function engine.read_void_facts(
  public.booking_attempts, text, timestamptz
) is 'Returns the attempt with the time at which its hold was released.';
