-- Reads whether the bank holds the amount, when the answer to the confirmation is
-- unknown.
select engine.define_operation(
  'read_authorization', 'stripe', p_lease => '60 seconds', p_max_tries => 20,
  p_awaits_history => true
);
insert into engine.outcome_rules (operation, http_status, error_code, verdict)
values
  ('read_authorization', '*', '*', 'RETRY'),
  ('read_authorization', '200', 'requires_capture', 'OK'),
  ('read_authorization', '200', 'requires_confirmation', 'REDO'),
  ('read_authorization', '200', 'requires_action', 'HOLDER'),
  ('read_authorization', '200', 'authentication_required', 'HOLDER'),
  ('read_authorization', '200', 'amount_mismatch', 'REVIEW');
insert into engine.outcome_rules (
  operation, http_status, error_code, verdict, trip_status, search_again_after, halts,
  reason
)
values
  ('read_authorization', '200', 'requires_payment_method', 'FAIL', 'ACTION_REQUIRED',
    null, false, 'Your card was declined. Please add another one.'),
  ('read_authorization', '200', 'canceled', 'FAIL', 'PENDING', '10 minutes', false,
    'The card authorization lapsed.');

create or replace function engine.read_authorization_request(
  p_attempt public.booking_attempts
) returns jsonb
  language plpgsql stable
as $$
begin
  return jsonb_build_object('payment_intent', p_attempt.payment_intent_id);
end;
$$;
comment on function engine.read_authorization_request(public.booking_attempts) is
  'Asks for the payment.';

create or replace function engine.read_authorization_code(
  p_attempt public.booking_attempts, p_report engine.call_report
) returns text
  language plpgsql stable
as $$
declare
  v_code constant text := engine.payment_code(p_attempt, p_report);
begin
  -- Off-session, a bank that wants its card's holder declines.
  return case
    when v_code = 'requires_payment_method'
      and p_report.body #>> '{last_payment_error,code}' = 'authentication_required'
      then 'authentication_required'
    else v_code
  end;
end;
$$;
comment on function engine.read_authorization_code(
  public.booking_attempts, engine.call_report
) is 'Names the answer by the status of the payment, or what the bank wants.';

create or replace function engine.read_authorization_facts(
  p_attempt public.booking_attempts, p_verdict text, p_report engine.call_report
) returns public.booking_attempts
  language plpgsql stable
as $$
begin
  return engine.hold_facts(p_attempt, p_verdict, p_report);
end;
$$;
comment on function engine.read_authorization_facts(
  public.booking_attempts, text, engine.call_report
) is 'Returns the attempt with the time until which the bank holds the amount.';
