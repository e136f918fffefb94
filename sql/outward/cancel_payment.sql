-- Releases the hold. The call is repeated until the provider says that the hold is
-- gone.
select engine.define_operation(
  'cancel_payment', 'stripe', p_lease => '60 seconds', p_max_tries => 20,
  p_key_lasts => '23 hours', p_awaits_history => true
);
insert into engine.outcome_rules (operation, http_status, error_code, verdict)
values
  ('cancel_payment', '*', '*', 'UNKNOWN'),
  ('cancel_payment', '200', 'canceled', 'OK'),
  ('cancel_payment', 'none', 'not_sent', 'RETRY'),
  ('cancel_payment', '409', '*', 'RETRY'),
  ('cancel_payment', '429', '*', 'RETRY');

create or replace function engine.cancel_payment_request(
  p_attempt public.booking_attempts
) returns jsonb
  language plpgsql stable
as $$
begin
  return jsonb_build_object('payment_intent', p_attempt.payment_intent_id);
end;
$$;
comment on function engine.cancel_payment_request(public.booking_attempts) is
  'Builds the request that cancels the payment.';

create or replace function engine.cancel_payment_code(
  p_attempt public.booking_attempts, p_report engine.call_report
) returns text
  language plpgsql stable
as $$
begin
  return engine.payment_code(p_attempt, p_report);
end;
$$;
comment on function engine.cancel_payment_code(
  public.booking_attempts, engine.call_report
) is 'Names the answer by the status of the payment.';

create or replace function engine.cancel_payment_facts(
  p_attempt public.booking_attempts, p_verdict text, p_now timestamptz
) returns public.booking_attempts
  language plpgsql stable
as $$
declare
  v_attempt public.booking_attempts := p_attempt;
begin
  if p_verdict = 'OK' then
    v_attempt.voided_at := p_now;
  end if;
  return v_attempt;
end;
$$;
comment on function engine.cancel_payment_facts(
  public.booking_attempts, text, timestamptz
) is 'Returns the attempt with the time at which its hold was released.';
