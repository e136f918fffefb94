-- Hourly, and at once when this history was not compared yet. The list of payments
-- follows that of orders (review/compare_orders.sql).
create or replace function engine.start_scans(p_now timestamptz) returns void
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_history text := engine.present_history();
  v_is_new boolean := engine.history_problem() is not null;
begin
  if exists (
    select from (values ('orders'), ('payments')) as d (scan)
    left join engine.scans as s on d.scan = s.scan
    left join engine.history as h on true
    where coalesce(s.finished_at, h.confirmed_at, '-infinity')
      < p_now - interval '1 hour'
      or v_is_new and s.history is distinct from v_history
  )
  and not exists (
    select from engine.provider_calls as c
    where c.operation in ('scan_orders', 'scan_payments')
      and c.state in ('READY', 'CLAIMED')
      and c.payload ->> 'history' = v_history
  )
  then
    perform engine.start_scan('orders', p_now);
    perform engine.wake_sidecar();
  end if;
end;
$$;
comment on function engine.start_scans(timestamptz) is
  'Asks for the providers'' lists where that is due.';
