-- Nobody takes two flights at once, and airlines cancel who is booked on both. An
-- attempt in flight counts as the booking it may become. The caller holds the
-- traveller's lock.
create or replace function engine.overlap_problem(
  p_user_id uuid, p_trip_id uuid, p_itinerary jsonb
) returns text
  language sql stable
begin atomic
  select
    format(
      'A passenger is on another flight of yours at that time: %s.',
      coalesce(b.booking_reference, 'a booking in flight')
    )
  from public.trip_passengers as p
  inner join public.trip_passengers as q
    on p.user_id = q.user_id
    and p.traveler_profile_id = q.traveler_profile_id
    and p.trip_request_id <> q.trip_request_id
  inner join public.booking_attempts as a
    on q.user_id = a.user_id
    and q.trip_request_id = a.trip_request_id
  left join public.flight_bookings as b
    on a.user_id = b.user_id and a.id = b.booking_attempt_id
  inner join public.flight_offers as o
    on a.user_id = o.user_id and a.flight_offer_id = o.id
  where p.user_id = p_user_id
    and p.trip_request_id = p_trip_id
    and (a.status = 'PENDING' or b.status = 'CONFIRMED')
    and exists (
      select from engine.flight_times(p_itinerary) as mine (during)
      inner join engine.flight_times(o.itinerary) as other (during)
        on mine.during && other.during
    )
  order by b.booking_reference
  limit 1;
end;
comment on function engine.overlap_problem(uuid, uuid, jsonb) is
  'Says that a passenger of a trip flies elsewhere during an offer; null when nobody.';
