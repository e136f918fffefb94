-- Compares what the traveller reads with the attempts. Trips with a changed attempt are
-- checked; a full check also finds trips that are in flight or booked without any
-- attempt.
create or replace function engine.a_trip_says_what_its_attempt_says(p_since timestamptz)
  returns table (subject text, detail text, since timestamptz)
  language plpgsql stable
as $$
begin
  return query
  select
    t.id::text, t.auto_book_status, d.changed
  from (
    select a.user_id, a.trip_request_id, max(a.state_changed_at) as changed
    from public.booking_attempts as a
    where a.state_changed_at >= p_since
    group by a.user_id, a.trip_request_id
    union all
    select o.user_id, o.id, timestamptz 'epoch'
    from public.trip_requests as o
    where p_since <= 'epoch'
      and o.auto_book_status in ('BOOKING', 'BOOKED')
      and not exists (
        select from public.booking_attempts as a
        where a.user_id = o.user_id and a.trip_request_id = o.id
      )
  ) as d
  inner join public.trip_requests as t
    on d.user_id = t.user_id and d.trip_request_id = t.id
  where (t.auto_book_status = 'BOOKED') is distinct from exists (
    select from public.flight_bookings as b
    where b.user_id = t.user_id and b.trip_request_id = t.id and b.status = 'CONFIRMED'
  )
  or t.auto_book_status = 'BOOKING' and not engine.has_live_attempt(t.user_id, t.id);
end;
$$;
comment on function engine.a_trip_says_what_its_attempt_says(timestamptz) is
  'Rows that break the promise: a trip says what its attempt says.';
