-- bootstrap.sql sets up, as a superuser, what a copy of a database does not bring
-- along: pg_restore into a new database loses what was revoked, and another server
-- lacks the roles. Safety relies on all of it. Each row names one thing that is
-- missing, in words; a deploy sets all of them up. Definer: the callers have no right
-- to look these things up.
create or replace function engine.bootstrap_problems() returns setof text
  language plpgsql stable
  security definer
  set search_path = pg_catalog, pg_temp
as $$
begin
  return query select r.* from engine.role_problems() as r;
  return query select n.* from engine.net_problems() as n;

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
        not exists (
          select from pg_proc as p
          cross join aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as g
          where p.oid = to_regprocedure('pg_control_system()')
            and g.grantee in (0, to_regrole('skylatch_owner'))
        )
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
  select
    format(
      '%s may create in the schema public', coalesce(to_regrole(r.name)::text, 'everybody')
    )
  from pg_namespace as n
  cross join lateral aclexplode(n.nspacl) as g
  inner join unnest(
    '{public,anon,authenticated,service_role,authenticator,skylatch_sidecar,skylatch_cron,'
    'skylatch_operator,skylatch_feed,skylatch_watch}'
    ::text[]
  ) as r (name)
    on g.grantee = coalesce(to_regrole(r.name), 0)
  where n.nspname = 'public' and g.privilege_type = 'CREATE'
  union all
  select format('%s may not use the schema public', r.name)
  from unnest(
    '{anon,authenticated,service_role,skylatch_sidecar,skylatch_cron,skylatch_operator}'
    ::text[]
  ) as r (name)
  where to_regrole(r.name) is not null
    and not has_schema_privilege(r.name, 'public', 'usage')
  union all
  select
    case
      when f.everybody then format('everybody may call %s', f.names)
      else format('skylatch_owner may not call %s', f.names)
    end
  from (
    select g.everybody, string_agg(distinct p.proname, ', ') as names
    from pg_proc as p
    cross join lateral (
      select
        coalesce(bool_or(g.grantee = 0), false) as everybody,
        coalesce(bool_or(g.grantee = to_regrole('skylatch_owner')), false) as ours
      from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as g
    ) as g
    cross join lateral (
      select p.proname ~ '^pg_(try_)?advisory' as is_lock
    ) as k
    where p.pronamespace = 'pg_catalog'::regnamespace
      and (
        k.is_lock and (g.everybody or not g.ours)
        or g.everybody and p.proname in (
          'lo_creat', 'lo_create', 'lo_from_bytea', 'pg_logical_emit_message'
        )
      )
    group by g.everybody
  ) as f
  union all
  select 'service_role may lock auth.users'
  from pg_class as c
  where c.oid = to_regclass('auth.users')
    and c.relowner = to_regrole('skylatch_owner')
    and exists (
      select from aclexplode(c.relacl) as g
      where g.grantee = to_regrole('service_role') and g.privilege_type = 'UPDATE'
    );
end;
$$;
comment on function engine.bootstrap_problems() is
  'Lists what bootstrap.sql sets up and this database lacks, one line each.';
grant execute on function engine.bootstrap_problems()
  to skylatch_sidecar, skylatch_operator;
