create or replace function public.auto_book_monitor() returns bigint
  language sql volatile
  security invoker
return engine.tick();
comment on function public.auto_book_monitor() is
  'Searches every trip that is due; what fits is booked. Scheduled by pg_cron.';
grant execute on function public.auto_book_monitor()
  to skylatch_cron, skylatch_operator, service_role, skylatch_sidecar;
