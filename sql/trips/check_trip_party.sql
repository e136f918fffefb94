-- The party as a whole: one to nine, and a lap for every infant. Ages count on the last
-- day a trip may end.
create or replace function engine.check_trip_party(p_user_id uuid, p_trip_id uuid)
  returns void
  language plpgsql stable
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_people integer;
  v_adults integer;
  v_infants integer;
begin
  select
    count(*),
    count(*) filter (where p.age >= 18),
    count(*) filter (where p.age < 2)
  into v_people, v_adults, v_infants
  from public.trip_requests as t
  cross join lateral engine.trip_party(
    t.user_id, t.id, coalesce(t.return_to, t.departure_to + t.nights_max, t.departure_to)
  ) as p
  where t.user_id = p_user_id and t.id = p_trip_id;
  if v_people not between 1 and 9 or v_adults = 0 or v_infants > v_adults then
    raise exception using
      errcode = 'SK010',
      message = 'this party cannot be booked together',
      detail = jsonb_build_object(
        'field', 'passengers',
        'people', v_people, 'adults', v_adults, 'infants', v_infants
      ),
      column = 'passengers',
      hint = 'Name one to nine passengers, at least one adult, and an adult per infant.';
  end if;
end;
$$;
comment on function engine.check_trip_party(uuid, uuid) is
  'Raises SK010 unless the trip''s passengers can fly on one order.';
grant execute on function engine.check_trip_party(uuid, uuid)
  to authenticated, service_role;
