create or replace function public.remove_passenger(
  p_trip_id uuid, p_traveler_profile_id uuid
) returns boolean
  language sql volatile
  security invoker
return engine.drop_passenger(p_trip_id, p_traveler_profile_id);
comment on function public.remove_passenger(uuid, uuid) is
  'Takes a passenger off a trip that is not booked yet; tells whether one was on it.';
grant execute on function public.remove_passenger(uuid, uuid)
  to authenticated, service_role;
