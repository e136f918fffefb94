-- Whoever got a booking was told, and what is to be delivered has a call that delivers
-- it. What was settled before messages began was told to nobody.
create or replace function engine.what_is_booked_is_told(p_since timestamptz)
  returns table (subject text, detail text, since timestamptz)
  language plpgsql stable
as $$
begin
  return query
  select
    b.id::text, 'a booking of which nobody was told'::text, b.booked_at
  from public.flight_bookings as b
  inner join public.booking_attempts as a
    on b.user_id = a.user_id and b.booking_attempt_id = a.id
  where a.state_changed_at >= p_since
    and b.booked_at >= greatest(
      (select coalesce(s.since, 'infinity') from engine.message_settings as s),
      clock_timestamp() - (select s.keep_for from engine.message_settings as s)
    )
    and not exists (
      select from public.notifications as n
      where n.user_id = b.user_id
        and n.kind = 'booking.confirmed'
        and n.subject = b.id::text
    )
  union all
  select
    d.id::text, format('a message by %s that no call delivers', lower(d.channel collate "C")),
    null::timestamptz
  from engine.deliveries as d
  where d.state = 'OPEN'
    and not exists (
      select from engine.provider_calls as c
      where c.delivery_id = d.id and c.state in ('READY', 'CLAIMED')
    );
end;
$$;
comment on function engine.what_is_booked_is_told(timestamptz) is
  'Rows that break the promise: what is booked is told.';
