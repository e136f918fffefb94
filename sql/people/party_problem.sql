-- Finds what keeps a party from flying on one order: the field that is missing or
-- wrong, or null. Children are counted on the last day on which the trip may end, by
-- which a search is priced; adults on the last day on which the trip may begin. Checked
-- when a trip is stated, when a booking begins and before the order leaves, because
-- profiles may change in between.
create or replace function engine.party_problem(p_user_id uuid, p_trip_id uuid)
  returns text
  language plpgsql stable
as $$
begin
  return (
    select
      case
        when count(*) not between 1 and 9 then 'passengers'
        when bool_or(f.born_on is null or f.born_on > t.departure_from) then 'born_on'
        when bool_or(f.title is null) then 'title'
        when bool_or(f.gender is null) then 'gender'
        when bool_or(f.email is null) then 'email'
        when bool_or(f.phone_number is null) then 'phone_number'
        when count(*) filter (where a.on_first_day >= 18)
          < greatest(count(*) filter (where a.on_last_day < 2), 1) then 'passengers'
        -- One person under two profiles: an airline cancels the second seat.
        when count(*) > count(
          distinct engine.person_key(f.user_id, f.given_name, f.family_name, f.born_on)
        ) then 'passengers'
      end
    from public.trip_requests as t
    inner join public.trip_passengers as p
      on t.user_id = p.user_id and t.id = p.trip_request_id
    inner join public.traveler_profiles as f
      on p.user_id = f.user_id and p.traveler_profile_id = f.id
    cross join lateral (
      select
        engine.age_on(f.born_on, t.departure_to) as on_first_day,
        engine.age_on(
          f.born_on, coalesce(t.return_to, t.departure_to + t.nights_max, t.departure_to)
        ) as on_last_day
    ) as a
    where t.user_id = p_user_id and t.id = p_trip_id
  );
end;
$$;
comment on function engine.party_problem(uuid, uuid) is
  'Names what keeps a trip''s passengers from flying on one order; null when nothing '
  'does.';
