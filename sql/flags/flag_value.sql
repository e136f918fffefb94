-- For decisions that spend no money. This function does what LaunchDarkly's SDK does: a
-- flag that cannot be evaluated has the default, and the newest mirrored version of a
-- flag is served however old it is. Written in PL/pgSQL because its plans are kept.
-- Definer: callers have no rights on tables.
create or replace function engine.flag_value(
  p_flag text, p_user_id uuid, p_default jsonb
) returns jsonb
  language plpgsql stable
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_answer jsonb;
begin
  if octet_length(p_flag) > 200 or octet_length(p_default::text) > 65536 then
    perform engine.require_size('p_flag', array[p_flag], 1, 200);
    perform engine.require_size('p_default', array[p_default::text], 1, 65536);
  end if;
  v_answer := engine.evaluate_flag(p_flag, engine.flag_context(p_user_id));
  return case
    when v_answer -> 'variation' = 'null' then p_default
    else v_answer -> 'value'
  end;
end;
$$;
comment on function engine.flag_value(text, uuid, jsonb) is
  'Returns a flag''s value for a traveller (null: for the system), or the default.';
grant execute on function engine.flag_value(text, uuid, jsonb)
  to service_role, skylatch_operator;
