create or replace function public.duffel_search(p_trip_id uuid) returns integer
  language plpgsql volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $$
begin
  return engine.search_trip(p_trip_id);
exception
  when deadlock_detected or lock_not_available or serialization_failure then
    perform engine.refuse_busy(sqlstate);
    raise;
end;
$$;
comment on function public.duffel_search(uuid) is
  'Searches a trip now; returns the number of searches on their way.';
grant execute on function public.duffel_search(uuid)
  to authenticated, service_role, skylatch_sidecar;
