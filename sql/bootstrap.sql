-- Superuser, once per database (safe to repeat): roles, schemas, extensions, the
-- Supabase-compatible auth shim, and the revokes that everything else relies on.
-- Run by `python -m sidecar local deploy`, or by hand: psql -1 -f sql/bootstrap.sql
\set ON_ERROR_STOP on
set client_min_messages = warning;

-- Before anything is created: the encoding of a database can never be changed, and
-- names and what providers send are not to be had in any other.
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
    'skylatch_sidecar', 'skylatch_cron', 'skylatch_feed', 'authenticator'
  ] loop
    if not exists (select from pg_roles where rolname = v_role) then
      execute format('create role %I login noinherit', v_role);
    end if;
  end loop;
end $$;

-- Whoever made them before: what they may do beyond their grants is said here.
alter role skylatch_owner nologin nosuperuser nobypassrls;
alter role skylatch_operator nologin nosuperuser nobypassrls;
alter role skylatch_sidecar login noinherit nosuperuser nobypassrls;
alter role skylatch_cron login noinherit nosuperuser nobypassrls;
alter role skylatch_feed login noinherit nosuperuser nobypassrls;
alter role authenticator login noinherit nosuperuser nobypassrls;
alter role anon nosuperuser nobypassrls;
alter role authenticated nosuperuser nobypassrls;
alter role service_role nosuperuser bypassrls;
grant anon, authenticated, service_role to authenticator;
-- What each role sets for itself when it logs in, whatever the server's defaults are.
-- operations/role_problems.sql looks for the same list.
do $$
declare
  v_callers constant text[] := array[
    'authenticator', 'anon', 'authenticated', 'service_role'
  ];
  v_workers constant text[] := array['skylatch_sidecar', 'skylatch_cron'];
  v_people constant text[] := array['skylatch_operator', 'skylatch_feed'];
  v_set record;
begin
  for v_set in
    select r.name as role, s.name, s.value
    from (
      values
        (array['skylatch_sidecar', 'skylatch_feed'], 'statement_timeout', '30s'),
        (array['skylatch_sidecar'], 'lock_timeout', '10s'),
        (
          array['skylatch_sidecar', 'skylatch_feed'],
          'idle_in_transaction_session_timeout', '30s'
        ),
        (array['skylatch_cron'], 'statement_timeout', '50s'),
        (array['skylatch_cron'] || v_people, 'lock_timeout', '5s'),
        (array['skylatch_operator'], 'idle_in_transaction_session_timeout', '60s'),
        -- How long a caller may hold a row that others want. PostgreSQL applies these
        -- at login only: they are on the role that logs in, and on those it takes on,
        -- because PostgREST applies theirs too. A login of another name that is granted
        -- `authenticated` gets none of them, and any session may set its own. So the
        -- engine waits for no traveller (trips/take_trip.sql,
        -- provider_calls/finish_calls.sql); this is the second line.
        (v_callers, 'statement_timeout', '15s'),
        (v_callers, 'lock_timeout', '5s'),
        (v_callers, 'idle_in_transaction_session_timeout', '15s'),
        -- From PostgreSQL 17 on a whole transaction has a limit, however busy it is.
        (v_callers, 'transaction_timeout', '30s'),
        (v_workers, 'transaction_timeout', '0'),
        -- What holds for all trips of a traveller is decided by rows that are read after
        -- a wait: a transaction that sees the past only would fail each time.
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
        -- One dialect for whoever logs in: a client that meets another DateStyle or
        -- IntervalStyle cannot read what it is told, and a pooler in transaction mode
        -- passes no start-up options on (sidecar/sessions.py).
        (v_workers || v_people || v_callers, 'DateStyle', 'ISO, MDY'),
        (v_workers || v_people || v_callers, 'IntervalStyle', 'postgres'),
        (v_workers || v_people || v_callers, 'TimeZone', 'UTC'),
        (v_workers || v_people || v_callers, 'extra_float_digits', '1'),
        -- Whether strings mean what they say, rows are seen, triggers and keys hold and
        -- anything can be written is not a server's preference.
        (v_workers || v_people || v_callers, 'standard_conforming_strings', 'on'),
        (v_workers || v_people || v_callers, 'row_security', 'on'),
        (v_workers || v_people || v_callers, 'session_replication_role', 'origin'),
        (v_workers || v_people || v_callers, 'default_transaction_read_only', 'off'),
        -- Compiled anew in each session, the statements of a search cost seconds, and
        -- milliseconds as they are; plans are kept as long as they are good.
        (v_workers || v_people || v_callers, 'jit', 'off'),
        (v_workers || v_people || v_callers, 'plan_cache_mode', 'auto'),
        -- Nothing of a booking is worth a process of its own, however cheap a server
        -- says that they are.
        (v_workers || v_people || v_callers, 'max_parallel_workers_per_gather', '0'),
        -- That a call is about to leave is on disk before it does.
        (array['skylatch_sidecar'], 'synchronous_commit', 'on'),
        -- It listens, and keeps connections, for hours.
        (array['skylatch_sidecar'], 'idle_session_timeout', '0')
    ) as s (roles, name, value)
    cross join unnest(s.roles) as r (name)
    where s.name <> 'transaction_timeout'
      or current_setting('server_version_num')::integer >= 170000
  loop
    execute format('alter role %I set %I = %L', v_set.role, v_set.name, v_set.value);
    -- What is set for one database wins over what is set for the role.
    execute format(
      'alter role %I in database %I reset %I',
      v_set.role, current_database(), v_set.name
    );
  end loop;
end $$;

create schema if not exists engine authorization skylatch_owner;
create extension if not exists plpython3u;

-- TEMPORARY lets any caller plant pg_temp objects in front of the catalog;
-- advisory locks let any caller starve the monitor.
do $$
begin
  execute format('revoke temporary on database %I from public', current_database());
end $$;
revoke create on schema public from public;
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
    grant select, insert, update, references on auth.users to service_role;
    -- Claims are trusted only in sessions that the authenticator opened (it verifies
    -- the token); any other login role could set them to whatever it likes.
    create function auth.uid() returns uuid
      language sql stable parallel safe
      return case
        when pg_has_role(session_user, 'authenticator', 'member')
        then (
          nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub'
        )::uuid
      end;
    grant execute on function auth.uid() to anon, authenticated, service_role;
    reset role;
  end if;
end $$;
grant usage on schema auth to skylatch_owner;
grant references, select on auth.users to skylatch_owner;
-- Which history this is (review/present_history.sql): a platform may have revoked it.
grant execute on function pg_catalog.pg_control_system() to skylatch_owner;
