-- Compares a payment that was read with what our rows say of it. While the attempt is
-- in flight, the saga reads and decides by itself. Once the attempt has ended, any
-- difference is a case for a person. A read that began before the attempt ended proves
-- nothing: the payment is read again.
-- The caller holds the locks of the trip and the attempt, where the call has one.
create or replace function engine.note_payment(
  p_call engine.provider_calls, p_body jsonb, p_now timestamptz
) returns text
  language plpgsql volatile
as $$
declare
  v_id text := p_body ->> 'id';
  v_intent text := coalesce(
    p_body #>> '{payment_intent,id}', p_body ->> 'payment_intent', v_id
  );
  v_charge jsonb := case
    when jsonb_typeof(p_body -> 'latest_charge') = 'object' then p_body -> 'latest_charge'
  end;
  v_attempt public.booking_attempts;
  v_before timestamptz;
  v_kept bigint;
  v_ours bigint;
  v_problem text;
begin
  if p_call.booking_attempt_id is null or v_intent <> v_id then
    -- One charge does not show everything: an intent may have been charged twice.
    select a.* into v_attempt
    from public.booking_attempts as a where a.payment_intent_id = v_intent;
    if not found then
      return 'not ours';
    end if;
    perform engine.enqueue_read(
      'look_payment', v_intent, jsonb_build_object('payment_intent', v_intent),
      v_attempt, p_now
    );
    return 'passed on';
  end if;
  select a.* into v_attempt
  from public.booking_attempts as a
  where a.user_id = p_call.user_id and a.id = p_call.booking_attempt_id;

  if not (select s.is_final from engine.saga_states as s where s.state = v_attempt.state)
  then
    v_before := to_timestamp(
      (v_charge #>> '{payment_method_details,card,capture_before}')::bigint
    );
    update public.booking_attempts as a
    set capture_before = v_before
    where a.user_id = v_attempt.user_id
      and a.id = v_attempt.id
      and a.payment_intent_id = v_id
      and a.capture_before <> v_before;
    perform engine.nudge_attempt(v_attempt.user_id, v_attempt.id, p_now);
    return 'nudged';
  end if;

  v_kept := case p_body ->> 'status'
    when 'succeeded' then (p_body ->> 'amount_received')::bigint
      - coalesce((v_charge ->> 'amount_refunded')::bigint, 0)
    else 0
  end;
  v_ours := case
    -- One attempt pays once: a second intent that names it belongs to no attempt.
    when v_attempt.payment_intent_id is distinct from v_id
      or v_attempt.state = 'FAILED' then 0
    else engine.stripe_amount(v_attempt.captured_amount, v_attempt.currency)
  end;
  if v_ours > 0 and v_attempt.state = 'CANCELLED' then
    -- What the airline keeps stays with us.
    v_ours := v_ours - coalesce(
      engine.stripe_amount(v_attempt.refund_amount, v_attempt.currency), 0
    );
  end if;
  v_problem := case
    when p_body ->> 'currency' is distinct from lower(v_attempt.currency collate "C")
      then 'it is in another currency'
    when p_body ->> 'status' = 'requires_capture' then 'the amount is still held'
    when v_kept > v_ours then 'more was collected than is ours'
    when v_kept < v_ours then 'less was collected than was agreed'
  end;
  if v_problem is null then
    perform engine.close_case(
      'PAYMENT_CONTRADICTION', v_id, 'provider', 'the payment is what it should be',
      p_now
    );
    return 'as expected';
  end if;
  if p_call.claimed_at < v_attempt.state_changed_at then
    perform engine.enqueue_read(
      'look_payment', v_id, jsonb_build_object('payment_intent', v_id), v_attempt, p_now
    );
    return 'read again';
  end if;
  perform engine.open_case(
    'PAYMENT_CONTRADICTION', v_id, v_attempt,
    format('The attempt is %s, but %s.', v_attempt.state, v_problem),
    jsonb_build_object('payment', p_body), p_now
  );
  return 'contradiction';
end;
$$;
comment on function engine.note_payment(
  engine.provider_calls, jsonb, timestamptz
) is
  'Compares a payment intent or a charge that was read with the attempt it belongs to.';
