-- A row of our own, so that a stop needs no flag source. It counts from this commit on:
-- the check just before an order leaves reads it again. Every change stays on record.
-- Definer: operators have no table.
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
  perform engine.require_size('p_reason', array[p_reason], 1, 2000);
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
  'Stops (true) or allows (false) every new booking, at once, for a reason; raises '
  'SK016.';
grant execute on function engine.set_kill_switch(boolean, text)
  to skylatch_operator, service_role;
