-- Who flies, as far as a consent knows them: the profile, and who it was then. A
-- digest, for a consent is kept for ever and names need not be. The order is the same
-- every time.
create or replace function engine.consent_party(p_user_id uuid, p_trip_id uuid)
  returns text[]
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $$
begin
  return array(
    select
      encode(
        sha256(
          convert_to(
            jsonb_build_array(
              f.id, f.given_name, f.family_name, to_char(f.born_on, 'YYYY-MM-DD')
            )::text,
            'UTF8'
          )
        ),
        'hex'
      )
    from public.trip_passengers as p
    inner join public.traveler_profiles as f
      on p.user_id = f.user_id and p.traveler_profile_id = f.id
    where p.user_id = p_user_id and p.trip_request_id = p_trip_id
    order by f.id
  );
end;
$$;
comment on function engine.consent_party(uuid, uuid) is
  'Returns a digest of everybody on a trip.';
