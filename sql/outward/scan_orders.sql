-- Lists the orders of a period, to be compared with ours (review/compare_orders.sql).
select engine.define_operation(
  'scan_orders', 'duffel', p_lease => '180 seconds', p_max_tries => 8,
  p_observes => true
);

create or replace function engine.scan_orders_code(p_report engine.call_report)
  returns text
  language plpgsql stable
as $$
begin
  return engine.list_code(p_report, 'orders');
end;
$$;
comment on function engine.scan_orders_code(engine.call_report) is
  'Names the answer: a list of orders, or nothing.';
