"""A database on which a platform lives already: its roles, its `auth`, its settings.

As Supabase has them: `auth.users` and `auth.uid()` are the platform's, so are the three
roles of a request and their login, which has a membership more than we need. A deploy
leaves all of it as it was, and bookings go their way.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from sidecar.deploy import deploy
from sidecar.local.cluster import Cluster
from sidecar.local.packages import find_installation
from sidecar.local.plpython import install_plpython
from sidecar.local.throwaway import throwaway_cluster
from tests.factories import running_world
from tests.main_path import assert_booked_once, check, environment, walk

DATABASE = "platform"
PLATFORM = """
create role platform_admin superuser;
create role auth_admin noinherit createrole;
create role storage_admin noinherit;
create role anon nologin noinherit;
create role authenticated nologin noinherit;
create role service_role nologin noinherit bypassrls;
create role authenticator login noinherit;
grant anon, authenticated, service_role, storage_admin to authenticator;
alter role anon set statement_timeout = '3s';
alter role authenticated set statement_timeout = '8s';
alter role authenticator set statement_timeout = '8s';
alter role authenticator set lock_timeout = '8s';
create schema extensions;
create extension pgcrypto schema extensions;
create schema storage authorization storage_admin;
create table storage.objects (id uuid primary key, owner uuid);
alter table storage.objects owner to storage_admin;
create schema auth authorization auth_admin;
grant usage on schema auth to anon, authenticated, service_role;
create table auth.users (
  instance_id uuid, id uuid not null primary key, aud varchar(255), role varchar(255),
  email varchar(255), encrypted_password varchar(255), email_confirmed_at timestamptz,
  last_sign_in_at timestamptz, raw_app_meta_data jsonb, raw_user_meta_data jsonb,
  is_super_admin boolean, created_at timestamptz, updated_at timestamptz, phone text,
  deleted_at timestamptz, is_anonymous boolean not null default false
);
alter table auth.users owner to auth_admin;
alter table auth.users enable row level security;
create function auth.jwt() returns jsonb language sql stable as
  $$
    select nullif(current_setting('request.jwt.claims', true), '')::jsonb
  $$;
create function auth.uid() returns uuid language sql stable as
  $$ select (auth.jwt() ->> 'sub')::uuid $$;
create function auth.role() returns text language sql stable as
  $$ select auth.jwt() ->> 'role' $$;
alter function auth.jwt() owner to auth_admin;
alter function auth.uid() owner to auth_admin;
alter function auth.role() owner to auth_admin;
alter default privileges in schema public
  grant all on tables to anon, authenticated, service_role;
alter default privileges in schema public
  grant all on functions to anon, authenticated, service_role;
alter default privileges in schema public
  grant all on sequences to anon, authenticated, service_role;
create table public.todos (id bigint primary key, user_id uuid references auth.users);
alter table public.todos enable row level security;
create policy mine on public.todos for all to authenticated
  using (user_id = auth.uid());
"""
# What is the platform's, as it was.
THEIRS = """
select 'function', p.oid::regprocedure::text, p.proowner::regrole::text, p.prosrc,
  p.proacl::text
from pg_proc as p where p.pronamespace = 'auth'::regnamespace
union all
select 'table', c.oid::regclass::text, c.relowner::regrole::text,
  concat(c.relrowsecurity, c.relforcerowsecurity),
  array(
    select a::text
    from unnest(coalesce(c.relacl, acldefault('r', c.relowner))) as a
    where a::text not like 'skylatch%' order by 1
  )::text
from pg_class as c
where c.relkind = 'r' and (
  c.relnamespace in ('auth'::regnamespace, 'storage'::regnamespace)
  or c.oid = 'public.todos'::regclass
)
union all
select 'member', m.roleid::regrole::text, m.member::regrole::text, null, null
from pg_auth_members as m where m.member = 'authenticator'::regrole
union all
select 'policy', l.polname, l.polrelid::regclass::text,
  pg_get_expr(l.polqual, l.polrelid), null
from pg_policy as l where l.polrelid = 'public.todos'::regclass
order by 1, 2, 3
"""


@pytest.fixture(scope="module")
def platform() -> Iterator[Cluster]:
    """Serve a cluster on which a platform was installed."""
    install_plpython()
    with throwaway_cluster(find_installation(), "postgres") as cluster:
        cluster.create_database(DATABASE)
        with psycopg.connect(cluster.dsn(DATABASE), autocommit=True) as connection:
            connection.execute(PLATFORM)
        yield cluster


def test_a_deploy_leaves_the_platform_as_it_was_and_books(
    platform: Cluster, tmp_path: Path
) -> None:
    """Twice deployed to; the traveller's rows are behind the platform's own claims."""
    dsn = platform.dsn(DATABASE)
    with psycopg.connect(dsn, autocommit=True) as connection:
        before = connection.execute(THEIRS.encode()).fetchall()
        for _ in range(2):
            deploy(dsn, cron=False)
        assert connection.execute(THEIRS.encode()).fetchall() == before
    with running_world(dsn) as world:
        settings = environment(world, tmp_path)
        found = check(settings)
        assert found.returncode == 0, found.stdout
        trip = walk(world, settings, tmp_path / "log")
        assert_booked_once(world, trip)
        # What the platform grants on everything in public is not granted on ours.
        assert not world.value(
            "select has_table_privilege('anon', 'public.trip_requests', 'select')"
        )
