-- A refund that succeeded may fail days later, when its attempt has long ended. Then
-- the money is still with us, and a person has to return it in another way. A refund
-- that we did not ask for shows in the payment, which is read; a refund of an attempt
-- in flight is the saga's to follow.
create or replace function engine.note_refund(
  p_call engine.provider_calls, p_body jsonb, p_now timestamptz
) returns text
  language plpgsql volatile
as $$
declare
  v_attempt public.booking_attempts;
begin
  v_attempt := engine.event_attempt(
    p_body ->> 'id',
    jsonb_build_object(
      'payment_intent',
      coalesce(p_body #>> '{payment_intent,id}', p_body ->> 'payment_intent'),
      'attempt_id',
      coalesce(p_call.booking_attempt_id::text, p_body #>> '{metadata,attempt_id}')
    )
  );
  if v_attempt.id is null then
    return 'not ours';
  end if;
  if p_body ->> 'status' in ('failed', 'canceled')
    and v_attempt.refund_id = p_body ->> 'id'
    and v_attempt.refunded_at is not null
  then
    update public.flight_bookings as b
    set attention = 'The refund did not arrive; we are looking into it.'
    where b.user_id = v_attempt.user_id and b.booking_attempt_id = v_attempt.id;
    perform engine.tell_of_booking(
      v_attempt, 'booking.refund_failed', p_body ->> 'id', '{}', p_now
    );
    perform engine.open_case(
      'REFUND_FAILED', p_body ->> 'id', v_attempt,
      format(
        'The refund %s after it was taken for done: %s.', p_body ->> 'status',
        coalesce(p_body ->> 'failure_reason', 'no reason given')
      ),
      jsonb_build_object('refund', p_body), p_now
    );
    return 'refund failed';
  end if;
  perform engine.enqueue_read(
    'look_payment', v_attempt.payment_intent_id,
    jsonb_build_object('payment_intent', v_attempt.payment_intent_id), v_attempt, p_now
  );
  return 'passed on';
end;
$$;
comment on function engine.note_refund(engine.provider_calls, jsonb, timestamptz) is
  'Compares a refund that was read with the attempt it belongs to.';
