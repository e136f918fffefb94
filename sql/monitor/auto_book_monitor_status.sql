create or replace view public.auto_book_monitor_status
with (security_invoker = true)
as
select
  s.*,
  o.scheduled_by,
  o.last_succeeded_at,
  o.stopped_at,
  o.stopped_by,
  o.stop_reason
from engine.monitor_status() as s
left join engine.job_overview() as o on o.job = 'auto_book_monitor';
comment on view public.auto_book_monitor_status is
  'The monitor''s job, who stopped it, and its last ticks, the newest first.';
grant select on public.auto_book_monitor_status to skylatch_operator, service_role;
