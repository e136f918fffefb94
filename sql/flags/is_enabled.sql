-- As flag_value, for a boolean flag: any value that is not a boolean counts as no
-- value, so that the default is returned. Definer: callers have no rights on tables.
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
  'Tells whether a boolean flag is on for a traveller (null: for the system), or '
  'returns the default.';
grant execute on function engine.is_enabled(text, uuid, boolean)
  to service_role, skylatch_operator;
