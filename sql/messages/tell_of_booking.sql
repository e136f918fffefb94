-- What happens to a booking beside its status: a change by the airline, a refund that
-- failed, a cancellation that was refused. The same sentence about the same thing is
-- told once.
create or replace function engine.tell_of_booking(
  p_attempt public.booking_attempts,
  p_kind text,
  p_subject text,
  p_facts jsonb,
  p_now timestamptz
) returns void
  language plpgsql volatile
as $$
declare
  v_booking public.flight_bookings;
  v_trip public.trip_requests;
begin
  select b.* into v_booking
  from public.flight_bookings as b
  where b.user_id = p_attempt.user_id and b.booking_attempt_id = p_attempt.id;
  if not found then
    return;
  end if;
  select t.* into v_trip
  from public.trip_requests as t
  where t.user_id = p_attempt.user_id and t.id = p_attempt.trip_request_id;
  perform engine.notify_traveller(
    p_attempt.user_id, p_kind, format('%s:%s', v_booking.id, p_subject),
    p_attempt.trip_request_id, v_booking.id,
    engine.trip_facts(v_trip) || jsonb_build_object(
      'price', v_booking.price::text,
      'currency', v_booking.currency,
      'refund', v_booking.refund_amount::text,
      'reason', v_booking.attention
    ) || p_facts,
    p_now
  );
end;
$$;
comment on function engine.tell_of_booking(
  public.booking_attempts, text, text, jsonb, timestamptz
) is 'Tells the traveller what happened to the booking of an attempt.';
