-- Superuser, once per database (safe to repeat): roles, schemas, extensions, the
-- Supabase-compatible auth shim, and the revokes that everything else relies on.
-- Run by `python -m sidecar deploy`, or by hand: psql -1 -f sql/bootstrap.sql
\set ON_ERROR_STOP on
set client_min_messages = warning;

-- Checked before anything is created: the encoding of a database can never be changed,
-- and only UTF8 holds every name and every text of a provider.
do $$
declare
  v_encoding text := current_setting('server_encoding');
begin
  if v_encoding <> 'UTF8' then
    raise exception using
      errcode = 'feature_not_supported',
      message = format('the database''s encoding is %s, not UTF8', v_encoding),
      hint = 'create database NAME encoding ''UTF8'' template template0';
  end if;
end $$;

-- Roles belong to the cluster: a deploy of another database that sets them goes first.
lock table pg_catalog.pg_db_role_setting in share row exclusive mode;

-- Roles. Only those that a process logs in with have LOGIN; none has a password
-- here: the local stack maps OS users to them, a hosted database sets its own.
do $$
declare
  v_role text;
begin
  foreach v_role in array array[
    'skylatch_owner', 'skylatch_operator', 'anon', 'authenticated', 'service_role'
  ] loop
    if not exists (select from pg_roles where rolname = v_role) then
      execute format('create role %I nologin', v_role);
    end if;
  end loop;
  foreach v_role in array array[
    'skylatch_sidecar', 'skylatch_cron', 'skylatch_feed', 'skylatch_watch',
    'authenticator'
  ] loop
    if not exists (select from pg_roles where rolname = v_role) then
      execute format('create role %I login noinherit', v_role);
    end if;
  end loop;
end $$;

-- The roles may exist already, so their attributes are set here. Up to PostgreSQL 15 a
-- role that may create roles may give itself any other role.
do $$
declare
  v_role record;
  v_membership record;
begin
  for v_role in
    select *
    from (
      values
        ('skylatch_owner', 'nologin nobypassrls'),
        ('skylatch_operator', 'nologin nobypassrls'),
        ('skylatch_sidecar', 'login noinherit nobypassrls'),
        ('skylatch_cron', 'login noinherit nobypassrls'),
        -- Logins of parties outside: they must not use up the server's connections.
        ('skylatch_feed', 'login noinherit nobypassrls connection limit 5'),
        ('skylatch_watch', 'login noinherit nobypassrls connection limit 5'),
        ('authenticator', 'login noinherit nobypassrls'),
        -- A platform may allow these roles to log in.
        ('anon', 'nobypassrls'),
        ('authenticated', 'nobypassrls'),
        ('service_role', 'bypassrls')
    ) as r (name, attributes)
  loop
    execute format(
      'alter role %I nosuperuser nocreaterole nocreatedb noreplication %s',
      v_role.name, v_role.attributes
    );
  end loop;
  -- No role may become another one, except the three that a request takes on. Where
  -- auth is a platform's, its roles for requests are too: what else these may become is
  -- the platform's business, except our roles, superusers and the server's own roles.
  for v_membership in
    select a.roleid::regrole as role, a.member::regrole, a.grantor::regrole
    from pg_auth_members as a
    where a.member in (
      'skylatch_owner'::regrole, 'skylatch_operator'::regrole,
      'skylatch_sidecar'::regrole, 'skylatch_cron'::regrole, 'skylatch_feed'::regrole,
      'skylatch_watch'::regrole, 'authenticator'::regrole, 'anon'::regrole,
      'authenticated'::regrole, 'service_role'::regrole
    )
      and not (
        a.member = 'authenticator'::regrole
        and a.roleid in (
          'anon'::regrole, 'authenticated'::regrole, 'service_role'::regrole
        )
        and not a.admin_option
      )
      and not exists (
        select from pg_namespace as n, pg_roles as p
        where n.nspname = 'auth'
          and n.nspowner <> 'skylatch_owner'::regrole
          and p.oid = a.roleid
          and not p.rolsuper
          and p.rolname !~ '^(skylatch|pg)_'
          and p.rolname not in ('anon', 'authenticated', 'service_role', 'authenticator')
          and a.member::regrole::text !~ '^skylatch_'
      )
  loop
    execute format(
      'revoke %s from %s granted by %s cascade',
      v_membership.role, v_membership.member, v_membership.grantor
    );
  end loop;
