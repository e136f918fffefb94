-- The second person confirms: another login than the one that gave the rate. Either all
-- the named rates come into force or none. Definer: operators have no rights on tables.
create or replace function engine.confirm_exchange_rates(
  p_change_ids bigint[], p_reason text
) returns integer
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_now timestamptz := clock_timestamp();
  v_reason text := engine.require_text('p_reason', p_reason);
  v_id bigint;
  v_change engine.exchange_rate_changes;
  v_problem text;
  v_confirmed integer := 0;
begin
  perform engine.require_size('p_change_ids', p_change_ids::text[], 1000, 20);
  -- Each rate once, and always in this order, so that two operators do not deadlock.
  for v_id in
    select distinct n.id from unnest(p_change_ids) as n (id) order by n.id
  loop
    select c.* into v_change
    from engine.exchange_rate_changes as c where c.id = v_id for update;
    v_problem := case
      when v_change.id is null then 'unknown'
      when v_change.action <> 'HELD' then 'not_waiting'
      when exists (
        select from engine.exchange_rate_changes as c where c.confirms = v_id
      ) then 'confirmed_already'
      when v_change.login = session_user then 'same_person'
    end;
    if v_problem is not null then
      raise exception using
        errcode = 'SK116',
        message = 'this exchange rate cannot be confirmed',
        detail = jsonb_build_object('change', v_id, 'problem', v_problem),
        hint = 'A rate that waits (engine.waiting_exchange_rates) is confirmed by '
          'somebody else than who gave it, under a login of their own.';
    end if;
    insert into engine.exchange_rate_changes (
      at, action, base, quote, as_of, rate, source, last_rate, login, actor, reason,
      confirms
    )
    values (
      v_now, 'CONFIRMED', v_change.base, v_change.quote, v_change.as_of, v_change.rate,
      v_change.source, v_change.last_rate, session_user, engine.caller(), v_reason, v_id
    );
    perform engine.apply_exchange_rate(v_id);
    v_confirmed := v_confirmed + 1;
  end loop;
  return v_confirmed;
end;
$$;
comment on function engine.confirm_exchange_rates(bigint[], text) is
  'Puts exchange rates in force that another login gave; returns how many. Raises '
  'SK016, SK025 or SK116.';
grant execute on function engine.confirm_exchange_rates(bigint[], text)
  to skylatch_operator;
