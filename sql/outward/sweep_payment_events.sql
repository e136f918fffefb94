-- Lists the events of a period, because callbacks may be lost. A list that is too long
-- is asked for in parts (webhooks/sweep_events.sql).
select engine.define_operation(
  'sweep_payment_events', 'stripe', p_lease => '60 seconds', p_max_tries => 8,
  p_observes => true
);
insert into engine.outcome_rules (
  operation, http_status, error_code, verdict, trip_status, search_again_after, halts,
  reason
)
values
  ('sweep_payment_events', 'none', 'too_large', 'FAIL', 'PENDING', null, false,
    'The list is too long.');

create or replace function engine.sweep_payment_events_code(p_report engine.call_report)
  returns text
  language plpgsql stable
as $$
begin
  return engine.events_code(p_report);
end;
$$;
comment on function engine.sweep_payment_events_code(engine.call_report) is
  'Names the answer: a list of events, or nothing.';
