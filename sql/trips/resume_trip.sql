create or replace function public.resume_trip(p_trip_id uuid) returns text
  language sql volatile
  security invoker
return engine.change_trip_status(p_trip_id, 'resume');
comment on function public.resume_trip(uuid) is
  'Watches the trip again.';
grant execute on function public.resume_trip(uuid) to authenticated, service_role;