end $$;
grant anon, authenticated, service_role to authenticator;
-- What each role sets for itself when it logs in, whatever the server's defaults are.
-- operations/role_problems.sql looks for the same list.
do $$
declare
  v_callers constant text[] := array[
    'authenticator', 'anon', 'authenticated', 'service_role'
  ];
  v_workers constant text[] := array['skylatch_sidecar', 'skylatch_cron'];
  v_people constant text[] := array[
    'skylatch_operator', 'skylatch_feed', 'skylatch_watch'
  ];
  v_set record;
begin
  for v_set in
    select r.name as role, s.name, s.value
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
        -- How long a caller may hold a row that others want. PostgreSQL applies these
        -- at login only: they are on the role that logs in, and on those it takes on,
        -- because PostgREST applies theirs too. A login of another name that is granted
        -- `authenticated` gets none of them, and any session may set its own. So the
        -- engine waits for no traveller (locks/take_trip.sql,
        -- protocol/finish_calls.sql); this is the second line.
        (v_callers, 'statement_timeout', '15s'),
        (v_callers, 'lock_timeout', '5s'),
        (v_callers, 'idle_in_transaction_session_timeout', '15s'),
        -- From PostgreSQL 17 on a whole transaction has a limit, however busy it is.
        (v_callers, 'transaction_timeout', '30s'),
        (v_workers, 'transaction_timeout', '0'),
        -- Decisions about all trips of a traveller read rows after waiting for a lock.
        -- A transaction that sees only the past would fail each time.
        (
          v_workers || 'authenticator'::text, 'default_transaction_isolation',
          'read committed'
        ),
        -- The server's log is read by more people than the tables are. What these roles
        -- send has names and birth dates in it: no statement, parameter, row or key of
        -- theirs is written there. Messages quote values too ("invalid input syntax for
        -- type date"): of the authenticator, whose client gets them all, none is.
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
        -- The same formats for every login: a client that meets another DateStyle or
        -- IntervalStyle cannot read the answers, and a pooler in transaction mode
        -- passes no start-up options on (sidecar/sessions.py).
        (v_workers || v_people || v_callers, 'DateStyle', 'ISO, MDY'),
        (v_workers || v_people || v_callers, 'IntervalStyle', 'postgres'),
        (v_workers || v_people || v_callers, 'TimeZone', 'UTC'),
        (v_workers || v_people || v_callers, 'extra_float_digits', '1'),
        -- A server must not choose these: strings would mean something else, rows would
        -- be hidden, triggers and keys would not hold, or nothing could be written.
        (v_workers || v_people || v_callers, 'standard_conforming_strings', 'on'),
        (v_workers || v_people || v_callers, 'row_security', 'on'),
        (v_workers || v_people || v_callers, 'session_replication_role', 'origin'),
        (v_workers || v_people || v_callers, 'default_transaction_read_only', 'off'),
        -- With JIT the statements of a search are compiled in each session, which takes
        -- seconds; without it they take milliseconds.
        (v_workers || v_people || v_callers, 'jit', 'off'),
        -- A sidecar uses the same few statements all the time. Each is planned once, by
        -- its indexes even while the tables are small, and the plan serves every
        -- argument.
        (array['skylatch_sidecar'], 'plan_cache_mode', 'force_generic_plan'),
        (array['skylatch_sidecar'], 'enable_seqscan', 'off'),
        (
          array_remove(v_workers || v_people || v_callers, 'skylatch_sidecar'),
          'plan_cache_mode', 'auto'
        ),
        -- No statement of a booking is worth parallel processes, however cheap the
        -- server's settings make them.
        (v_workers || v_people || v_callers, 'max_parallel_workers_per_gather', '0'),
        -- The commit that a call is about to leave is on disk before the call leaves.
        (array['skylatch_sidecar'], 'synchronous_commit', 'on'),
        -- A sidecar listens, and keeps connections, for hours.
        (array['skylatch_sidecar'], 'idle_session_timeout', '0')
    ) as s (roles, name, value)
    cross join unnest(s.roles) as r (name)
    where s.name <> 'transaction_timeout'
      or current_setting('server_version_num')::integer >= 170000
  loop
    execute format('alter role %I set %I = %L', v_set.role, v_set.name, v_set.value);
    -- A setting for one database wins over a setting for the role.
    execute format(
      'alter role %I in database %I reset %I',
      v_set.role, current_database(), v_set.name
    );
  end loop;
