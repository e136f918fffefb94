-- Both flags that decide about booking must allow it: see flags/gate_problem.sql.
create or replace function engine.gates_problem(p_answers jsonb) returns text
  language plpgsql stable
as $$
begin
  return coalesce(
    engine.gate_problem(
      'auto_booking_emergency_disable', p_answers -> 'auto_booking_emergency_disable'
    ),
    engine.gate_problem(
      'auto_booking_pipeline_enabled', p_answers -> 'auto_booking_pipeline_enabled'
    )
  );
end;
$$;
comment on function engine.gates_problem(jsonb) is
  'Says why the answers of the two gate flags keep booking off; null when booking may '
  'go on.';
