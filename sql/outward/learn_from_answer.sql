-- What an answer teaches about the order and the money, whatever happens next. Nothing
-- is unlearnt: an order that exists is recorded whatever else is wrong with it.
drop function if exists engine.learn_from_answer(
  public.booking_attempts, text, text, engine.outcome_rules, jsonb, timestamptz
);
create or replace function engine.learn_from_answer(
  p_attempt public.booking_attempts,
  p_operation text,
  p_verdict text,
  p_rule engine.outcome_rules,
  p_report engine.call_report,
  p_reason text,
  p_now timestamptz
) returns public.booking_attempts
  language plpgsql stable
as $$
declare
  v_attempt public.booking_attempts := p_attempt;
  v_body jsonb := p_report.body;
  v_order jsonb;
  v_ok boolean := p_verdict = 'OK';
begin
  if p_operation = 'create_order' and p_verdict in ('OK', 'REVIEW') then
    v_order := v_body -> 'data';
  elsif p_operation = 'create_order' and p_verdict = 'UNKNOWN' then
    v_attempt.order_hint := coalesce(v_body #>> '{data,id}', p_attempt.order_hint);
  elsif p_operation = 'find_order' and p_verdict in ('OK', 'REVIEW', 'FAIL')
    and p_report.error_code <> 'several'
  then
    v_order := engine.found_order(p_attempt, v_body) -> 'order';
  elsif p_operation = 'get_offer' and v_ok then
    v_attempt.agreed_amount := (v_body #>> '{data,total_amount}')::numeric;
  elsif p_operation = 'create_payment' and v_ok then
    v_attempt.payment_intent_id := v_body ->> 'id';
  elsif p_operation in ('confirm_payment', 'read_authorization') and v_ok then
    v_attempt.capture_before := to_timestamp(
      (v_body #>> '{latest_charge,payment_method_details,card,capture_before}')::bigint
    );
  elsif p_operation in ('capture_payment', 'read_capture') and v_ok then
    v_attempt.captured_amount := p_attempt.agreed_amount;
  elsif p_operation in ('cancel_payment', 'read_void') and v_ok then
    v_attempt.voided_at := p_now;
  elsif p_operation = 'quote_cancellation' and v_ok then
    v_attempt.cancellation_id := v_body #>> '{data,id}';
    v_attempt.refund_amount := least(
      (v_body #>> '{data,refund_amount}')::numeric, p_attempt.captured_amount
    );
  elsif p_operation in ('confirm_cancellation', 'read_cancellation') and v_ok then
    v_attempt.order_cancelled_at := p_now;
  elsif p_operation in ('find_refunds', 'create_refund') and v_ok then
    v_attempt.refund_id := case p_operation
      when 'create_refund' then v_body ->> 'id'
      else engine.found_refund(p_attempt, v_body) #>> '{refund,id}'
    end;
    v_attempt.refunded_at := p_now;
  elsif p_verdict = 'REFUND' then
    -- Another refund under another key, of what was decided on, or of everything.
    v_attempt.refund_no := p_attempt.refund_no + 1;
    v_attempt.refund_amount := coalesce(
      nullif(p_attempt.refund_amount, 0), p_attempt.captured_amount
    );
    v_attempt.refunded_at := null;
  end if;
  if v_order is not null then
    v_attempt.order_id := v_order ->> 'id';
    v_attempt.booking_reference := v_order ->> 'booking_reference';
    v_attempt.order_cancelled_at := (v_order ->> 'cancelled_at')::timestamptz;
    v_attempt.itinerary := coalesce(
      engine.order_itinerary(v_order), p_attempt.itinerary
    );
  end if;

  if p_verdict in ('VOID', 'RELEASE') then
    v_attempt.error_code := lower(p_verdict collate "C");
    v_attempt.error_message := 'Not booked: ' || p_reason;
    v_attempt.trip_status_after := case p_verdict
      when 'VOID' then 'ACTION_REQUIRED' else 'PENDING'
    end;
    v_attempt.search_again_after := interval '0';
  elsif p_verdict in ('FAIL', 'RESEARCH', 'STOP', 'EXHAUSTED', 'CANCEL', 'REFUND')
    and v_attempt.error_message is null
    and p_attempt.status = 'PENDING'
  then
    v_attempt.error_code := coalesce(
      p_report.error_code, lower(p_verdict collate "C")
    );
    v_attempt.error_message := coalesce(
      p_rule.reason, p_reason, 'The provider did not answer in time.'
    );
    v_attempt.trip_status_after := coalesce(p_rule.trip_status, 'PENDING');
    v_attempt.search_again_after := coalesce(
      p_rule.search_again_after, interval '10 minutes'
    );
  end if;
  return v_attempt;
end;
$$;
comment on function engine.learn_from_answer(
  public.booking_attempts, text, text, engine.outcome_rules, engine.call_report, text,
  timestamptz
) is 'Returns the attempt with what one answer tells about it.';
