create or replace function engine.a_cancelled_booking_says_so(p_since timestamptz)
  returns table (subject text, detail text, since timestamptz)
  language plpgsql stable
as $$
begin
  return query
  select
    b.id::text,
    format('%s, its attempt is %s', b.status, a.state), a.state_changed_at
  from public.booking_attempts as a
  inner join public.flight_bookings as b
    on a.user_id = b.user_id and a.id = b.booking_attempt_id
  where a.state_changed_at >= p_since
    and (
      a.state = 'CONFIRMED' and b.status <> 'CONFIRMED'
      or a.state in ('REFUNDING', 'CANCELLED')
      and a.order_cancelled_at is not null
      and b.status = 'CONFIRMED'
      or a.state = 'CANCELLED' and a.refunded_at is null
    );
end;
$$;
comment on function engine.a_cancelled_booking_says_so(timestamptz) is
  'Rows that break the promise: a cancelled booking says so.';
