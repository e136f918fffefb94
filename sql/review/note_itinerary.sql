-- An airline moves flights without asking. The order as it was read now says when its
-- passengers are in the air: the new hours are taken, the former ones are free. A read
-- that began before the newest known read changes nothing. The caller holds the locks
-- of the trip and the attempt.
create or replace function engine.note_itinerary(
  p_attempt public.booking_attempts,
  p_order jsonb,
  p_read_at timestamptz,
  p_now timestamptz
) returns boolean
  language plpgsql volatile
as $$
declare
  v_itinerary jsonb := engine.order_itinerary(p_order);
  v_before jsonb;
begin
  if v_itinerary is null or p_read_at < p_attempt.itinerary_read_at then
    return false;
  end if;
  update public.booking_attempts as a
  set itinerary = v_itinerary, itinerary_read_at = p_read_at
  where a.user_id = p_attempt.user_id and a.id = p_attempt.id;
  select coalesce(p_attempt.itinerary, o.itinerary) into v_before
  from public.flight_offers as o
  where o.user_id = p_attempt.user_id
    and o.id = p_attempt.flight_offer_id
    and o.day = '9999-12-31';
  if array(select t.during from engine.flight_times(v_itinerary) as t (during))
    = array(select t.during from engine.flight_times(v_before) as t (during))
  then
    return false;
  end if;
  update public.booking_attempts as a
  set moved_at = p_now
  where a.user_id = p_attempt.user_id and a.id = p_attempt.id;
  update public.flight_bookings as b
  set attention = 'The airline moved this flight: its times have changed.'
  where b.user_id = p_attempt.user_id
    and b.booking_attempt_id = p_attempt.id
    and b.status = 'CONFIRMED'
    and b.attention is null;
  perform engine.tell_of_booking(
    p_attempt, 'booking.changed', md5(v_itinerary::text),
    jsonb_build_object(
      'before', v_before -> 'slices', 'slices', v_itinerary,
      'reason', 'The airline moved this flight: its times have changed.'
    ),
    p_now
  );
  perform engine.log_event(
    p_attempt.user_id, p_attempt.trip_request_id, p_attempt.id, 'engine',
    'order:' || p_attempt.order_id, null, null, 'the airline moved the flight',
    jsonb_build_object('flights', v_itinerary)
  );
  return true;
end;
$$;
comment on function engine.note_itinerary(
  public.booking_attempts, jsonb, timestamptz, timestamptz
) is
  'Keeps the flights of an order as they were read; tells whether their times have '
  'changed.';
