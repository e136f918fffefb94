create or replace function public.auto_book_production(p_trip_id uuid) returns uuid
  language plpgsql volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $$
begin
  return engine.book_trip(p_trip_id);
exception
  when deadlock_detected or lock_not_available or serialization_failure then
    perform engine.refuse_busy(sqlstate);
    raise;
end;
$$;
comment on function public.auto_book_production(uuid) is
  'Books a trip''s best offer now; returns the attempt to follow in booking_attempts.';
grant execute on function public.auto_book_production(uuid)
  to authenticated, service_role, skylatch_sidecar;