end $$;

create schema if not exists engine authorization skylatch_owner;
create extension if not exists plpython3u;

-- TEMPORARY lets any caller plant pg_temp objects in front of the catalog;
-- advisory locks let any caller starve the monitor; large objects and messages in the
-- write-ahead log let any caller fill the disk.
do $$
begin
  execute format('revoke temporary on database %I from public', current_database());
end $$;
revoke create on schema public
  from public, anon, authenticated, service_role, authenticator, skylatch_sidecar,
  skylatch_cron, skylatch_operator, skylatch_feed, skylatch_watch;
grant usage on schema public
  to anon, authenticated, service_role, skylatch_sidecar, skylatch_cron,
  skylatch_operator;
grant create, usage on schema public to skylatch_owner;
do $$
declare
  v_function regprocedure;
begin
  for v_function in
    select p.oid::regprocedure
      from pg_proc p
     where p.pronamespace = 'pg_catalog'::regnamespace
       and p.proname like any (array['pg_advisory%', 'pg_try_advisory%'])
  loop
    execute format('revoke execute on function %s from public', v_function);
    execute format('grant execute on function %s to skylatch_owner', v_function);
  end loop;
  for v_function in
    select p.oid::regprocedure
      from pg_proc p
     where p.pronamespace = 'pg_catalog'::regnamespace
       and p.proname in (
         'lo_creat', 'lo_create', 'lo_from_bytea', 'pg_logical_emit_message'
       )
  loop
    execute format('revoke execute on function %s from public', v_function);
  end loop;
end $$;

-- Functions are private until granted.
alter default privileges for role skylatch_owner revoke execute on functions from public;

-- auth: Supabase's names, created only where no such platform is underneath.
do $$
begin
  if to_regnamespace('auth') is null then
    create schema auth authorization skylatch_owner;
    grant usage on schema auth to anon, authenticated, service_role;
    set local role skylatch_owner;
    create table auth.users (
      id uuid primary key default gen_random_uuid(),
      email text,
      created_at timestamptz not null default now()
    );
    alter table auth.users enable row level security;
    alter table auth.users force row level security;
    create policy users_owner_all on auth.users to skylatch_owner
      using (true) with check (true);
    grant select, insert, update (email) on auth.users to service_role;
    reset role;
  end if;
end $$;
-- Claims are trusted only in sessions that the authenticator opened (it verifies the
-- token); any other login role could set them to whatever it likes. Claims that are
-- none are refused in words: an error about a uuid or about JSON, raised inside of a
-- policy, does not say which text is meant. Replaced only where it is another one.
do $$
declare
  v_body constant text := $body$
declare
  v_claims text := nullif(current_setting('request.jwt.claims', true), '');
  v_sub text;
