-- The order and the payment are certain. The booking, its passengers, the offer and the
-- trip say so in one transaction. A partial unique index stops a second confirmed
-- booking of a trip.
create or replace function engine.confirm_booking(
  p_attempt public.booking_attempts, p_now timestamptz
) returns void
  language plpgsql volatile
as $$
declare
  v_booking_id uuid;
begin
  insert into public.flight_bookings as b (
    user_id, trip_request_id, booking_attempt_id, flight_offer_id, offer_id, order_id,
    payment_intent_id, booking_reference, price, currency, booked_at
  )
  values (
    p_attempt.user_id, p_attempt.trip_request_id, p_attempt.id,
    p_attempt.flight_offer_id, p_attempt.offer_id, p_attempt.order_id,
    p_attempt.payment_intent_id, p_attempt.booking_reference, p_attempt.agreed_amount,
    p_attempt.currency, p_now
  )
  returning b.id into v_booking_id;
  insert into public.booking_passengers (
    user_id, flight_booking_id, traveler_profile_id, passenger_id
  )
  select p_attempt.user_id, v_booking_id, p.traveler_profile_id, p.passenger_id
  from engine.booking_attempt_passengers as p
  where p.user_id = p_attempt.user_id and p.booking_attempt_id = p_attempt.id;
  update public.flight_offers as o
  set status = 'BOOKED', price_amount = p_attempt.agreed_amount, updated_at = p_now
  where o.user_id = p_attempt.user_id
    and o.id = p_attempt.flight_offer_id
    and o.day = '9999-12-31';
  update public.offer_proposals as p
  set state = 'BOOKED', state_changed_at = p_now
  where p.user_id = p_attempt.user_id and p.booking_attempt_id = p_attempt.id;
  -- Whatever the traveller asked for meanwhile, the trip is booked: say the truth.
  update public.trip_requests as t
  set
    auto_book_status = 'BOOKED',
    selected_offer_id = p_attempt.flight_offer_id,
    status_reason = format(
      'Booked: %s, %s.', p_attempt.booking_reference,
      engine.format_money(p_attempt.agreed_amount, p_attempt.currency)
    ),
    status_changed_at = p_now
  where t.user_id = p_attempt.user_id and t.id = p_attempt.trip_request_id;
end;
$$;
comment on function engine.confirm_booking(public.booking_attempts, timestamptz) is
  'Writes the confirmed booking of a captured order.';
