-- Lists the payments of a period, to be compared with ours
-- (review/compare_payments.sql).
select engine.define_operation(
  'scan_payments', 'stripe', p_lease => '60 seconds', p_max_tries => 8,
  p_observes => true
);

create or replace function engine.scan_payments_code(p_report engine.call_report)
  returns text
  language plpgsql stable
as $$
begin
  return engine.list_code(p_report, 'payment_intents');
end;
$$;
comment on function engine.scan_payments_code(engine.call_report) is
  'Names the answer: a list of payments, or nothing.';
