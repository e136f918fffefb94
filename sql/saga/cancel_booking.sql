-- A cancellation is possible whatever the switches say: they stop spending, and a
-- cancellation returns money. A second request, while one cancellation runs or after
-- it, changes nothing.
-- Lock order: trip_requests, then booking_attempts, then provider_calls.
create or replace function engine.cancel_booking(
  p_booking_id uuid, p_min_refund numeric
) returns text
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_now timestamptz := clock_timestamp();
  v_booking public.flight_bookings;
  v_attempt public.booking_attempts;
begin
  select b.* into v_booking
  from public.flight_bookings as b
  where b.id = p_booking_id and engine.may_act_for(b.user_id);
  if v_booking.id is null then
    raise exception using
      errcode = 'SK106',
      message = 'no such booking',
      detail = jsonb_build_object('booking', p_booking_id),
      column = 'p_booking_id',
      hint = 'Check the id and who is signed in.';
  elsif p_min_refund < 0
    or p_min_refund > v_booking.price
    or p_min_refund = 'NaN'
    or engine.stripe_amount(nullif(p_min_refund, 0), v_booking.currency) is null
    and p_min_refund > 0
  then
    raise exception using
      errcode = 'SK018',
      message = 'the least refund is not an amount of this booking',
      detail = jsonb_build_object(
        'field', 'p_min_refund', 'value', p_min_refund, 'price', v_booking.price,
        'currency', v_booking.currency
      ),
      column = 'p_min_refund',
      hint = 'From 0 (whatever it returns) to the price (everything, the default).';
  end if;
  perform engine.lock_trip(v_booking.trip_request_id);
  select a.* into v_attempt
  from public.booking_attempts as a
  where a.user_id = v_booking.user_id and a.id = v_booking.booking_attempt_id
  for no key update;
  select b.* into v_booking
  from public.flight_bookings as b
  where b.user_id = v_booking.user_id and b.id = v_booking.id;
  if v_booking.status <> 'CONFIRMED' then
    return v_booking.status;
  elsif v_attempt.state <> 'CONFIRMED' then
    return v_attempt.state;
  end if;
  update public.booking_attempts as a
  set min_refund = coalesce(p_min_refund, v_booking.price)
  where a.user_id = v_attempt.user_id and a.id = v_attempt.id;
  update public.flight_bookings as b
  set attention = 'Asking the airline what cancelling returns.'
  where b.user_id = v_booking.user_id and b.id = v_booking.id;
  return engine.command_attempt(
    v_attempt.user_id, v_attempt.id, 'CANCEL', engine.caller(),
    'booking:' || p_booking_id,
    engine.asked_by(v_booking.user_id) || ' asked to cancel', v_now
  );
end;
$$;
comment on function engine.cancel_booking(uuid, numeric) is
  'See public.cancel_booking.';
grant execute on function engine.cancel_booking(uuid, numeric)
  to authenticated, service_role;

create or replace function public.cancel_booking(
  p_booking_id uuid, p_min_refund numeric default null
) returns text
  language plpgsql volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $$
begin
  return engine.cancel_booking(p_booking_id, p_min_refund);
exception
  when deadlock_detected or lock_not_available or serialization_failure then
    perform engine.refuse_busy(sqlstate);
    raise;
end;
$$;
comment on function public.cancel_booking(uuid, numeric) is
  'Cancels a booking if the airline returns at least so much (default: everything); '
  'returns the state of the cancellation. A repeated request changes nothing.';
grant execute on function public.cancel_booking(uuid, numeric)
  to authenticated, service_role;
