-- Superuser, once per database (safe to repeat): roles, schemas, extensions, the
-- Supabase-compatible auth shim, and the revokes that everything else relies on.
-- Run by `python -m sidecar local deploy`, or by hand: psql -1 -f sql/bootstrap.sql
\set ON_ERROR_STOP on
set client_min_messages = warning;

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
    'skylatch_sidecar', 'skylatch_cron', 'authenticator'
  ] loop
    if not exists (select from pg_roles where rolname = v_role) then
      execute format('create role %I login noinherit', v_role);
    end if;
  end loop;
end $$;

alter role service_role bypassrls;
grant anon, authenticated, service_role to authenticator;
alter role skylatch_sidecar set statement_timeout = '30s';
alter role skylatch_sidecar set lock_timeout = '10s';
alter role skylatch_sidecar set idle_in_transaction_session_timeout = '30s';
alter role skylatch_cron set statement_timeout = '50s';
alter role skylatch_cron set lock_timeout = '5s';
alter role skylatch_operator set lock_timeout = '5s';
alter role skylatch_operator set idle_in_transaction_session_timeout = '60s';

-- How long a caller may hold a row that others want. PostgreSQL applies these at login
-- only: they are on the role that logs in, and on those it takes on, because PostgREST
-- applies theirs too. A login of another name that is granted `authenticated` gets none
-- of them, and any session may set its own. So the engine waits for no traveller
-- (trips/take_trip.sql, provider_calls/finish_calls.sql); this is the second line.
do $$
declare
  v_role text;
begin
  foreach v_role in array array[
    'authenticator', 'anon', 'authenticated', 'service_role'
  ] loop
    execute format('alter role %I set statement_timeout = %L', v_role, '15s');
    execute format('alter role %I set lock_timeout = %L', v_role, '5s');
    execute format(
      'alter role %I set idle_in_transaction_session_timeout = %L', v_role, '15s'
    );
    -- From PostgreSQL 17 on a whole transaction has a limit, however busy it is.
    if current_setting('server_version_num')::integer >= 170000 then
      execute format('alter role %I set transaction_timeout = %L', v_role, '30s');
    end if;
  end loop;
end $$;

-- One dialect for whoever logs in, whatever the database's defaults are: a client that
-- meets another DateStyle or IntervalStyle cannot read what it is told, and a pooler in
-- transaction mode passes no start-up options on (sidecar/sessions.py).
do $$
declare
  v_role text;
begin
  foreach v_role in array array[
    'skylatch_sidecar', 'skylatch_cron', 'skylatch_operator', 'authenticator', 'anon',
    'authenticated', 'service_role'
  ] loop
    execute format('alter role %I set datestyle = %L', v_role, 'ISO, MDY');
    execute format('alter role %I set intervalstyle = %L', v_role, 'postgres');
    execute format('alter role %I set timezone = %L', v_role, 'UTC');
    execute format('alter role %I set extra_float_digits = %L', v_role, '1');
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
