-- Automatic booking fails closed: every failure to decide keeps booking off, each with
-- a reason of its own. The flags are asked last.
create or replace function engine.flag_problem(p_user_id uuid, p_now timestamptz)
  returns text
  language plpgsql stable
as $$
declare
  v_problem text := engine.switch_problem(p_user_id, p_now);
begin
  if v_problem is not null then
    return v_problem;
  end if;
  return engine.gates_problem(
    engine.evaluate_flags(
      array['auto_booking_emergency_disable', 'auto_booking_pipeline_enabled'],
      engine.flag_context(p_user_id)
    )
  );
end;
$$;
comment on function engine.flag_problem(uuid, timestamptz) is
  'Says why automatic booking is off for a traveller; null when it is on.';
