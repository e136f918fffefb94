"""Databases that will not do: `deploy` says so in one line each, before any change.

docs/refusals.md is the table of it. The servers are real wherever one can be had here:
another version, or one without plpython3u or pg_cron, is a real server's answers with
one of them exchanged.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from sidecar import deploy_checks, deploy_facts
from sidecar.deploy import deploy
from sidecar.deploy_checks import NotReady, look
from sidecar.local.accounts import clean_command
from tests.e2e.refusals import DEPLOY, REMARKED, compare, write
from tests.factories import until
from tests.raw_server import closed_port
from tests.servers import Server, server


@pytest.fixture(scope="module", autouse=True)
def _page() -> Iterator[None]:
    yield
    write()


@pytest.fixture(scope="module")
def bare() -> Iterator[Server]:
    """Serve a server that nothing was ever deployed to, and that preloads nothing."""
    with server(shared_preload_libraries="") as found:
        hba = found.data / "pg_hba.conf"
        hba.write_text("local all mallory scram-sha-256\nlocal all all trust\n")
        with psycopg.connect(found.dsn("postgres"), autocommit=True) as admin:
            admin.execute("select pg_reload_conf()")
            admin.execute("create role app login createrole createdb")
            admin.execute("create role mallory login superuser password 'right'")
        yield found


@dataclass
class Place:
    """A fresh, empty database on the bare server."""

    found: Server
    name: str
    patch: pytest.MonkeyPatch

    @property
    def dsn(self) -> str:
        """Connection string of the superuser."""
        return self.found.dsn(self.name)

    def sql(self, statement: str) -> None:
        """Run a statement as superuser."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute(statement.encode())

    def create(self, options: str) -> str:
        """Make the database anew with these options; return its connection string."""
        with psycopg.connect(self.found.dsn("postgres"), autocommit=True) as admin:
            name = sql.Identifier(self.name)
            admin.execute(sql.SQL("drop database {}").format(name))
            query = sql.SQL("create database {} template template0 ").format(name)
            admin.execute(query + sql.SQL(options))  # type: ignore[arg-type]
        return self.dsn

    def answering(self, **other: Any) -> str:
        """Exchange some of the server's answers; return the connection string."""
        read = deploy_facts.read
        self.patch.setattr(
            deploy_checks, "read", lambda dsn: replace(read(dsn), **other)
        )
        return self.dsn


@pytest.fixture
def place(
    bare: Server, clone_name: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Place]:
    """Return an empty database; dropped afterwards."""
    name = clone_name()
    bare.create_database(name)
    yield Place(bare, name, monkeypatch)
    with psycopg.connect(bare.dsn("postgres"), autocommit=True) as admin:
        query = sql.SQL("drop database if exists {} with (force)")
        admin.execute(query.format(sql.Identifier(name)))


def everything(dsn: str) -> list[Any]:
    """Return the database's and the server's objects, rights and settings."""
    catalogs = {
        "pg_namespace": "nspname, nspowner, nspacl",
        "pg_class": "relname, relowner, relacl, relnatts",
        "pg_proc": "proname, proowner, proacl, prosrc",
        "pg_type": "typname, typowner",
        "pg_extension": "extname, extversion",
        "pg_default_acl": "defaclrole, defaclacl",
        "pg_authid": "*",
        "pg_auth_members": "roleid, member",
        "pg_db_role_setting": "setrole, setconfig",
        "pg_database": "datname, datacl",
    }
    with psycopg.connect(dsn, client_encoding="utf8") as connection:
        return [
            connection.execute(
                f"select md5(string_agg(x::text, ',' order by x::text))"
                f" from (select {columns} from {catalog}) as x".encode()
            ).fetchone()
            for catalog, columns in catalogs.items()
        ]


def _taken(place: Place) -> str:
    place.sql("create table public.trip_requests ()")
    place.sql("alter table public.trip_requests owner to app")
    place.sql("create view public.review_queue as select 1 as one")
    place.sql("create function public.cancel_trip(int) returns int return 1")
    return place.dsn


def _engine(place: Place) -> str:
    place.sql("create schema engine authorization app")
    return place.dsn


