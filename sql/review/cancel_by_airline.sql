-- The order of a confirmed booking was cancelled by the airline. Whether and how much
-- money the traveller gets back is for a person to decide: the case shows the amounts.
-- The caller holds the locks of the trip and the attempt.
create or replace function engine.cancel_by_airline(
  p_attempt public.booking_attempts, p_order jsonb, p_now timestamptz
) returns void
  language plpgsql volatile
as $$
begin
  update public.flight_bookings as b
  set
    status = 'CANCELLED',
    cancelled_at = (p_order ->> 'cancelled_at')::timestamptz,
    attention = 'The airline cancelled this booking: we are looking into your money.'
  where b.user_id = p_attempt.user_id and b.booking_attempt_id = p_attempt.id;
  update public.booking_attempts as a
  set order_cancelled_at = (p_order ->> 'cancelled_at')::timestamptz
  where a.user_id = p_attempt.user_id and a.id = p_attempt.id;
  update public.trip_requests as t
  set
    auto_book_status = 'ACTION_REQUIRED',
    status_reason = 'The airline cancelled the booking.',
    status_changed_at = p_now
  where t.user_id = p_attempt.user_id
    and t.id = p_attempt.trip_request_id
    and t.auto_book_status = 'BOOKED';
  perform engine.log_event(
    p_attempt.user_id, p_attempt.trip_request_id, p_attempt.id, 'engine',
    'order:' || p_attempt.order_id, p_attempt.state, p_attempt.state,
    'the order was cancelled, not by us',
    jsonb_strip_nulls(jsonb_build_object('cancelled_at', p_order -> 'cancelled_at'))
  );
  perform engine.open_case(
    'AIRLINE_CANCELLATION', p_attempt.order_id, p_attempt,
    format(
      'The airline cancelled a booking of %s.',
      engine.format_money(p_attempt.captured_amount, p_attempt.currency)
    ),
    jsonb_build_object(
      'found', p_order,
      'captured', p_attempt.captured_amount::text,
      'currency', p_attempt.currency
    ),
    p_now
  );
end;
$$;
comment on function engine.cancel_by_airline(
  public.booking_attempts, jsonb, timestamptz
) is
  'Records that the airline cancelled a confirmed booking, and opens a case for a '
  'person.';
