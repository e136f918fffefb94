-- A consent records who flies as digests of the persons: a consent is kept for ever,
-- and names need not be. The order of the digests is always the same.
create or replace function engine.consent_party(p_user_id uuid, p_trip_id uuid)
  returns text[]
  language plpgsql stable
as $$
begin
  return array(
    select engine.person_key(f.user_id, f.given_name, f.family_name, f.born_on) as person
    from public.trip_passengers as p
    inner join public.traveler_profiles as f
      on p.user_id = f.user_id and p.traveler_profile_id = f.id
    where p.user_id = p_user_id and p.trip_request_id = p_trip_id
    order by person
  );
end;
$$;
comment on function engine.consent_party(uuid, uuid) is
  'Returns the digests of all passengers of a trip.';
