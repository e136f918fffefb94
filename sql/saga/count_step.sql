-- Adds to the counters what one step of an attempt did: it ended, an order was made,
-- money moved. Most steps add nothing. Answers themselves are counted by settle_call.
create or replace function engine.count_step(
  p_from public.booking_attempts,
  p_to public.booking_attempts,
  p_operation text,
  p_verdict text
) returns void
  language plpgsql volatile
as $$
declare
  v_movement text;
  v_amount numeric;
begin
  if p_from.status = 'PENDING' and p_to.status = 'SUCCESS' then
    perform engine.raise_counter('auto_booking_success_total', '{}', 1);
  elsif p_from.status = 'PENDING' and p_to.status = 'FAILED' then
    perform engine.raise_counter(
      'auto_booking_failure_total',
      jsonb_build_object('reason', engine.failure_reason(p_to.error_code)), 1
    );
  end if;

  -- One that is found after the airline has cancelled it is none.
  if p_from.order_id is null
    and p_to.order_id is not null
    and p_to.order_cancelled_at is null
  then
    perform engine.raise_counter('duffel_order_success_total', '{}', 1);
  elsif p_from.order_id is null
    and (
      p_operation = 'create_order' and p_verdict in ('FAIL', 'RESEARCH', 'EXHAUSTED')
      or p_operation = 'find_order' and p_verdict in ('FAIL', 'RESEARCH')
    )
  then
    perform engine.raise_counter('duffel_order_failure_total', '{}', 1);
  end if;

  if p_from.captured_amount is null and p_to.captured_amount is not null then
    perform engine.raise_counter('stripe_capture_success_total', '{}', 1);
    v_movement := 'captured';
    v_amount := p_to.captured_amount;
  elsif p_operation in ('capture_payment', 'read_capture')
    and p_verdict in ('FAIL', 'REVIEW', 'EXHAUSTED')
  then
    perform engine.raise_counter('stripe_capture_failure_total', '{}', 1);
  elsif p_operation in ('confirm_payment', 'read_authorization', 'read_holder')
    and p_verdict = 'OK'
  then
    v_movement := 'authorized';
    v_amount := p_to.agreed_amount;
  elsif p_from.voided_at is null
    and p_to.voided_at is not null
    -- Else no bank ever held anything.
    and p_to.capture_before is not null
  then
    v_movement := 'voided';
    v_amount := p_to.agreed_amount;
  elsif p_from.refunded_at is null
    and p_to.refunded_at is not null
    and p_to.refund_amount > 0
  then
    v_movement := 'refunded';
    v_amount := p_to.refund_amount;
  end if;
  if v_movement is not null then
    perform engine.raise_counter(
      'skylatch_money_total',
      jsonb_build_object('movement', v_movement, 'currency', p_to.currency), v_amount
    );
  end if;
end;
$$;
comment on function engine.count_step(
  public.booking_attempts, public.booking_attempts, text, text
) is 'Counts for the metrics what one step of an attempt did: an end, an order, money.';
