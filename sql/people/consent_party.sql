-- Who flies, as far as a consent knows them: persons, by a digest, for a consent is
-- kept for ever and names need not be. The order is the same every time.
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
  'Returns a digest of everybody on a trip.';