def _auth(place: Place) -> str:
    place.sql("create schema auth")
    place.sql("create table auth.users (id bigint)")
    return place.dsn


def _newer(place: Place) -> str:
    place.sql("create role skylatch_owner")
    place.sql("create schema engine authorization skylatch_owner")
    place.sql("create table engine._yoyo_migration (migration_id text)")
    place.sql("insert into engine._yoyo_migration values ('0999_from_tomorrow')")
    return place.dsn


def _package(place: Place) -> str:
    place.patch.setattr(deploy_facts, "_package_directory", lambda: "/nonexistent")
    return place.dsn


def _other_package(place: Place) -> str:
    place.patch.setattr(deploy_checks, "__version__", "9.9.9")
    return place.dsn


def _no_psql(place: Place) -> str:
    place.patch.setattr(shutil, "which", lambda _: None)
    return place.dsn


Arrange = Callable[[Place], str]
DATABASES: dict[str, Arrange] = {
    "not a connection string": lambda _: "me:secret at the server",
    "nobody listens there": lambda _: (
        f"host=127.0.0.1 port={closed_port()} user=me password=secret dbname=x"
    ),
    "a database that does not exist": lambda p: p.found.dsn("nowhere"),
    "a login that does not exist": lambda p: p.found.dsn(p.name, "nobody"),
    "a wrong password": lambda p: make_conninfo(
        p.dsn, user="mallory", password="wrong"
    ),
    "no password": lambda p: make_conninfo(p.dsn, user="mallory", passfile="/none"),
    "PostgreSQL 14": lambda p: p.answering(version=140011),
    "LATIN1": lambda p: p.create("encoding 'LATIN1' locale 'C'"),
    "SQL_ASCII": lambda p: p.create("encoding 'SQL_ASCII' locale 'C'"),
    "a login that is no superuser": lambda p: p.found.dsn(p.name, "app"),
    "no plpython3u": lambda p: p.answering(has_plpython=False),
    "no Python package on the server": _package,
    "a Python package of another version": _other_package,
    "no pg_cron": lambda p: p.answering(cron_version=None),
    "pg_cron is not loaded": lambda p: p.dsn,
    "pg_cron serves another database": lambda p: p.answering(
        cron_is_loaded=True, cron_database="postgres"
    ),
    "an application's tables of our names": _taken,
    "somebody else's schema engine": _engine,
    "a schema auth of another kind": _auth,
    "a newer version was deployed": _newer,
    "a full disk": lambda p: p.answering(free_bytes=100 * 2**20),
    "psql is missing": _no_psql,
}
NEEDS_CRON = {"no pg_cron", "pg_cron is not loaded", "pg_cron serves another database"}


@pytest.mark.parametrize("what", DATABASES)
def test_a_database_that_will_not_do_is_refused_in_one_line_and_not_changed(
    place: Place, what: str
) -> None:
    """By a deploy and by a look, in the same words; a password is not repeated."""
    dsn = DATABASES[what](place)
    cron = what in NEEDS_CRON
    before = everything(place.dsn)
    found = look(dsn, cron=cron)
    (finding,) = [one for one in found.findings if one.stops]
    with pytest.raises(NotReady) as refused:
        deploy(dsn, cron=cron)
    assert str(refused.value) == str(finding)
    assert "\n" not in str(finding)
    assert "secret" not in str(finding)
    assert "wrong" not in str(finding)
    assert everything(place.dsn) == before
    given = conninfo_to_dict(dsn) if "=" in dsn else {}
    names = {
        str(place.found.socket_dir): "/run/postgresql",
        place.name: "travel",
        f"port {given.get('port')} ": "port 5432 ",
    }
    compare(DEPLOY, what, [str(finding)], names)


def test_another_schema_than_public_is_refused_with_the_reason(place: Place) -> None:
    """Beside whatever else is wrong, and with the advice that helps."""
    found = look(_taken(place), cron=False, schema="travel")
    first, second = (one for one in found.findings if one.stops)
    assert "names of ours are taken in the schema public" in second.problem
    assert "database of its own" in second.remedy
    compare(DEPLOY, "`--schema travel`", [str(first)], {})


