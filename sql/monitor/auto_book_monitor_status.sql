create or replace view public.auto_book_monitor_status
with (security_invoker = true)
as select s.* from engine.monitor_status() as s;
comment on view public.auto_book_monitor_status is
  'The monitor''s job and its last ticks, newest first.';
grant select on public.auto_book_monitor_status to skylatch_operator, service_role;
