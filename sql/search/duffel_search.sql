create or replace function public.duffel_search(p_trip_id uuid) returns integer
  language sql volatile
  security invoker
return engine.search_trip(p_trip_id);
comment on function public.duffel_search(uuid) is
  'Searches a trip now; returns the number of searches on their way.';
grant execute on function public.duffel_search(uuid)
  to authenticated, service_role, skylatch_sidecar;
