-- When a case opens, both providers are asked what they say now, so that a person
-- decides on facts. record_evidence keeps the answers.
create or replace function engine.gather_evidence(p_case_id bigint, p_now timestamptz)
  returns void
  language plpgsql volatile
as $$
declare
  v_case engine.review_cases;
  v_attempt public.booking_attempts;
  v_offer_id text;
  v_order_id text;
  v_payment text;
begin
  select c.* into v_case from engine.review_cases as c where c.id = p_case_id;
  select a.* into v_attempt
  from public.booking_attempts as a
  where a.user_id = v_case.user_id and a.id = v_case.booking_attempt_id;
  v_offer_id := coalesce(v_attempt.offer_id, v_case.evidence #>> '{found,offer_id}');
  v_order_id := case v_case.kind
    when 'ORPHAN_ORDER' then v_case.object_id
    else coalesce(v_attempt.order_id, v_attempt.order_hint)
  end;
  v_payment := case v_case.kind
    when 'ORPHAN_PAYMENT' then v_case.object_id else v_attempt.payment_intent_id
  end;
  if v_offer_id is not null then
    perform engine.enqueue_read(
      'look_order', v_offer_id,
      jsonb_strip_nulls(
        jsonb_build_object('offer_id', v_offer_id, 'order_id', v_order_id)
      ),
      v_attempt, p_now
    );
  end if;
  if v_payment is not null then
    perform engine.enqueue_read(
      'look_payment', v_payment, jsonb_build_object('payment_intent', v_payment),
      v_attempt, p_now
    );
  end if;
  if v_case.kind = 'DISPUTE' then
    perform engine.enqueue_read(
      'look_dispute', v_case.object_id,
      jsonb_build_object('dispute', v_case.object_id), v_attempt, p_now
    );
  elsif v_case.kind = 'REFUND_FAILED' then
    perform engine.enqueue_read(
      'look_refund', v_case.object_id, jsonb_build_object('refund', v_case.object_id),
      v_attempt, p_now
    );
  elsif v_case.kind = 'ORPHAN_PAYMENT' then
    -- Only the whole list can say whether an order goes with the payment.
    perform engine.start_scan('orders', p_now);
  end if;
end;
$$;
comment on function engine.gather_evidence(bigint, timestamptz) is
  'Enqueues reads of what both providers say about a case.';
