-- Called before calls are claimed and before reports are applied. The first call that
-- sees a new history records the moment and separates it from the former history. A
-- worker on the former server may still hold answers to calls that this history never
-- made, or has handed to other workers. So the numbers of calls and of cases go on
-- above all former ones, and open calls get epochs above all former ones. An answer
-- from the former history is therefore a late one, and only says where to look
-- (settle_call).
create or replace function engine.history_is_confirmed(p_now timestamptz)
  returns boolean
  language plpgsql volatile
as $$
declare
  v_present text := engine.present_history();
  v_history engine.history;
  -- More numbers than a server gives out before its replica hears of them.
  c_many constant bigint := 1000000;
  c_epochs constant integer := 1000;
begin
  select h.* into v_history from engine.history as h;
  if format(
    '%s %s %s', v_history.system_identifier, v_history.timeline, v_history.database_oid
  ) = v_present then
    return true;
  elsif v_history.noticed = v_present then
    return false;
  end if;
  insert into engine.history as h (
    system_identifier, timeline, database_oid, confirmed_at, noticed, noticed_at
  )
  select 0, '', 0, coalesce(min(a.started_at), p_now), v_present, p_now
  from public.booking_attempts as a
  on conflict (only_row) do update
  set noticed = excluded.noticed, noticed_at = excluded.noticed_at
  where h.noticed is distinct from excluded.noticed;
  if found then
    perform setval(s.name, nextval(s.name) + c_many)
    from (
      values
        (pg_get_serial_sequence('engine.provider_calls', 'id')::regclass),
        (pg_get_serial_sequence('engine.review_cases', 'id')::regclass)
    ) as s (name);
    update engine.provider_calls as c
    set epoch = c.epoch + c_epochs
    where c.state = 'READY' or c.state in ('CLAIMED', 'SENT');
  end if;
  return false;
end;
$$;
comment on function engine.history_is_confirmed(timestamptz) is
  'Tells whether the present history was compared with the providers; records a new '
  'history when it first sees one.';
