-- Why automatic booking is off for this traveller, or null when it is on. Money fails
-- closed, each failure with its own reason. The kill switch is looked at first, and
-- without the evaluator: it works with no LaunchDarkly, and with no Python, at all.
-- What each flag's answer has to be: flags/gate_problem.sql.
create or replace function engine.flag_problem(p_user_id uuid, p_now timestamptz)
  returns text
  language plpgsql stable
as $$
declare
  v_state record;
  v_context text;
  v_flag text;
  v_problem text;
begin
  select k.engaged, k.reason, s.initialized, s.heartbeat_at, s.stale_after
  into v_state
  from (select 1) as one
  left join engine.kill_switch as k on true
  left join engine.flag_sync as s on true;
  if v_state.engaged is distinct from false then
    return 'kill switch: ' || coalesce(v_state.reason, 'its row is missing');
  elsif v_state.initialized is distinct from true then
    return 'flags were never loaded';
  elsif engine.is_recent(v_state.heartbeat_at, v_state.stale_after, p_now) is not true
  then
    return 'flags are stale';
  end if;
  v_problem := engine.history_problem();
  if v_problem is not null then
    return v_problem;
  elsif p_user_id is null then
    return 'no user';
  end if;
  v_context := engine.flag_context(p_user_id);
  foreach v_flag in array array[
    'auto_booking_emergency_disable', 'auto_booking_pipeline_enabled'
  ] loop
    v_problem := engine.gate_problem(v_flag, engine.evaluate_flag(v_flag, v_context));
    exit when v_problem is not null;
  end loop;
  return v_problem;
end;
$$;
comment on function engine.flag_problem(uuid, timestamptz) is
  'Says why the pipeline is off for a traveller; null when it is on.';
