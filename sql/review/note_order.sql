-- Takes in orders that were read at Duffel. An attempt that waits for an order looks
-- for it by itself. A booking whose order was cancelled is marked so, and its traveller
-- is asked. An airline's change is shown and never accepted here. Each effect only goes
-- forward, so a read that comes late undoes nothing.
-- Lock order: trip_requests, then booking_attempts, then provider_calls.
create or replace function engine.note_order(
  p_call engine.provider_calls, p_body jsonb, p_now timestamptz
) returns text
  language plpgsql volatile
as $$
declare
  v_found record;
  v_order record;
  v_booking public.flight_bookings;
  v_attempt public.booking_attempts;
  v_change jsonb;
  v_outcome text;
begin
  select j.* into v_found
  from engine.judge_orders(
    p_body -> 'orders', coalesce(p_call.claimed_at, p_now), 'infinity', p_now
  ) as j;
  if v_found.passed_over > 0 then
    -- Of a few orders none is passed over: the whole answer is taken in again.
    raise exception using
      errcode = 'SK308',
      message = 'the trip is held by another transaction',
      detail = jsonb_build_object('call', p_call.id),
      hint = 'Nothing is wrong with the answer: it is taken in again.';
  end if;
  v_outcome := case
    when v_found.at_odds > 0 then format('%s to look at', v_found.at_odds)
  end;
  for v_order in
    select o.value as facts, b.user_id, b.trip_request_id, b.id as booking_id
    from jsonb_array_elements(p_body -> 'orders') as o
    inner join public.flight_bookings as b on o.value ->> 'id' = b.order_id
    where b.status = 'CONFIRMED' and not engine.belongs_elsewhere(o.value -> 'metadata')
    order by b.trip_request_id
  loop
    perform engine.take_trip(v_order.user_id, v_order.trip_request_id);
    select b.* into v_booking
    from public.flight_bookings as b
    where b.user_id = v_order.user_id and b.id = v_order.booking_id;
    select a.* into v_attempt
    from public.booking_attempts as a
    where a.user_id = v_booking.user_id and a.id = v_booking.booking_attempt_id
    for no key update;
    if v_booking.status = 'CONFIRMED'
      and engine.note_itinerary(
        v_attempt, v_order.facts, coalesce(p_call.claimed_at, p_now), p_now
      )
    then
      v_outcome := 'moved by the airline';
    end if;
    -- While a cancellation of ours runs, the order is the saga's to watch.
    continue when v_booking.status <> 'CONFIRMED' or v_attempt.state <> 'CONFIRMED';
    if v_order.facts ->> 'cancelled_at' is not null then
      perform engine.cancel_by_airline(v_attempt, v_order.facts, p_now);
      v_outcome := 'cancelled by the airline';
      continue;
    end if;
    for v_change in
      select c.value
      from jsonb_array_elements(
        case jsonb_typeof(v_order.facts -> 'airline_initiated_changes')
          when 'array' then v_order.facts -> 'airline_initiated_changes' else '[]'
        end
      ) as c
      where c.value ->> 'id' is not null
    loop
      if v_change ->> 'action_taken' is not null then
        perform engine.close_case(
          'AIRLINE_CHANGE', v_change ->> 'id', 'engine', v_change ->> 'action_taken',
          p_now
        );
      elsif engine.find_case(
        'AIRLINE_CHANGE', v_change ->> 'id', v_attempt,
        'The airline changed a booked flight: accept it, change it or cancel.',
        jsonb_build_object('found', v_order.facts), p_now
      ) is not null then
        update public.flight_bookings as b
        set attention = 'The airline changed this flight: we are looking into it.'
        where b.user_id = v_booking.user_id and b.id = v_booking.id;
        perform engine.tell_of_booking(
          v_attempt, 'booking.changed', v_change ->> 'id', '{}', p_now
        );
        v_outcome := 'changed by the airline';
      end if;
    end loop;
  end loop;
  return v_outcome;
end;
$$;
comment on function engine.note_order(engine.provider_calls, jsonb, timestamptz) is
  'Takes in what Duffel says of orders: hints for attempts, cancellations and changes '
  'of bookings.';
