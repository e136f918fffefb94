create or replace function public.auto_book_production(p_trip_id uuid) returns uuid
  language sql volatile
  security invoker
return engine.book_trip(p_trip_id);
comment on function public.auto_book_production(uuid) is
  'Books a trip''s best offer now; returns the attempt to follow in booking_attempts.';
grant execute on function public.auto_book_production(uuid)
  to authenticated, service_role, skylatch_sidecar;
