-- An operator may want a traveller's first booking approved. Then a trip that would
-- book by itself asks first, until one booking of its traveller has succeeded.
create or replace function engine.trip_mode(p_trip public.trip_requests) returns text
  language plpgsql stable
as $$
begin
  if p_trip.booking_mode in ('AUTOMATIC', 'VETO_WINDOW')
    and (select l.first_booking_needs_approval from engine.traveller_limits as l)
    and not exists (
      select from public.flight_bookings as b where b.user_id = p_trip.user_id
    )
  then
    return 'APPROVAL';
  end if;
  return p_trip.booking_mode;
end;
$$;
comment on function engine.trip_mode(public.trip_requests) is
  'Returns the mode in which a trip is booked now: its own, or APPROVAL for a first '
  'booking that needs it.';
