-- Leases that ended. Claimed but not sent: safe to try again. Sent: nobody knows, and
-- for an order that means frozen. Each call is settled under its own locks.
create or replace function engine.recover_calls(p_actor text, p_now timestamptz)
  returns integer
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_call record;
  v_recovered integer := 0;
begin
  for v_call in
    select c.id, c.epoch, c.state
    from engine.provider_calls as c
    where c.state in ('CLAIMED', 'SENT') and c.lease_until < p_now
    order by c.trip_request_id, c.id
    limit 1000
  loop
    begin
      perform engine.settle_call(
        v_call.id, v_call.epoch,
        jsonb_build_object(
          'error_code',
          case v_call.state when 'SENT' then 'no_answer' else 'not_sent' end
        ),
        p_actor, p_now
      );
      v_recovered := v_recovered + 1;
    exception when others then
      -- One that cannot be settled must not keep the others from it, minute by minute.
      raise warning 'call % not recovered: % %', v_call.id, sqlstate, sqlerrm;
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
