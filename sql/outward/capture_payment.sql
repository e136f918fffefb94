-- Collects the amount that is held, for an order that exists: so no answer here
-- releases the trip. A hold that is gone for good is FAIL: then the order is undone
-- while the airline still returns everything.
select engine.define_operation(
  'capture_payment', 'stripe', p_lease => '60 seconds', p_max_tries => 20,
  p_key_lasts => '23 hours'
);
insert into engine.outcome_rules (operation, http_status, error_code, verdict)
values
  ('capture_payment', '*', '*', 'UNKNOWN'),
  ('capture_payment', '200', 'succeeded', 'OK'),
  ('capture_payment', '200', 'amount_mismatch', 'REVIEW'),
  ('capture_payment', 'none', 'not_sent', 'RETRY'),
  ('capture_payment', '409', '*', 'RETRY'),
  ('capture_payment', '429', '*', 'RETRY');
insert into engine.outcome_rules (
  operation, http_status, error_code, verdict, trip_status, search_again_after, halts,
  reason
)
values
  ('capture_payment', '400', 'charge_expired_for_capture', 'FAIL', 'PENDING',
    '10 minutes', false,
    'The card authorization lapsed before the airline had answered.'),
  ('capture_payment', '400', 'capture_charge_authorization_expired', 'FAIL', 'PENDING',
    '10 minutes', false,
    'The card authorization lapsed before the airline had answered.'),
  ('capture_payment', '402', '*', 'FAIL', 'ACTION_REQUIRED', null, false,
    'Your bank refused to pay what it had authorized.');

create or replace function engine.capture_payment_request(
  p_attempt public.booking_attempts
) returns jsonb
  language plpgsql stable
as $$
begin
  return jsonb_build_object(
    'payment_intent', p_attempt.payment_intent_id,
    'amount_to_capture',
    engine.stripe_amount(p_attempt.agreed_amount, p_attempt.currency)
  );
end;
$$;
comment on function engine.capture_payment_request(public.booking_attempts) is
  'Builds the request that collects exactly the amount that was agreed to.';

create or replace function engine.capture_payment_code(
  p_attempt public.booking_attempts, p_report engine.call_report
) returns text
  language plpgsql stable
as $$
begin
  return engine.payment_code(p_attempt, p_report);
end;
$$;
comment on function engine.capture_payment_code(
  public.booking_attempts, engine.call_report
) is 'Names the answer by the status of the payment.';

create or replace function engine.capture_payment_facts(
  p_attempt public.booking_attempts, p_verdict text
) returns public.booking_attempts
  language plpgsql stable
as $$
declare
  v_attempt public.booking_attempts := p_attempt;
begin
  if p_verdict = 'OK' then
    v_attempt.captured_amount := p_attempt.agreed_amount;
  end if;
  return v_attempt;
end;
$$;
comment on function engine.capture_payment_facts(public.booking_attempts, text) is
  'Returns the attempt with the amount that was captured.';
