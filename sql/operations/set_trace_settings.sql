-- The settings hold for traces that begin from now on. Every change stays on record.
-- Definer: operators have no rights on tables.
create or replace function engine.set_trace_settings(p_reason text, p_ratio numeric)
  returns jsonb
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_reason text := engine.require_text('p_reason', p_reason);
  v_settings jsonb;
begin
  if (p_ratio >= 0 and p_ratio <= 1) is not true then
    perform engine.refuse_setting(
      'ratio', p_ratio::text, 'Give the share of traces to export, from 0 to 1.'
    );
  end if;
  update engine.trace_settings as s
  set ratio = p_ratio
  returning jsonb_build_object('ratio', s.ratio) into v_settings;
  insert into engine.trace_settings_changes (at, actor, reason, settings)
  values (clock_timestamp(), engine.caller(), v_reason, v_settings);
  return v_settings;
end;
$$;
comment on function engine.set_trace_settings(text, numeric) is
  'Changes which share of traces is exported, for a reason; returns all settings. '
  'Raises SK016 or SK023.';
grant execute on function engine.set_trace_settings(text, numeric)
  to skylatch_operator;
