-- Asks the bank to hold the amount. An answer that is not plain is settled by reading
-- the payment (outward/read_authorization.sql).
select engine.define_operation(
  'confirm_payment', 'stripe', p_lease => '60 seconds', p_max_tries => 8,
  p_key_lasts => '23 hours', p_awaits_history => true
);
insert into engine.outcome_rules (operation, http_status, error_code, verdict)
values
  ('confirm_payment', '*', '*', 'UNKNOWN'),
  ('confirm_payment', '200', 'requires_capture', 'OK'),
  ('confirm_payment', '200', 'requires_action', 'HOLDER'),
  ('confirm_payment', '402', 'authentication_required', 'HOLDER'),
  ('confirm_payment', '400', 'payment_intent_unexpected_state', 'UNKNOWN'),
  ('confirm_payment', 'none', 'not_sent', 'RETRY'),
  ('confirm_payment', '409', '*', 'RETRY'),
  ('confirm_payment', '429', '*', 'RETRY');
insert into engine.outcome_rules (
  operation, http_status, error_code, verdict, trip_status, search_again_after, halts,
  reason
)
values
  ('confirm_payment', '402', '*', 'FAIL', 'ACTION_REQUIRED', null, false,
    'Your card was declined. Please add another one.'),
  ('confirm_payment', '402', 'insufficient_funds', 'FAIL', 'ACTION_REQUIRED', null,
    false, 'Your card has insufficient funds.'),
  ('confirm_payment', '402', 'expired_card', 'FAIL', 'ACTION_REQUIRED', null, false,
    'Your card has expired.'),
  ('confirm_payment', '400', '*', 'FAIL', 'ACTION_REQUIRED', null, false,
    'Your card could not be used. Please add another one.');

create or replace function engine.confirm_payment_request(
  p_attempt public.booking_attempts
) returns jsonb
  language plpgsql stable
as $$
begin
  return jsonb_build_object('payment_intent', p_attempt.payment_intent_id);
end;
$$;
comment on function engine.confirm_payment_request(public.booking_attempts) is
  'Builds the request that confirms the payment that was created.';

create or replace function engine.confirm_payment_code(
  p_attempt public.booking_attempts, p_report engine.call_report
) returns text
  language plpgsql stable
as $$
begin
  return engine.payment_code(p_attempt, p_report);
end;
$$;
comment on function engine.confirm_payment_code(
  public.booking_attempts, engine.call_report
) is 'Names the answer by the status of the payment.';

create or replace function engine.confirm_payment_facts(
  p_attempt public.booking_attempts, p_verdict text, p_report engine.call_report
) returns public.booking_attempts
  language plpgsql stable
as $$
begin
  return engine.hold_facts(p_attempt, p_verdict, p_report);
end;
$$;
comment on function engine.confirm_payment_facts(
  public.booking_attempts, text, engine.call_report
) is 'Returns the attempt with the time until which the bank holds the amount.';
