-- Airlines cancel and move flights without telling us, so every confirmed booking with
-- a flight ahead is read again and again, up to its last departure. The order that was
-- read goes to review/note_order.sql, as after an event.
--
-- At most 20 bookings a minute are read, less those that still wait, three seconds
-- apart. Each takes two of the hundreds of requests that an account may make a minute,
-- so searches and bookings never wait for these reads, and 1,200 bookings can be read
-- in an hour. Each booking is read up to a fifth sooner than is due, by chance, so that
-- bookings that were made together are not read together.
--
-- Lock order: trip_requests, then flight_bookings, then provider_calls. A trip that is
-- locked is not waited for: its booking is still due in the next minute.
create or replace function engine.read_bookings(p_now timestamptz) returns integer
  language plpgsql volatile
as $$
declare
  v_room integer := 20 - (
    select count(*)::integer
    from engine.provider_calls as c
    where c.state = 'READY'
      and c.booking_attempt_id is not null
      and c.payload ? 'scheduled'
  );
  v_due record;
  v_asked integer := 0;
begin
  for v_due in
    with due as materialized (
      select b.user_id, b.id
      from public.flight_bookings as b
      inner join public.trip_requests as t
        on b.user_id = t.user_id and b.trip_request_id = t.id
      where b.status = 'CONFIRMED' and b.next_look_at <= p_now
      order by b.next_look_at
      limit greatest(v_room, 0)
      for no key update of t skip locked
    )

    update public.flight_bookings as b
    set
      next_look_at = p_now + engine.booking_read_interval(f.leaves_at - p_now)
        * (0.8 + 0.2 * random())
    from due as d
    inner join public.flight_bookings as was on d.user_id = was.user_id and d.id = was.id
    inner join public.booking_attempts as a
      on was.user_id = a.user_id and was.booking_attempt_id = a.id
    inner join public.flight_offers as o
      on was.user_id = o.user_id
      and was.flight_offer_id = o.id
      and o.day = '9999-12-31'
    -- No read is due once the last slice has departed.
    cross join lateral (
      select min(lower(s.during)) as leaves_at
      from engine.flight_times(coalesce(a.itinerary, o.itinerary)) as s (during)
      where lower(s.during) > p_now
    ) as f
    where b.user_id = d.user_id and b.id = d.id
    returning b.order_id, b.offer_id, f.leaves_at, a as attempt
  loop
    continue when v_due.leaves_at is null;
    perform engine.enqueue_read(
      'look_order', v_due.order_id,
      jsonb_build_object(
        'offer_id', v_due.offer_id, 'order_id', v_due.order_id, 'scheduled', true
      ),
      v_due.attempt, p_now + v_asked * interval '3 seconds'
    );
    v_asked := v_asked + 1;
  end loop;
  if v_asked > 0 then
    perform engine.wake_sidecar();
  end if;
  return v_asked;
end;
$$;
comment on function engine.read_bookings(timestamptz) is
  'Enqueues reads of the confirmed bookings that are due for one; returns how many.';
