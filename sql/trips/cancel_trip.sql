create or replace function public.cancel_trip(p_trip_id uuid) returns text
  language sql volatile
  security invoker
return engine.change_trip_status(p_trip_id, 'cancel');
comment on function public.cancel_trip(uuid) is
  'Ends the trip for good.';
grant execute on function public.cancel_trip(uuid) to authenticated, service_role;