begin
  if v_claims is null
    or not pg_has_role(session_user, 'authenticator', 'member')
  then
    return null;
  end if;
  v_sub := v_claims::jsonb ->> 'sub';
  return v_sub::uuid;
exception
  when data_exception then
    raise exception using
      errcode = 'SK022',
      message = case
        when v_sub is null then 'the claims are no JSON'
        else 'the claims'' sub is no uuid'
      end,
      detail = jsonb_build_object(
        'field', 'request.jwt.claims', 'sub', left(v_sub, 40)
      ),
      hint = 'request.jwt.claims is a JSON object, and its sub is a traveller''s uuid: '
        '{"sub": "<auth.users.id>"}';
end;
$body$;
begin
  if exists (
    select from pg_namespace as n
    where n.nspname = 'auth'
      and n.nspowner = 'skylatch_owner'::regrole
      and not exists (
        select from pg_proc as p
        where p.oid = to_regprocedure('auth.uid()') and p.prosrc = v_body
      )
  ) then
    set local role skylatch_owner;
    execute format(
      'create or replace function auth.uid() returns uuid language plpgsql stable '
      'set search_path = pg_catalog, pg_temp as %L',
      v_body
    );
    grant execute on function auth.uid() to anon, authenticated, service_role;
    reset role;
  end if;
end $$;
-- UPDATE of a whole table is also the privilege to lock it, and a lock on this table
-- stops everybody. Where the table is a platform's, so are its privileges.
do $$
begin
  if exists (
    select from pg_class as c
    where c.oid = 'auth.users'::regclass and c.relowner = 'skylatch_owner'::regrole
  ) then
    revoke update, references on auth.users from service_role;
    grant update (email) on auth.users to service_role;
  end if;
end $$;
grant usage on schema auth to skylatch_owner;
grant references, select on auth.users to skylatch_owner;
-- This function tells which history this is (installation/present_history.sql); a
-- platform may have revoked it.
grant execute on function pg_catalog.pg_control_system() to skylatch_owner;

-- pg_net, where it is installed, lets everybody make the server send requests to every
-- host that it reaches, with any header, and read everybody's answers. Here only the
-- owner of the doorbell (calls/wake_sidecar.sql) keeps the rights that ringing needs. A
-- pg_net that is installed later, or that brings new functions, is closed by the next
-- deploy; until then operations/net_problems.sql names it.
do $$
declare
  v_role text;
  v_function regprocedure;
  v_sequence text;
begin
  if not exists (
    select from pg_proc as p
    where p.pronamespace = to_regnamespace('net') and p.proname = 'http_post'
  ) then
    return;
  end if;
  foreach v_role in array array[
    'public', 'anon', 'authenticated', 'service_role', 'authenticator',
    'skylatch_owner', 'skylatch_operator', 'skylatch_sidecar', 'skylatch_cron',
    'skylatch_feed', 'skylatch_watch'
  ] loop
    execute format('revoke all on all tables in schema net from %s cascade', v_role);
    execute format('revoke all on all sequences in schema net from %s cascade', v_role);
    execute format('revoke all on all routines in schema net from %s cascade', v_role);
    execute format('revoke all on schema net from %s cascade', v_role);
  end loop;
  grant usage on schema net to skylatch_owner;
  for v_function in
    select p.oid::regprocedure
    from pg_proc as p
    where p.pronamespace = 'net'::regnamespace
      and p.proname in (
        'http_post', 'wake', '_urlencode_string', '_encode_url_with_params_array'
      )
  loop
    execute format('grant execute on function %s to skylatch_owner', v_function);
  end loop;
  if to_regclass('net.http_request_queue') is not null then
    grant insert, select (id) on net.http_request_queue to skylatch_owner;
    v_sequence := pg_get_serial_sequence('net.http_request_queue', 'id');
    if v_sequence is not null then
      execute format('grant usage on sequence %s to skylatch_owner', v_sequence);
    end if;
  end if;
end $$;
