create or replace function engine.one_live_attempt_or_booking_per_trip(
  p_since timestamptz
)
  returns table (subject text, detail text, since timestamptz)
  language plpgsql stable
as $$
begin
  return query
  select
    t.trip_request_id::text,
    format('%s attempts in flight, %s confirmed bookings', l.live, l.booked), t.changed
  from (
    select a.user_id, a.trip_request_id, max(a.state_changed_at) as changed
    from public.booking_attempts as a
    where a.state_changed_at >= p_since
    group by a.user_id, a.trip_request_id
  ) as t
  cross join lateral (
    select
      (
        select count(*) from public.booking_attempts as a
        where a.user_id = t.user_id
          and a.trip_request_id = t.trip_request_id
          and a.status = 'PENDING'
      ) as live,
      (
        select count(*) from public.flight_bookings as b
        where b.user_id = t.user_id
          and b.trip_request_id = t.trip_request_id
          and b.status = 'CONFIRMED'
      ) as booked
  ) as l
  where l.live + l.booked > 1;
end;
$$;
comment on function engine.one_live_attempt_or_booking_per_trip(timestamptz) is
  'Rows that break the promise: one live attempt or booking per trip.';
