-- The roles may do what these files grant and nothing else. So a deploy first revokes
-- everything, what an earlier version or a person granted included, in its own
-- transaction: nobody is without their rights meanwhile. A table whose grants are as
-- the last deploy left them, and do not change, is left alone
-- (engine.deployed_objects).
do $$
declare
  v_roles constant text := 'public, anon, authenticated, service_role, authenticator,'
    ' skylatch_sidecar, skylatch_cron, skylatch_operator, skylatch_feed,'
    ' skylatch_watch';
  v_object record;
begin
  for v_object in
    select case c.relkind when 'S' then 'sequence' else 'table' end as kind,
      c.oid::regclass::text as name
    from pg_class as c
    inner join pg_namespace as n on n.oid = c.relnamespace
    where n.nspname in ('public', 'engine')
      and c.relkind in ('r', 'p', 'v', 'S')
      and not exists (
        select from engine.deployed_objects as d
        where d.object = format('grants on %s.%s', n.nspname, c.relname)
      )
      and c.relowner = 'skylatch_owner'::regrole
      and exists (
        select from aclexplode(c.relacl) as g where g.grantee <> c.relowner
        union all
        select from pg_attribute as a
        where a.attrelid = c.oid and a.attacl is not null
      )
    union all
    select 'function', p.oid::regprocedure::text
    from pg_proc as p
    where p.pronamespace in ('public'::regnamespace, 'engine'::regnamespace)
      and p.proowner = 'skylatch_owner'::regrole
      and exists (
        select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as g
        where g.grantee <> p.proowner
      )
    union all
    select 'schema', 'engine'
  loop
    execute format('revoke all on %s %s from %s', v_object.kind, v_object.name, v_roles);
  end loop;
end $$;

-- These roles may name objects of the schema engine; the file of each function grants
-- the function itself.
grant usage on schema engine
  to skylatch_sidecar, skylatch_cron, skylatch_operator, skylatch_feed, skylatch_watch,
  authenticated, service_role;
