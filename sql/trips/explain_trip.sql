create or replace function public.explain_trip(p_trip_id uuid) returns jsonb
  language plpgsql stable
  security invoker
  set search_path = pg_catalog, pg_temp
as $$
begin
  return engine.explain_trip(p_trip_id);
exception
  when deadlock_detected or lock_not_available or serialization_failure then
    perform engine.refuse_busy(sqlstate);
    raise;
end;
$$;
comment on function public.explain_trip(uuid) is
  'Says why the chosen offer was chosen, why the others were not, and what would have '
  'to change; raises SK104 for a trip that is not the caller''s.';
grant execute on function public.explain_trip(uuid) to authenticated, service_role;
