-- Every answer of Stripe about an attempt's payment is the payment itself. The answer
-- is named by the payment's status if the amount is the agreed one.
create or replace function engine.payment_code(
  p_attempt public.booking_attempts, p_report engine.call_report
) returns text
  language plpgsql stable
as $$
declare
  v_payment jsonb := p_report.body;
begin
  return case
    when v_payment ->> 'currency' is distinct from lower(p_attempt.currency collate "C")
      or (v_payment ->> 'amount')::bigint is distinct from
      engine.stripe_amount(p_attempt.agreed_amount, p_attempt.currency)
      then 'amount_mismatch'
    when v_payment ->> 'status' = 'succeeded'
      and (v_payment ->> 'amount_received')::bigint
      is distinct from (v_payment ->> 'amount')::bigint then 'amount_mismatch'
    else engine.provider_word(v_payment ->> 'status', 'unreadable')
  end;
end;
$$;
comment on function engine.payment_code(
  public.booking_attempts, engine.call_report
) is 'Names an attempt''s payment by its status, or as a payment of another amount.';
