-- The evaluator calls this function before the first answer of a connection, and names
-- the versions of its packages. Packages newer than the database pass: they are
-- installed before the database is deployed, and one directory serves both
-- (plpython/README.md).
create or replace function engine.refuse_runtime(p_versions jsonb) returns void
  language plpgsql stable
as $$
begin
  if p_versions ->> 'sdk' = p_versions ->> 'sdk_wanted'
    and string_to_array(p_versions ->> 'package', '.')::integer[]
      >= string_to_array(p_versions ->> 'package_wanted', '.')::integer[]
  then
    return;
  end if;
  raise exception using
    errcode = 'SK306',
    message = 'the server''s Python packages do not fit this database',
    detail = p_versions,
    hint = 'Run make install where the server runs, deploy, and open new connections.';
end;
$$;
comment on function engine.refuse_runtime(jsonb) is
  'Raises SK306 when the evaluator''s packages are older than the database, so that no '
  'flag is evaluated by them.';
