-- Takes the place of the privilege to delete, with which a caller could also lock the
-- whole table and stop everybody. The trip is locked first, as everywhere; the triggers
-- then check the party and plan the trip anew. Definer: callers may not delete.
create or replace function engine.remove_passenger(
  p_trip_id uuid, p_traveler_profile_id uuid
) returns boolean
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_trip public.trip_requests := engine.lock_trip(p_trip_id);
begin
  delete from public.trip_passengers as p
  where p.user_id = v_trip.user_id
    and p.trip_request_id = v_trip.id
    and p.traveler_profile_id = p_traveler_profile_id;
  return found;
end;
$$;
comment on function engine.remove_passenger(uuid, uuid) is
  'See public.remove_passenger.';
grant execute on function engine.remove_passenger(uuid, uuid)
  to authenticated, service_role;

create or replace function public.remove_passenger(
  p_trip_id uuid, p_traveler_profile_id uuid
) returns boolean
  language plpgsql volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $$
begin
  return engine.remove_passenger(p_trip_id, p_traveler_profile_id);
exception
  when deadlock_detected or lock_not_available or serialization_failure then
    perform engine.refuse_busy(sqlstate);
    raise;
end;
$$;
comment on function public.remove_passenger(uuid, uuid) is
  'Takes a passenger off a trip that is not booked yet; tells whether that passenger '
  'was on it.';
grant execute on function public.remove_passenger(uuid, uuid)
  to authenticated, service_role;
