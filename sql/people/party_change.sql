-- The trip's version tells that something was changed. This function compares the
-- people themselves.
create or replace function engine.party_change(p_attempt public.booking_attempts)
  returns boolean
  language plpgsql stable
as $$
begin
  return exists (
    select from (
      select * from engine.booking_attempt_passengers as p
      where p.user_id = p_attempt.user_id and p.booking_attempt_id = p_attempt.id
    ) as p
    full join (
      select f.*
      from public.trip_passengers as t
      inner join public.traveler_profiles as f
        on t.user_id = f.user_id and t.traveler_profile_id = f.id
      where t.user_id = p_attempt.user_id
        and t.trip_request_id = p_attempt.trip_request_id
    ) as f on p.traveler_profile_id = f.id
    where (
      p.given_name, p.family_name, p.title, p.gender, p.born_on, p.email,
      p.phone_number
    ) is distinct from (
      f.given_name, f.family_name, f.title, f.gender, f.born_on, f.email,
      f.phone_number
    )
  );
end;
$$;
comment on function engine.party_change(public.booking_attempts) is
  'Tells whether the people of a trip are no longer those for whom its attempt began.';
