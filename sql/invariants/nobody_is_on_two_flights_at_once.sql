-- Checks the persons whose flights changed, by a step of the saga or by the airline. An
-- airline may move one flight into the time of another: that is found too, though the
-- engine did nothing wrong, and a person decides.
create or replace function engine.nobody_is_on_two_flights_at_once(p_since timestamptz)
  returns table (subject text, detail text, since timestamptz)
  language plpgsql stable
as $$
begin
  return query
  select
    format('%s %s', c.one, c.other),
    'overlap', max(c.changed)
  from (
    select
      least(d.id, o.attempt_id) as one,
      greatest(d.id, o.attempt_id) as other,
      d.changed
    from (
      select a.user_id, a.id, a.state_changed_at as changed
      from public.booking_attempts as a
      where a.state_changed_at >= p_since
      union all
      select a.user_id, a.id, a.moved_at
      from public.booking_attempts as a
      where a.moved_at >= p_since
    ) as d
    inner join public.booking_attempts as a on d.user_id = a.user_id and d.id = a.id
    left join public.flight_bookings as b
      on a.user_id = b.user_id and a.id = b.booking_attempt_id
    cross join lateral engine.overlapping_attempts(d.user_id, d.id) as o
    where a.status = 'PENDING' or b.status = 'CONFIRMED'
  ) as c
  group by c.one, c.other;
end;
$$;
comment on function engine.nobody_is_on_two_flights_at_once(timestamptz) is
  'Rows that break the promise: nobody is on two flights at once.';
