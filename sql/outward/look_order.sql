-- Reads an order, or the orders of an offer, for the record (review/note_order.sql).
select engine.define_operation(
  'look_order', 'duffel', p_lease => '180 seconds', p_max_tries => 8, p_observes => true
);

create or replace function engine.look_order_code(p_report engine.call_report)
  returns text
  language plpgsql stable
as $$
begin
  return engine.list_code(p_report, 'orders');
end;
$$;
comment on function engine.look_order_code(engine.call_report) is
  'Names the answer: a list of orders, or nothing.';
