-- Finds the other flights on which somebody of this attempt is while this attempt
-- flies. Persons are compared by name and birth date, not by profile. The times are
-- those of the newest read of each order, and of the offer until there is an order. An
-- attempt in flight counts like the booking it may become.
create or replace function engine.overlapping_attempts(
  p_user_id uuid, p_attempt_id uuid
) returns table (attempt_id uuid, booking_reference text)
  language plpgsql stable
as $$
begin
  return query
  select a.id, b.booking_reference
  from public.booking_attempts as a
  left join public.flight_bookings as b
    on a.user_id = b.user_id and a.id = b.booking_attempt_id
  inner join public.flight_offers as o
    on a.user_id = o.user_id
    and a.flight_offer_id = o.id
    and o.day = '9999-12-31'
  inner join public.booking_attempts as m
    on m.user_id = p_user_id and m.id = p_attempt_id
  inner join public.flight_offers as n
    on m.user_id = n.user_id
    and m.flight_offer_id = n.id
    and n.day = '9999-12-31'
  where a.user_id = p_user_id
    and a.id in (
      select q.booking_attempt_id
      from engine.booking_attempt_passengers as p
      inner join engine.booking_attempt_passengers as q
        on p.user_id = q.user_id and p.person = q.person
      where p.user_id = p_user_id
        and p.booking_attempt_id = p_attempt_id
        and q.booking_attempt_id <> p_attempt_id
    )
    and (a.status = 'PENDING' or b.status = 'CONFIRMED')
    and exists (
      select from engine.flight_times(coalesce(m.itinerary, n.itinerary)) as mine (during)
      inner join engine.flight_times(coalesce(a.itinerary, o.itinerary)) as other (during)
        on mine.during && other.during
    );
end;
$$;
comment on function engine.overlapping_attempts(uuid, uuid) is
  'Returns the other attempts and bookings that fly at the same time with somebody of '
  'this attempt.';
