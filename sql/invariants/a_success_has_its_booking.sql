create or replace function engine.a_success_has_its_booking(p_since timestamptz)
  returns table (subject text, detail text, since timestamptz)
  language plpgsql stable
as $$
begin
  return query
  select a.id::text, a.state, a.state_changed_at
  from public.booking_attempts as a
  where a.state_changed_at >= p_since
    and a.status = 'SUCCESS'
    and (
      select count(*) from public.flight_bookings as b
      where b.user_id = a.user_id and b.booking_attempt_id = a.id
    ) <> 1;
end;
$$;
comment on function engine.a_success_has_its_booking(timestamptz) is
  'Rows that break the promise: a success has its booking.';
