create or replace function public.resume_trip(p_trip_id uuid) returns text
  language plpgsql volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $$
begin
  return engine.change_trip_status(p_trip_id, 'resume');
exception
  when deadlock_detected or lock_not_available or serialization_failure then
    perform engine.refuse_busy(sqlstate);
    raise;
end;
$$;
comment on function public.resume_trip(uuid) is
  'Watches a paused trip, or one that waits for its traveller, again.';
grant execute on function public.resume_trip(uuid) to authenticated, service_role;
