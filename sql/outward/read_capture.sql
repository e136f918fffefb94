-- Reads whether the amount was collected, when the answer to the capture is unknown.
select engine.define_operation(
  'read_capture', 'stripe', p_lease => '60 seconds', p_max_tries => 20
);
insert into engine.outcome_rules (operation, http_status, error_code, verdict)
values
  ('read_capture', '*', '*', 'RETRY'),
  ('read_capture', '200', 'succeeded', 'OK'),
  ('read_capture', '200', 'requires_capture', 'REDO'),
  ('read_capture', '200', 'amount_mismatch', 'REVIEW');
insert into engine.outcome_rules (
  operation, http_status, error_code, verdict, trip_status, search_again_after, halts,
  reason
)
values
  ('read_capture', '200', 'canceled', 'FAIL', 'PENDING', '10 minutes', false,
    'The card authorization lapsed before the airline had answered.');

create or replace function engine.read_capture_request(
  p_attempt public.booking_attempts
) returns jsonb
  language plpgsql stable
as $$
begin
  return jsonb_build_object('payment_intent', p_attempt.payment_intent_id);
end;
$$;
comment on function engine.read_capture_request(public.booking_attempts) is
  'Asks for the payment.';

create or replace function engine.read_capture_code(
  p_attempt public.booking_attempts, p_report engine.call_report
) returns text
  language plpgsql stable
as $$
begin
  return engine.payment_code(p_attempt, p_report);
end;
$$;
comment on function engine.read_capture_code(
  public.booking_attempts, engine.call_report
) is 'Names the answer by the status of the payment.';

create or replace function engine.read_capture_facts(
  p_attempt public.booking_attempts, p_verdict text
) returns public.booking_attempts
  language plpgsql stable
as $$
begin
  return engine.capture_payment_facts(p_attempt, p_verdict);
end;
$$;
comment on function engine.read_capture_facts(public.booking_attempts, text) is
  'Returns the attempt with the amount that was captured.';
