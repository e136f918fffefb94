-- Finds what keeps booking off before any flag is asked. So this function works without
-- LaunchDarkly and without Python.
create or replace function engine.switch_problem(p_user_id uuid, p_now timestamptz)
  returns text
  language plpgsql stable
as $$
declare
  v_state record;
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
  return coalesce(
    engine.history_problem(), case when p_user_id is null then 'no user' end
  );
end;
$$;
comment on function engine.switch_problem(uuid, timestamptz) is
  'Says why booking is off whatever the flags say; null when the flags decide.';
