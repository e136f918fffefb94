create or replace function public.pause_trip(p_trip_id uuid) returns text
  language sql volatile
  security invoker
return engine.change_trip_status(p_trip_id, 'pause');
comment on function public.pause_trip(uuid) is
  'Stops watching and booking the trip until it is resumed.';
grant execute on function public.pause_trip(uuid) to authenticated, service_role;
