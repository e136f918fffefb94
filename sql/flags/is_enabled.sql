-- See flag_value; a value that is not a boolean is as good as none. Definer: callers
-- have no table.
create or replace function engine.is_enabled(
  p_flag text, p_user_id uuid, p_default boolean
) returns boolean
  language plpgsql stable
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_value jsonb := engine.flag_value(p_flag, p_user_id, null);
begin
  return case
    when jsonb_typeof(v_value) = 'boolean' then v_value::boolean
    else p_default
  end;
end;
$$;
comment on function engine.is_enabled(text, uuid, boolean) is
  'Whether a boolean flag is on for a traveller (null: the system), or the default.';
grant execute on function engine.is_enabled(text, uuid, boolean)
  to service_role, skylatch_operator;
