-- A booking tells its traveller that it was made, that it was cancelled, and that its
-- money was returned.
create or replace function engine.tell_booking() returns trigger
  language plpgsql volatile
as $$
declare
  v_now constant timestamptz := clock_timestamp();
  v_trip public.trip_requests;
  v_kind text := case
    when tg_op = 'INSERT' then 'booking.confirmed'
    when old.status = 'CONFIRMED' then 'booking.cancelled'
    else 'booking.refunded'
  end;
begin
  select t.* into v_trip
  from public.trip_requests as t
  where t.user_id = new.user_id and t.id = new.trip_request_id;
  perform engine.notify_traveller(
    new.user_id, v_kind, new.id::text, new.trip_request_id, new.id,
    engine.trip_facts(v_trip) || jsonb_build_object(
      'status', new.status,
      'price', new.price::text,
      'currency', new.currency,
      'refund', new.refund_amount::text,
      'reason', new.attention
    ),
    case when tg_op = 'INSERT' then new.booked_at else v_now end
  );
  return null;
end;
$$;
comment on function engine.tell_booking() is
  'Trigger that tells the traveller what became of a booking.';

create or replace trigger flight_bookings_tell_made
after insert on public.flight_bookings
for each row execute function engine.tell_booking();

create or replace trigger flight_bookings_tell
after update of status on public.flight_bookings
for each row
when (new.status is distinct from old.status and new.status <> 'CONFIRMED')
execute function engine.tell_booking();
