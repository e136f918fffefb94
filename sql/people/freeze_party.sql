-- The order is made of these rows: who flies, as it is when the intent is committed,
-- whatever becomes of the profiles. Every passenger of the trip has one row and one
-- place of the offer, and no place is left; otherwise the order would leave somebody at
-- home or take somebody along. The caller holds the trip's row lock.
create or replace function engine.freeze_party(p_attempt public.booking_attempts)
  returns void
  language plpgsql volatile
as $$
declare
  v_frozen integer;
  v_matches boolean;
begin
  -- Somebody twice, or two in one place, falls out and is missed by the count.
  insert into engine.booking_attempt_passengers (
    user_id, booking_attempt_id, traveler_profile_id, passenger_id,
    infant_passenger_id, given_name, family_name, title, gender, born_on, email,
    phone_number, person
  )
  select
    p_attempt.user_id, p_attempt.id, f.id, p.passenger_id, p.infant_passenger_id,
    f.given_name, f.family_name, f.title, f.gender, f.born_on, f.email,
    f.phone_number,
    engine.person_key(f.user_id, f.given_name, f.family_name, f.born_on)
  from engine.order_party(p_attempt.user_id, p_attempt.flight_offer_id) as p
  inner join public.traveler_profiles as f
    on f.user_id = p_attempt.user_id and p.traveler_profile_id = f.id
  on conflict do nothing;
  get diagnostics v_frozen = row_count;

  select
    -- Everybody, and nobody else, in a place of their own.
    v_frozen = count(*)
    and bool_and(
      exists (
        select from engine.booking_attempt_passengers as p
        where p.user_id = t.user_id
          and p.booking_attempt_id = p_attempt.id
          and p.traveler_profile_id = t.traveler_profile_id
      )
    )
  into v_matches
  from public.trip_passengers as t
  where t.user_id = p_attempt.user_id
    and t.trip_request_id = p_attempt.trip_request_id;
  select
    v_matches
    and v_frozen = count(*)
    and bool_and(p.passenger_id is not null)
    -- Each infant on one lap, and on no lap anybody else.
    and bool_and(
      (
        i.value ->> 'type' is not distinct from 'infant_without_seat'
        or coalesce((i.value ->> 'age')::integer < 2, false)
      )
      = (
        select count(*) = 1
        from engine.booking_attempt_passengers as l
        where l.user_id = p_attempt.user_id
          and l.booking_attempt_id = p_attempt.id
          and l.infant_passenger_id = i.value ->> 'id'
      )
    )
  into v_matches
  from public.flight_offers as o
  cross join jsonb_array_elements(o.passengers) as i
  left join engine.booking_attempt_passengers as p
    on p.user_id = o.user_id
    and p.booking_attempt_id = p_attempt.id
    and p.passenger_id = i.value ->> 'id'
  where o.user_id = p_attempt.user_id
    and o.id = p_attempt.flight_offer_id
    and o.day = '9999-12-31';
  if v_matches is not true then
    raise exception using
      errcode = 'SK112',
      message = 'the offer has not one place for each passenger of the trip',
      detail = jsonb_build_object(
        'trip', p_attempt.trip_request_id, 'offer', p_attempt.offer_id
      ),
      hint = 'The offer is not for the people of this trip; search again.';
  end if;
end;
$$;
comment on function engine.freeze_party(public.booking_attempts) is
  'Keeps who flies on an attempt; raises SK112 unless that is exactly the trip''s '
  'party.';
