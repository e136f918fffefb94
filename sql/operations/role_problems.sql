-- Compares the roles and their settings with what bootstrap.sql makes of them. A role
-- with other attributes may do more than it should. A role without its settings may
-- wait for ever, or decide by rows that it read too early.
create or replace function engine.role_problems() returns setof text
  language plpgsql stable
as $$
declare
  v_callers constant text[] := array[
    'authenticator', 'anon', 'authenticated', 'service_role'
  ];
  v_workers constant text[] := array['skylatch_sidecar', 'skylatch_cron'];
  v_people constant text[] := array[
    'skylatch_operator', 'skylatch_feed', 'skylatch_watch'
  ];
begin
  return query
  select format('the role %s is missing, or has other attributes', r.name)
  from (
    values
      ('skylatch_owner', false, false),
      ('skylatch_operator', false, false),
      ('skylatch_sidecar', true, false),
      ('skylatch_cron', true, false),
      ('skylatch_feed', true, false),
      ('skylatch_watch', true, false),
      ('authenticator', true, false),
      -- A platform may allow these roles to log in.
      ('anon', null, false),
      ('authenticated', null, false),
      ('service_role', null, true)
  ) as r (name, logs_in, bypasses)
  where not exists (
    select from pg_roles as p
    where p.rolname = r.name
      and p.rolcanlogin = coalesce(r.logs_in, p.rolcanlogin)
      -- A login takes a role by its name, or has no rights but its own.
      and not (p.rolinherit and coalesce(r.logs_in, false))
      and p.rolbypassrls = r.bypasses
      and not (p.rolsuper or p.rolcreaterole or p.rolcreatedb or p.rolreplication)
  );

  return query
  select format('%s may use up the connections', p.rolname)
  from pg_roles as p
  where p.rolname in ('skylatch_feed', 'skylatch_watch')
    and p.rolconnlimit not between 0 and 5;

  return query
  select format('%s may become %s', a.member::regrole, a.roleid::regrole)
  from pg_auth_members as a
  inner join pg_roles as p on a.member = p.oid
  where p.rolname = any (
    v_callers || v_workers || v_people || 'skylatch_owner'::text
  )
    and not (
      p.rolname = 'authenticator'
      and pg_get_userbyid(a.roleid) in ('anon', 'authenticated', 'service_role')
      and not a.admin_option
    )
    -- A platform's, as bootstrap.sql leaves them.
    and not exists (
      select from pg_namespace as n
      inner join pg_roles as r on r.oid = a.roleid
      where n.nspname = 'auth'
        and pg_get_userbyid(n.nspowner) <> 'skylatch_owner'
        and not r.rolsuper
        and r.rolname !~ '^(skylatch|pg)_'
        and r.rolname not in ('anon', 'authenticated', 'service_role', 'authenticator')
        and p.rolname !~ '^skylatch_'
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
    select r.name, v.name, v.value
    from (
      values
        (
          array['skylatch_sidecar', 'skylatch_feed', 'skylatch_watch'],
          'statement_timeout', '30s'
        ),
        (array['skylatch_sidecar'], 'lock_timeout', '10s'),
        (
          array['skylatch_sidecar', 'skylatch_feed', 'skylatch_watch'],
          'idle_in_transaction_session_timeout', '30s'
        ),
        (array['skylatch_cron'], 'statement_timeout', '50s'),
        (array['skylatch_cron'] || v_people, 'lock_timeout', '5s'),
        (array['skylatch_operator'], 'idle_in_transaction_session_timeout', '60s'),
        (v_callers, 'statement_timeout', '15s'),
        (v_callers, 'lock_timeout', '5s'),
        (v_callers, 'idle_in_transaction_session_timeout', '15s'),
        (v_callers, 'transaction_timeout', '30s'),
        (v_workers, 'transaction_timeout', '0'),
        (
          v_workers || 'authenticator'::text, 'default_transaction_isolation',
          'read committed'
        ),
        (
          array['authenticator', 'skylatch_sidecar'], 'log_error_verbosity', 'terse'
        ),
        (
          array['authenticator', 'skylatch_sidecar'], 'log_min_error_statement', 'panic'
        ),
        (
          array['authenticator', 'skylatch_sidecar'], 'log_min_duration_statement', '-1'
        ),
        (array['authenticator', 'skylatch_sidecar'], 'log_min_duration_sample', '-1'),
        (
          array['authenticator', 'skylatch_sidecar'], 'log_transaction_sample_rate', '0'
        ),
        (array['authenticator', 'skylatch_sidecar'], 'log_statement', 'none'),
        (array['authenticator'], 'log_min_messages', 'log'),
        (v_workers || v_people || v_callers, 'DateStyle', 'ISO, MDY'),
        (v_workers || v_people || v_callers, 'IntervalStyle', 'postgres'),
        (v_workers || v_people || v_callers, 'TimeZone', 'UTC'),
        (v_workers || v_people || v_callers, 'extra_float_digits', '1'),
        (v_workers || v_people || v_callers, 'standard_conforming_strings', 'on'),
        (v_workers || v_people || v_callers, 'row_security', 'on'),
        (v_workers || v_people || v_callers, 'session_replication_role', 'origin'),
        (v_workers || v_people || v_callers, 'default_transaction_read_only', 'off'),
        (v_workers || v_people || v_callers, 'jit', 'off'),
        (array['skylatch_sidecar'], 'plan_cache_mode', 'force_generic_plan'),
        (array['skylatch_sidecar'], 'enable_seqscan', 'off'),
        (
          array_remove(v_workers || v_people || v_callers, 'skylatch_sidecar'),
          'plan_cache_mode', 'auto'
        ),
        (v_workers || v_people || v_callers, 'max_parallel_workers_per_gather', '0'),
        (array['skylatch_sidecar'], 'synchronous_commit', 'on'),
        (array['skylatch_sidecar'], 'idle_session_timeout', '0')
    ) as v (roles, name, value)
    cross join unnest(v.roles) as r (name)
    where v.name <> 'transaction_timeout'
      or current_setting('server_version_num')::integer >= 170000
  ) as s (role, name, value)
  where not exists (
    select from pg_db_role_setting as d
    where d.setdatabase = 0
      and d.setrole = to_regrole(s.role)
      and s.name || '=' || s.value = any (d.setconfig)
  )
  -- A setting for one database wins over a setting for the role.
  or exists (
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
  'Lists what is wrong with the roles and their settings, one line each.';
