-- Shows what the flags say now, and what their answers mean for booking: even a flag
-- that is on may serve the value that stops every booking. The question is asked for a
-- traveller whom no rule names; a rule or a rollout may serve another traveller another
-- value. A flag of the gate that cannot be evaluated, or that is answered with a doubt,
-- stops booking. Definer: operators have no rights on tables.
create or replace function engine.served_flags()
  returns table (
    flag text,
    owner text,
    is_registered boolean,
    is_gate boolean,
    value jsonb,
    reason text,
    stops_booking boolean
  )
  language plpgsql stable
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_context constant text :=
    engine.flag_context('00000000-0000-0000-0000-000000000000');
begin
  return query
  select
    e.flag,
    e.owner,
    e.is_registered,
    e.allows is not null,
    e.answer -> 'value',
    case
      when e.answer -> 'doubt' <> 'null' then e.answer ->> 'doubt'
      else e.answer ->> 'reason'
    end,
    e.allows is not null and engine.gate_problem(e.flag, e.answer) is not null
  from (
    select
      coalesce(r.flag, d.key) as flag,
      r.owner,
      r.flag is not null as is_registered,
      r.allows,
      engine.evaluate_flag(coalesce(r.flag, d.key), v_context) as answer
    from engine.flag_register as r
    full join (
      select f.key from engine.flag_data as f
      where f.kind = 'features' and not f.deleted
    ) as d on d.key = r.flag
  ) as e
  order by e.is_registered desc, e.flag;
end;
$$;
comment on function engine.served_flags() is
  'Lists what each mirrored or registered flag serves, why, and whether that stops '
  'booking.';
grant execute on function engine.served_flags() to skylatch_operator;
