-- The scans are due hourly. While this history is not confirmed, they are also due as
-- soon as what the former history had under way must have appeared. The list of
-- payments follows the list of orders (review/compare_orders.sql).
create or replace function engine.start_scans(p_now timestamptz) returns void
  language plpgsql volatile
as $$
declare
  v_is_confirmed boolean := engine.history_is_confirmed(p_now);
  v_history text := engine.present_history();
begin
  if (
    not v_is_confirmed
    or exists (
      select from (values ('orders'), ('payments')) as d (scan)
      left join engine.scans as s on d.scan = s.scan
      left join engine.history as h on true
      where coalesce(s.finished_at, h.confirmed_at, '-infinity')
        < p_now - interval '1 hour'
    )
  )
  and not exists (
    select from engine.provider_calls as c
    where c.operation in ('scan_orders', 'scan_payments')
      and c.state in ('READY', 'CLAIMED')
      and c.payload ->> 'history' = v_history
  )
  then
    perform engine.start_scan('orders', greatest(p_now, engine.history_settles_at()));
    perform engine.wake_sidecar();
  end if;
end;
$$;
comment on function engine.start_scans(timestamptz) is
  'Asks for the providers'' lists of orders and payments where a scan is due.';
