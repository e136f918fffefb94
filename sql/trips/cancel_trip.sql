create or replace function public.cancel_trip(p_trip_id uuid) returns text
  language plpgsql volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $$
begin
  return engine.change_trip_status(p_trip_id, 'cancel');
exception
  when deadlock_detected or lock_not_available or serialization_failure then
    perform engine.refuse_busy(sqlstate);
    raise;
end;
$$;
comment on function public.cancel_trip(uuid) is
  'Ends a trip for good; raises SK103 or SK104.';
grant execute on function public.cancel_trip(uuid) to authenticated, service_role;
