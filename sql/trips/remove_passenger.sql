create or replace function public.remove_passenger(
  p_trip_id uuid, p_traveler_profile_id uuid
) returns boolean
  language plpgsql volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $$
begin
  return engine.drop_passenger(p_trip_id, p_traveler_profile_id);
exception
  when deadlock_detected or lock_not_available or serialization_failure then
    perform engine.refuse_busy(sqlstate);
    raise;
end;
$$;
comment on function public.remove_passenger(uuid, uuid) is
  'Takes a passenger off a trip that is not booked yet; tells whether one was on it.';
grant execute on function public.remove_passenger(uuid, uuid)
  to authenticated, service_role;
