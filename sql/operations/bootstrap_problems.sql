-- What only a superuser sets up (bootstrap.sql) and a copy of a database does not bring
-- along: pg_restore into a new database loses what was revoked from it, another server
-- has no roles. Each row is one thing that is missing, in words; a deploy sets them all.
-- Safety relies on them. Definer: only the owner's own rights tell what it was granted.
create or replace function engine.bootstrap_problems() returns setof text
  language plpgsql stable
  security definer
  set search_path = pg_catalog, pg_temp
as $$
begin
  return query select r.* from engine.role_problems() as r;

  return query
  select p.problem
  from (
    values
      (
        'the extension plpython3u is missing',
        not exists (select from pg_extension as e where e.extname = 'plpython3u')
      ),
      (
        'everybody may create temporary tables in this database',
        has_database_privilege('public', current_database(), 'temporary')
      ),
      (
        'everybody may create in the schema public',
        has_schema_privilege('public', 'public', 'create')
      ),
      (
        'the schema engine is not skylatch_owner''s',
        not exists (
          select from pg_namespace as n
          where n.nspname = 'engine' and n.nspowner = to_regrole('skylatch_owner')
        )
      ),
      (
        'skylatch_owner may not create in the schema public',
        not has_schema_privilege('skylatch_owner', 'public', 'create')
        or not has_schema_privilege('skylatch_owner', 'public', 'usage')
      ),
      (
        'skylatch_owner may not use auth.users',
        to_regclass('auth.users') is null
        or not has_schema_privilege('skylatch_owner', 'auth', 'usage')
        or not has_table_privilege('skylatch_owner', 'auth.users', 'select')
        or not has_table_privilege('skylatch_owner', 'auth.users', 'references')
      ),
      ('auth.uid() is missing', to_regprocedure('auth.uid()') is null),
      (
        'skylatch_owner may not read which history this is',
        not has_function_privilege('skylatch_owner', 'pg_control_system()', 'execute')
      ),
      (
        'new functions of skylatch_owner are everybody''s',
        not exists (
          select from pg_default_acl as a
          where a.defaclrole = to_regrole('skylatch_owner')
            and a.defaclnamespace = 0
            and a.defaclobjtype = 'f'
            and not exists (
              select from aclexplode(a.defaclacl) as g where g.grantee = 0
            )
        )
      )
  ) as p (problem, is_so)
  where p.is_so
  union all
  select format('%s may not use the schema public', r.name)
  from unnest(
    '{anon,authenticated,service_role,skylatch_sidecar,skylatch_cron,skylatch_operator}'
    ::text[]
  ) as r (name)
  where to_regrole(r.name) is not null
    and not has_schema_privilege(r.name, 'public', 'usage')
  union all
  select format('everybody may call %s', string_agg(distinct f.proname, ', '))
  from pg_proc as f
  where f.pronamespace = 'pg_catalog'::regnamespace
    and f.proname like any (array['pg\_advisory%', 'pg\_try\_advisory%'])
    and has_function_privilege('public', f.oid, 'execute')
  having count(*) > 0
  union all
  select format('skylatch_owner may not call %s', string_agg(distinct f.proname, ', '))
  from pg_proc as f
  where f.pronamespace = 'pg_catalog'::regnamespace
    and f.proname like any (array['pg\_advisory%', 'pg\_try\_advisory%'])
    and not has_function_privilege('skylatch_owner', f.oid, 'execute')
  having count(*) > 0;
end;
$$;
comment on function engine.bootstrap_problems() is
  'Returns what bootstrap.sql sets up and is missing here, one line each.';
grant execute on function engine.bootstrap_problems()
  to skylatch_sidecar, skylatch_operator;
