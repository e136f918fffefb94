-- Called by the evaluator itself, before the first answer of a connection.
create or replace function engine.refuse_runtime(p_versions jsonb) returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $$
begin
  raise exception using
    errcode = 'SK306',
    message = 'the server''s Python packages are of another version than this database',
    detail = p_versions,
    hint = 'Run make install where the server runs, deploy, and open new connections.';
end;
$$;
comment on function engine.refuse_runtime(jsonb) is
  'Raises SK306: no flag is evaluated by packages of another version.';