def test_everything_that_is_wrong_is_said_at_once(place: Place) -> None:
    """Nobody mends one thing to hear of the next."""
    place.create("encoding 'LATIN1' locale 'C'")
    _taken(place)
    _engine(place)
    with pytest.raises(NotReady) as refused:
        deploy(place.found.dsn(place.name, "app"))
    said = str(refused.value).splitlines()
    assert [line.split(" ", 3)[:3] for line in said] == [
        ["the", "database's", "encoding"],
        ["app", "is", "not"],
        ["names", "of", "ours"],
        ["the", "schema", "engine"],
    ]
    assert "function cancel_trip" in said[2]
    assert "table trip_requests (app's)" in said[2]
    assert "view review_queue" in said[2]


REMARKS: dict[str, dict[str, Any]] = {
    "pg_cron 1.4 in background workers": {"cron_in_workers": True},
    "pg_cron's launcher is away": {"cron_launches": False},
    "fsync off": {"fsync": "off"},
    "synchronous_commit off": {"synchronous_commit": "off"},
    "PostgREST's roles are another application's": {"roles": ["anon"]},
    "pg_net": {"has_net": True},
}


@pytest.mark.parametrize("what", REMARKS)
def test_what_does_not_stop_a_deploy_is_remarked(place: Place, what: str) -> None:
    """One line each, and the deploy goes on."""
    good = {
        "cron_is_loaded": True,
        "cron_database": place.name,
        "cron_version": "1.4-1",
        "cron_launches": True,
        "fsync": "on",
        "synchronous_commit": "on",
    }
    found = look(place.answering(**{**good, **REMARKS[what]}))
    (finding,) = found.findings
    assert not finding.stops
    compare(REMARKED, what, [str(finding)], {place.name: "travel"})


def test_an_upgrade_of_ours_takes_no_name_and_finds_no_role(database: str) -> None:
    """What is there already is ours: nothing but the tests' own settings is said."""
    found = look(database, cron=False)
    assert {one.problem for one in found.findings} == {
        "fsync is off",
        "synchronous_commit is off",
    }
    facts = found.require()
    assert facts.package is not None
    assert facts.free_bytes is not None
    assert set(facts.applied) == set(deploy_facts.our_migrations())


def test_a_server_whose_pg_cron_serves_another_database_is_named(
    database: str,
) -> None:
    """As a real server says it."""
    (finding,) = [one for one in look(database).findings if one.stops]
    assert finding.problem.startswith(
        "pg_cron serves the database skylatch_cron, not skylatch_test_"
    )


def test_a_pooler_is_no_place_to_deploy_through(place: Place) -> None:
    """Its sessions are everybody's."""
    if shutil.which("pgbouncer") is None:
        pytest.skip("pgbouncer is not installed: make test installs it")
    with pooler(place.found) as port:
        found = look(f"{place.dsn} port={port}", cron=False)
    (finding,) = [one for one in found.findings if one.stops]
    names = {str(place.found.socket_dir): "/run/postgresql", str(port): "6432"}
    compare(DEPLOY, "PgBouncer", [str(finding)], names)


@contextmanager
def pooler(found: Server) -> Iterator[int]:
    """Serve PgBouncer in front of `found`, at the socket beside the server's."""
    port = 6432
    settings = found.base / "pgbouncer.ini"
    settings.write_text(
        f"[databases]\n* = host={found.socket_dir} port={found.port}\n[pgbouncer]\n"
        f"listen_addr =\nlisten_port = {port}\nunix_socket_dir = {found.socket_dir}\n"
        "auth_type = any\npool_mode = transaction\n"
    )
    # auth_type any logs everybody in as one user.
    settings.write_text(settings.read_text().replace("\n[pg", " user=postgres\n[pg"))
    program = [str(shutil.which("pgbouncer")), str(settings)]
    process = subprocess.Popen(
        clean_command(found.account, found.base, program),
        cwd="/",
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until((found.socket_dir / f".s.PGSQL.{port}").exists)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=30)
