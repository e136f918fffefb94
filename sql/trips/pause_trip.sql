create or replace function public.pause_trip(p_trip_id uuid) returns text
  language plpgsql volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $$
begin
  return engine.change_trip_status(p_trip_id, 'pause');
exception
  when deadlock_detected or lock_not_available or serialization_failure then
    perform engine.refuse_busy(sqlstate);
    raise;
end;
$$;
comment on function public.pause_trip(uuid) is
  'Stops watching and booking the trip until it is resumed.';
grant execute on function public.pause_trip(uuid) to authenticated, service_role;
