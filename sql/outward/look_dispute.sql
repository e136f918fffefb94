-- Reads a dispute for the record (webhooks/note_dispute.sql).
select engine.define_operation(
  'look_dispute', 'stripe', p_lease => '60 seconds', p_max_tries => 8,
  p_observes => true
);

create or replace function engine.look_dispute_code(
  p_call engine.provider_calls, p_report engine.call_report
) returns text
  language plpgsql stable
as $$
begin
  return engine.object_code(p_call, p_report);
end;
$$;
comment on function engine.look_dispute_code(
  engine.provider_calls, engine.call_report
) is 'Names the answer; one about any object but the requested one says nothing.';
