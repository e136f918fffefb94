-- An operator who finds booking stopped asks who stopped it. The answer is a login, so
-- it is shown to operators only, and not in the status that the watch and the sidecars
-- read. Definer: operators have no rights on tables.
create or replace function engine.kill_switch_history()
  returns table (at timestamptz, engaged boolean, set_by text, reason text)
  language plpgsql stable
  security definer
  set search_path = pg_catalog, pg_temp
as $$
begin
  return query
  select c.at, c.engaged, c.set_by, c.reason
  from engine.kill_switch_changes as c
  order by c.id desc;
end;
$$;
comment on function engine.kill_switch_history() is
  'Lists every use of the kill switch, the newest first: when, by whom and why.';
grant execute on function engine.kill_switch_history() to skylatch_operator;
