-- The party was frozen in the places of the offer as it was found. If the live offer
-- gives the same ids to people of other ages, the order would book an adult as a child.
create or replace function engine.places_moved(p_attempt public.booking_attempts)
  returns boolean
  language plpgsql stable
as $$
begin
  return exists (
    select from (
      select p.traveler_profile_id, p.passenger_id, p.infant_passenger_id
      from engine.booking_attempt_passengers as p
      where p.user_id = p_attempt.user_id and p.booking_attempt_id = p_attempt.id
    ) as p
    full join engine.order_party(p_attempt.user_id, p_attempt.flight_offer_id) as o
      on p.traveler_profile_id = o.traveler_profile_id
      and p.passenger_id = o.passenger_id
      and p.infant_passenger_id is not distinct from o.infant_passenger_id
    where p.passenger_id is null or o.passenger_id is null
  );
end;
$$;
comment on function engine.places_moved(public.booking_attempts) is
  'Tells whether an attempt''s party would sit in other places of its offer as it is '
  'stored now.';
