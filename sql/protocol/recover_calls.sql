-- Settles calls whose lease has ended. A call that was claimed and not sent is safe to
-- try again. What happened to a call that was sent is unknown; if that call is an
-- order, the order is looked for. A call is also settled when its provider may have
-- forgotten its key, because the call must not be repeated under that key.
-- A call that waits for a history to be confirmed is left as it is: its attempt must
-- not end by a try or a key that was used up before. An order that was sent is looked
-- for all the same.
-- Each call is settled under its own locks. A call whose trip or traveller is locked is
-- left for the next run, and all waits of a run together last half a second at the
-- most.
create or replace function engine.recover_calls(p_actor text, p_now timestamptz)
  returns integer
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
  set lock_timeout = '250ms'
as $$
declare
  v_is_confirmed boolean := engine.history_is_confirmed(p_now);
  v_call record;
  v_report engine.call_report;
  v_recovered integer := 0;
begin
  for v_call in
    select
      c.trip_request_id, c.id, c.epoch, c.state, engine.trace_hex(c.trace_id) as trace
    from engine.provider_calls as c
    inner join engine.operations as o on c.operation = o.operation
    where c.state in ('CLAIMED', 'SENT')
      and c.lease_until < p_now
      and (v_is_confirmed or c.state = 'SENT' or not o.awaits_history)
    union all
    select
      c.trip_request_id, c.id, c.epoch, c.state, engine.trace_hex(c.trace_id) as trace
    from engine.provider_calls as c
    inner join engine.operations as o on c.operation = o.operation
    where c.state = 'READY'
      and c.first_claimed_at < p_now - o.key_lasts
      and (v_is_confirmed or not o.awaits_history)
    order by 1, 2
    limit 1000
  loop
    begin
      v_report.call_id := v_call.id;
      v_report.epoch := v_call.epoch;
      v_report.error_code := case v_call.state
        when 'SENT' then 'no_answer'
        when 'READY' then 'key_expired'
        else 'not_sent'
      end;
      perform engine.settle_call(v_report, true, p_actor, p_now);
      v_recovered := v_recovered + 1;
    exception when others then
      -- One that cannot be settled must not keep the others from it, minute by minute.
      raise warning 'call % (trace %) not recovered: % %',
        v_call.id, v_call.trace, sqlstate, sqlerrm;
      if sqlstate = '55P03' then
        perform engine.wait_less();
      elsif sqlstate not in ('40001', '40P01', '53100', 'SK308') then
        begin
          perform engine.count_apply_failure(v_call.id, sqlerrm, p_actor, p_now);
        exception when lock_not_available or sqlstate 'SK308' then
          raise warning 'the failure of call % (trace %) was not counted: %',
            v_call.id, v_call.trace, sqlerrm;
        end;
      end if;
    end;
  end loop;
  if v_recovered > 0 then
    perform engine.wake_sidecar();
  end if;
  return v_recovered;
end;
$$;
comment on function engine.recover_calls(text, timestamptz) is
  'Settles calls whose worker went away; returns how many.';
