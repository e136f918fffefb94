-- Two flags decide about booking. This function says why the answer of one of them
-- keeps booking off. Both must be answered without a doubt, because the evaluator also
-- answers where something that the answer depends on is missing or broken. The off
-- variation of the pipeline's flag is refused whatever its value is, so that a wrong
-- off variation spends nothing. Any answer that is not listed here keeps booking off.
create or replace function engine.gate_problem(p_flag text, p_answer jsonb)
  returns text
  language plpgsql stable
as $$
declare
  v_reason text := p_answer ->> 'reason';
  v_value jsonb := p_answer -> 'value';
begin
  return case
    when v_reason = 'FLAG_NOT_FOUND' then 'unknown flag ' || p_flag
    when v_reason = 'MALFORMED_FLAG' then format('flag %s is malformed', p_flag)
    when v_reason = 'USER_NOT_SPECIFIED' then 'no user'
    when v_reason = 'CONTEXT_TOO_LONG' then 'an attribute of the user is too long'
    when (
      v_reason in (
        'OFF', 'FALLTHROUGH', 'TARGET_MATCH', 'RULE_MATCH', 'PREREQUISITE_FAILED'
      )
    ) is not true then format('flag %s: %s', p_flag, v_reason)
    when (p_answer -> 'doubt' = 'null') is not true
      then format('flag %s cannot be trusted: %s', p_flag, p_answer ->> 'doubt')
    when (p_answer -> 'detail' ? 'bigSegmentsStatus') is not false
      then format('flag %s needs a big segment', p_flag)
    when p_flag = 'auto_booking_pipeline_enabled' and v_reason = 'OFF'
      then p_flag || ' is off'
    when p_flag = 'auto_booking_pipeline_enabled' and v_reason = 'PREREQUISITE_FAILED'
      then format('a prerequisite of %s failed', p_flag)
    when jsonb_typeof(v_value) is distinct from 'boolean'
      then format('flag %s is not a boolean', p_flag)
    when p_flag = 'auto_booking_emergency_disable' and v_value <> 'false'
      then p_flag || ' is on'
    when p_flag = 'auto_booking_pipeline_enabled' and v_value <> 'true'
      then p_flag || ' is off'
  end;
end;
$$;
comment on function engine.gate_problem(text, jsonb) is
  'Says why the answer of one gate flag keeps booking off; null when booking may go '
  'on.';
