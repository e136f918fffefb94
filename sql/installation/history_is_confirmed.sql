-- Asked before calls are claimed and before reports are applied. The first time that
-- another history is seen it is noted, with the moment, and a line is drawn under the
-- former one: whoever worked on the former server may still hold answers to calls that
-- this history never made or has handed to others. Numbers of calls and of cases go on
-- where none of them can mean the same, and open calls get epochs that none of them
-- has: such an answer is late, and only says where to look (settle_call).
create or replace function engine.history_is_confirmed(p_now timestamptz)
  returns boolean
  language plpgsql volatile
as $$
declare
  v_present text := engine.present_history();
  v_history engine.history;
  -- More than a server makes between two looks of its replica.
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
  'Tells whether this history was compared with the providers; notes a new one.';
