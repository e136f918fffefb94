-- pg_net installs itself open to everybody, and bootstrap.sql closes it. It may be
-- installed after a deploy, and an update may add functions to it, so this function
-- looks again.
create or replace function engine.net_problems() returns setof text
  language plpgsql stable
as $$
declare
  v_net oid := to_regnamespace('net');
begin
  if not exists (
    select from pg_proc as p where p.pronamespace = v_net and p.proname = 'http_post'
  ) then
    return;
  end if;
  return query
  select format('%s may use pg_net', coalesce(r.rolname, 'everybody'))
  from (
    select g.grantee
    from pg_namespace as n
    cross join aclexplode(n.nspacl) as g
    where n.oid = v_net
    union
    select g.grantee
    from pg_proc as p
    cross join aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as g
    where p.pronamespace = v_net
    union
    select g.grantee
    from pg_class as c
    cross join aclexplode(c.relacl) as g
    where c.relnamespace = v_net
  ) as a
  left join pg_roles as r on r.oid = a.grantee
  where a.grantee = 0
    or r.rolname in (
      'anon', 'authenticated', 'service_role', 'authenticator', 'skylatch_operator',
      'skylatch_sidecar', 'skylatch_cron', 'skylatch_feed', 'skylatch_watch'
    );
  if not has_schema_privilege('skylatch_owner', v_net, 'usage') or not exists (
    select from pg_proc as p
    cross join aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as g
    where p.pronamespace = v_net
      and p.proname = 'http_post'
      and g.grantee in (0, to_regrole('skylatch_owner'))
  ) then
    return next 'skylatch_owner may not use pg_net';
  end if;
end;
$$;
comment on function engine.net_problems() is
  'Lists who may use pg_net and should not, one line each.';
