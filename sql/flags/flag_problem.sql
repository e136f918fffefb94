-- Why automatic booking is off for this traveller, or null when it is on. Money fails
-- closed: a flag that was never loaded, is stale, unknown or not a boolean is off, each
-- with its own reason. The kill switch wins over everything.
create or replace function engine.flag_problem(p_user_id uuid, p_now timestamptz)
  returns text
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_switch engine.kill_switch;
  v_sync engine.flag_sync;
  v_enabled jsonb;
  v_emergency jsonb;
begin
  select k.* into v_switch from engine.kill_switch as k;
  if v_switch.engaged then
    return 'kill switch: ' || v_switch.reason;
  end if;
  select s.* into v_sync from engine.flag_sync as s;
  if v_sync.heartbeat_at is null then
    return 'flags were never loaded';
  elsif v_sync.heartbeat_at < p_now - v_sync.stale_after then
    return 'flags are stale';
  end if;
  select
    (max(f.value::text) filter (where f.key = 'auto_booking_pipeline_enabled'))::jsonb,
    (max(f.value::text) filter (where f.key = 'auto_booking_emergency_disable'))::jsonb
  into v_enabled, v_emergency
  from engine.flag_data as f
  where f.key in ('auto_booking_pipeline_enabled', 'auto_booking_emergency_disable');
  return case
    when v_emergency is null then 'unknown flag auto_booking_emergency_disable'
    when v_emergency <> 'false'::jsonb then 'auto_booking_emergency_disable is on'
    when v_enabled is null then 'unknown flag auto_booking_pipeline_enabled'
    when jsonb_typeof(v_enabled) <> 'boolean'
      then 'flag auto_booking_pipeline_enabled is not a boolean'
    when v_enabled = 'false'::jsonb then 'auto_booking_pipeline_enabled is off'
  end;
end;
$$;
comment on function engine.flag_problem(uuid, timestamptz) is
  'Says why the pipeline is off for a traveller; null when it is on.';
