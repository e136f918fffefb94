-- The kill switch is a row of our own, so that a stop needs no source of flags. A stop
-- counts from this commit on, because the final check of an order reads the row again.
-- Every change stays on record. The application and operators may both stop booking;
-- only an operator may release it, so that a stolen key of the application cannot undo
-- a stop. Definer: operators have no rights on tables.
create or replace function engine.set_kill_switch(p_engaged boolean, p_reason text)
  returns void
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_now timestamptz := clock_timestamp();
  v_actor text := engine.caller();
  v_reason text := engine.require_text('p_reason', p_reason);
begin
  if p_engaged is null then
    raise exception using
      errcode = 'SK031',
      message = 'this is not a value of the field',
      detail = jsonb_build_object('field', 'p_engaged', 'value', null),
      column = 'p_engaged',
      hint = 'Use true to stop every new booking, or false to allow them.';
  elsif not p_engaged and not engine.acts_as('skylatch_operator') then
    raise exception using
      errcode = 'SK119',
      message = 'a stop is released by an operator',
      detail = jsonb_build_object('field', 'p_engaged', 'value', false),
      column = 'p_engaged',
      hint = 'Ask somebody with a login that is a member of skylatch_operator.';
  end if;
  insert into engine.kill_switch as k (engaged, reason, set_by, set_at)
  values (p_engaged, v_reason, v_actor, v_now)
  on conflict (only_row) do update
  set
    engaged = excluded.engaged,
    reason = excluded.reason,
    set_by = excluded.set_by,
    set_at = excluded.set_at;
  insert into engine.kill_switch_changes (at, engaged, reason, set_by)
  values (v_now, p_engaged, v_reason, v_actor);
end;
$$;
comment on function engine.set_kill_switch(boolean, text) is
  'Stops (true) or allows (false) every new booking at once, for a reason; raises '
  'SK016, SK031 or SK119.';
grant execute on function engine.set_kill_switch(boolean, text)
  to skylatch_operator, service_role;
