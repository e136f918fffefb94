-- The roles as bootstrap.sql makes them, and what it sets for them. A role with other
-- attributes may do what nobody meant it to; one without its settings waits for ever,
-- or decides by what it saw too early.
create or replace function engine.role_problems() returns setof text
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $$
begin
  return query
  select format('the role %s is missing, or has other attributes', r.name)
  from (
    values
      ('skylatch_owner', false, false),
      ('skylatch_operator', false, false),
      ('skylatch_sidecar', true, false),
      ('skylatch_cron', true, false),
      ('authenticator', true, false),
      -- A platform may let these log in.
      ('anon', null, false),
      ('authenticated', null, false),
      ('service_role', null, true)
  ) as r (name, logs_in, bypasses)
  where not exists (
    select from pg_roles as p
    where p.rolname = r.name
      and p.rolcanlogin = coalesce(r.logs_in, p.rolcanlogin)
      -- Who logs in takes a role by name, or has no more than its own.
      and not (p.rolinherit and coalesce(r.logs_in, false))
      and p.rolbypassrls = r.bypasses
      and not p.rolsuper
  );

  return query
  select format('authenticator may not become %s', m.name)
  from unnest('{anon,authenticated,service_role}'::text[]) as m (name)
  where not exists (
    select from pg_auth_members as a
    where a.roleid = to_regrole(m.name) and a.member = to_regrole('authenticator')
  );

  return query
  select format('%s has not %s = %s', s.role, s.name, s.value)
  from (
    values
      ('skylatch_sidecar', 'statement_timeout', '30s'),
      ('skylatch_sidecar', 'lock_timeout', '10s'),
      ('skylatch_sidecar', 'idle_in_transaction_session_timeout', '30s'),
      ('skylatch_sidecar', 'default_transaction_isolation', 'read committed'),
      ('skylatch_cron', 'statement_timeout', '50s'),
      ('skylatch_cron', 'lock_timeout', '5s'),
      ('skylatch_cron', 'default_transaction_isolation', 'read committed'),
      ('authenticator', 'statement_timeout', '15s'),
      ('authenticator', 'lock_timeout', '5s'),
      ('authenticator', 'idle_in_transaction_session_timeout', '15s'),
      ('authenticator', 'default_transaction_isolation', 'read committed')
  ) as s (role, name, value)
  where not exists (
    select from pg_db_role_setting as d
    where d.setdatabase = 0
      and d.setrole = to_regrole(s.role)
      and s.name || '=' || s.value = any (d.setconfig)
  )
  -- What is set for one database wins over what is set for the role.
  or s.name = 'default_transaction_isolation' and exists (
    select from pg_db_role_setting as d
    inner join pg_database as b on d.setdatabase = b.oid
    cross join unnest(d.setconfig) as c (setting)
    where b.datname = current_database()
      and d.setrole = to_regrole(s.role)
      and c.setting like s.name || '=%'
      and c.setting <> s.name || '=' || s.value
  );
end;
$$;
comment on function engine.role_problems() is
  'Returns what is wrong with the roles and their settings, one line each.';
