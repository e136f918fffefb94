-- Creates the payment, unconfirmed. Such a payment holds no money, and its key makes a
-- repeated request harmless.
select engine.define_operation(
  'create_payment', 'stripe', p_lease => '60 seconds', p_max_tries => 8,
  p_key_lasts => '23 hours', p_breaks_after => 5, p_awaits_history => true
);
insert into engine.outcome_rules (operation, http_status, error_code, verdict)
values
  ('create_payment', '*', '*', 'RETRY'),
  ('create_payment', '200', 'requires_confirmation', 'OK'),
  ('create_payment', '409', '*', 'RETRY'),
  ('create_payment', '429', '*', 'RETRY');
insert into engine.outcome_rules (
  operation, http_status, error_code, verdict, trip_status, search_again_after, halts,
  reason
)
values
  ('create_payment', '4xx', '*', 'FAIL', 'ACTION_REQUIRED', null, false,
    'Your card could not be used. Please add another one.'),
  ('create_payment', '400', 'amount_too_small', 'FAIL', 'PENDING', '10 minutes', false,
    'The fare is too small to be charged to a card.'),
  ('create_payment', '400', 'amount_too_large', 'FAIL', 'PENDING', '10 minutes', false,
    'The fare is too large an amount to be charged to a card.'),
  -- The same key, another fare: it was made in a history that a failover has lost.
  ('create_payment', '400', 'idempotency_error', 'FAIL', 'PENDING', '10 minutes', false,
    'The payment had been prepared for another fare.'),
  ('create_payment', 'none', 'key_expired', 'FAIL', 'PENDING', '10 minutes', false,
    'The payment could not be prepared in time.'),
  ('create_payment', '401', '*', 'FAIL', 'PENDING', '1 hour', true,
    'Our payment account was refused; we are looking into it.'),
  ('create_payment', '403', '*', 'FAIL', 'PENDING', '1 hour', true,
    'Our payment account was refused; we are looking into it.');

create or replace function engine.create_payment_request(
  p_attempt public.booking_attempts
) returns jsonb
  language plpgsql stable
as $$
declare
  v_card public.payment_methods;
begin
  select m.* into v_card
  from public.payment_methods as m
  where m.user_id = p_attempt.user_id and m.id = p_attempt.payment_method_id;
  return jsonb_build_object(
    'amount', engine.stripe_amount(p_attempt.agreed_amount, p_attempt.currency),
    'currency', lower(p_attempt.currency collate "C"),
    'customer', v_card.stripe_customer_id,
    'payment_method', v_card.stripe_payment_method_id,
    'metadata', engine.our_mark(p_attempt)
  );
end;
$$;
comment on function engine.create_payment_request(public.booking_attempts) is
  'Builds the payment of the agreed amount by the traveller''s card, with our mark.';

create or replace function engine.create_payment_code(
  p_attempt public.booking_attempts, p_report engine.call_report
) returns text
  language plpgsql stable
as $$
begin
  return engine.payment_code(p_attempt, p_report);
end;
$$;
comment on function engine.create_payment_code(
  public.booking_attempts, engine.call_report
) is 'Names the answer by the status of the payment.';

create or replace function engine.create_payment_facts(
  p_attempt public.booking_attempts, p_verdict text, p_report engine.call_report
) returns public.booking_attempts
  language plpgsql stable
as $$
declare
  v_attempt public.booking_attempts := p_attempt;
begin
  if p_verdict = 'OK' then
    v_attempt.payment_intent_id := p_report.body ->> 'id';
  end if;
  return v_attempt;
end;
$$;
comment on function engine.create_payment_facts(
  public.booking_attempts, text, engine.call_report
) is
  'Returns the attempt with the id of its payment, by which an unknown answer is read '
  'later.';
