-- Why automatic booking is off for this traveller, or null when it is on. Money fails
-- closed, each failure with its own reason. The kill switch is looked at first, and
-- without the evaluator: it works with no LaunchDarkly, and with no Python, at all.
-- The pipeline's off variation is refused whatever its value: one set by mistake spends
-- nothing. Both flags must be answered without a doubt: where something that an answer
-- depends on is missing or broken, the evaluator gives one all the same. A heartbeat
-- from the future is as stale as an old one: the clock was set back. Booking is on
-- when both say so in a way that is listed here; anything else is a reason why not.
create or replace function engine.flag_problem(p_user_id uuid, p_now timestamptz)
  returns text
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_state record;
  v_context text;
  v_flag text;
  v_answer jsonb;
  v_reason text;
  v_value jsonb;
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
  elsif (
    v_state.heartbeat_at
    between p_now - v_state.stale_after and p_now + v_state.stale_after
  ) is not true then
    return 'flags are stale';
  elsif engine.history_problem() is not null then
    return engine.history_problem();
  elsif p_user_id is null then
    return 'no user';
  end if;
  v_context := engine.flag_context(p_user_id);
  foreach v_flag in array array[
    'auto_booking_emergency_disable', 'auto_booking_pipeline_enabled'
  ] loop
    v_answer := engine.evaluate_flag(v_flag, v_context);
    v_reason := v_answer ->> 'reason';
    v_value := v_answer -> 'value';
    v_problem := case
      when v_reason = 'FLAG_NOT_FOUND' then 'unknown flag ' || v_flag
      when v_reason = 'MALFORMED_FLAG' then format('flag %s is malformed', v_flag)
      when v_reason = 'USER_NOT_SPECIFIED' then 'no user'
      when v_reason = 'CONTEXT_TOO_LONG' then 'an attribute of the user is too long'
      when (
        v_reason in (
          'OFF', 'FALLTHROUGH', 'TARGET_MATCH', 'RULE_MATCH', 'PREREQUISITE_FAILED'
        )
      ) is not true then format('flag %s: %s', v_flag, v_reason)
      when (v_answer -> 'doubt' = 'null') is not true
        then format('flag %s cannot be trusted: %s', v_flag, v_answer ->> 'doubt')
      when (v_answer -> 'detail' ? 'bigSegmentsStatus') is not false
        then format('flag %s needs a big segment', v_flag)
      when v_flag = 'auto_booking_pipeline_enabled' and v_reason = 'OFF'
        then v_flag || ' is off'
      when v_flag = 'auto_booking_pipeline_enabled' and v_reason = 'PREREQUISITE_FAILED'
        then format('a prerequisite of %s failed', v_flag)
      when jsonb_typeof(v_value) is distinct from 'boolean'
        then format('flag %s is not a boolean', v_flag)
      when v_flag = 'auto_booking_emergency_disable' and v_value <> 'false'
        then v_flag || ' is on'
      when v_flag = 'auto_booking_pipeline_enabled' and v_value <> 'true'
        then v_flag || ' is off'
    end;
    exit when v_problem is not null;
  end loop;
  return v_problem;
end;
$$;
comment on function engine.flag_problem(uuid, timestamptz) is
  'Says why the pipeline is off for a traveller; null when it is on.';
