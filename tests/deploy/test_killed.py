"""A deploy that is killed, wherever it was, is simply begun again."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from sidecar.deploy import SQL_DIR, deploy
from sidecar.deploy_session import APPLICATION, deploy_session
from sidecar.errors import SetupError
from sidecar.local.cluster import Cluster
from sidecar.local.snapshot import dump_schema
from sidecar.migrations import apply_migrations
from tests.conftest import Connect
from tests.deploy.checkouts import add_migration, finish, start_deploy
from tests.factories import until
from tests.sql import cloned_database

# How many of a deploy's statements it is killed at; all of them: make deploys.
_POINTS = os.environ.get("DEPLOY_POINTS", "6")
_DEPLOYS = (
    f"select count(*) from pg_stat_activity where application_name = '{APPLICATION}'"
)
MIGRATIONS: list[tuple[str, bool, list[str]]] = [
    (
        "many_statements",
        True,
        [
            "alter table public.trip_requests add column note_1 text",
            "create table engine.notes (id bigint primary key, note text)",
            "alter table engine.notes enable row level security",
            "alter table engine.notes force row level security",
            "create policy notes_owner_all on engine.notes to skylatch_owner"
            " using (true) with check (true)",
            "insert into engine.notes values (1, 'one')",
            "alter table public.booking_attempts add column note_1 text",
            "update public.booking_attempts set note_1 = 'none'",
        ],
    ),
    (
        "an_index",
        False,
        [
            "drop index concurrently if exists public.trip_requests_note_1_idx",
            "create index concurrently trip_requests_note_1_idx"
            " on public.trip_requests (note_1)",
        ],
    ),
    ("after_it", True, ["alter table engine.notes add column more text"]),
]


class Killed(BaseException):
    """The process of a deploy is gone."""


class Killer:
    """Cuts a deploy's session off just before its n-th statement.

    To the server it is as if the process had been killed: whatever the deploy would
    still do to tidy up does not reach it.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._count, self._last = 0, 0
        execute = psycopg.Cursor.execute

        def counted(cursor: Any, *args: Any, **options: Any) -> Any:
            connection = cursor.connection
            if connection.info.get_parameters().get("application_name") == APPLICATION:
                self._count += 1
                if self._count == self._last:
                    connection.pgconn.finish()
                    raise Killed
            return execute(cursor, *args, **options)

        monkeypatch.setattr(psycopg.Cursor, "execute", counted)

    def statements(self, dsn: str) -> int:
        """Deploy, and return how many statements that took."""
        self._count, self._last = 0, 0
        deploy(dsn, cron=False)
        return self._count

    def kill(self, dsn: str, at: int) -> None:
        """Begin a deploy that ends before its statement number `at`."""
        self._count, self._last = 0, at
        # What a process that goes on would do on its way out fails in its own ways.
        with pytest.raises((Killed, SetupError, psycopg.OperationalError)):
            deploy(dsn, cron=False)
        assert self._count >= at
        self._last = 0


@pytest.fixture
def killer(monkeypatch: pytest.MonkeyPatch) -> Killer:
    """Return what kills deploys."""
    return Killer(monkeypatch)


@pytest.fixture
def clone(
    cluster: Cluster, released_template: str, clone_name: Callable[[], str]
) -> Callable[[], Any]:
    """Return what opens another database of the last release."""
    return lambda: cloned_database(cluster, released_template, clone_name)


@pytest.fixture
def clone_deployed(
    cluster: Cluster, template: str, clone_name: Callable[[], str]
) -> Callable[[], Any]:
    """Return what opens another database of this version."""
    return lambda: cloned_database(cluster, template, clone_name)


def what_is_there(dsn: str) -> list[str]:
    """Return columns, indexes and policies, what is on record, and the notes.

    Much sooner than pg_dump would.
    """
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(
            "select format('%s.%s %s', attrelid::regclass, attname, attnum)"
            " from pg_attribute join pg_class as c on c.oid = attrelid"
            " where c.oid > 16384 and c.relkind in ('r', 'v') union all"
            " select format('%s %s', indexrelid::regclass, indisvalid::text)"
            " from pg_index where indexrelid::regclass::text not like 'pg_%'"
            " union all select object || digest from engine.object_digests()"
            " union all select migration_id from engine._yoyo_migration"
            " union all select n::text from engine.notes as n order by 1"
        ).fetchall()
    return [row[0] for row in rows]


def chosen(first: int, last: int) -> Iterator[int]:
    """Yield so many of these numbers, evenly, with both ends."""
    every = last - first + 1
    points = every if _POINTS == "all" else min(int(_POINTS), every)
    for point in range(points):
        yield first + round(point * (last - first) / max(points - 1, 1))


@pytest.mark.usefixtures("later")
def test_a_deploy_killed_at_any_statement_is_followed_by_one_that_succeeds(
    cluster: Cluster, clone: Callable[[], Any], killer: Killer
) -> None:
    """From the last release to a later version: migrations, code, data."""
    with clone() as dsn:
        statements = killer.statements(dsn)
        whole = dump_schema(cluster.installation, dsn)
    for point in chosen(1, statements):
        with clone() as dsn:
            killer.kill(dsn, point)
            deploy(dsn, cron=False)
            assert dump_schema(cluster.installation, dsn) == whole, point


def test_a_deploy_killed_at_each_statement_of_a_migration(
    clone_deployed: Callable[[], Any],
    killer: Killer,
    sql: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In one transaction or in pieces: each migration is there once, and whole."""
    # What comes behind the migrations takes most of a deploy's time.
    monkeypatch.setattr("sidecar.deploy.apply_code", lambda *_: None)
    monkeypatch.setattr("sidecar.deploy._load", lambda *_, **__: None)
    for name, whole, statements in MIGRATIONS:
        add_migration(sql, name, *statements, whole=whole)
    with clone_deployed() as dsn:
        number = killer.statements(dsn)
        expected = what_is_there(dsn)
        assert "trip_requests_note_1_idx true" in expected
    for point in range(1, number + 1):
        with clone_deployed() as dsn:
            killer.kill(dsn, point)
            deploy(dsn, cron=False)
            assert what_is_there(dsn) == expected, point


def test_the_statement_of_a_killed_deploy_ends_with_it(
    database: str, connect: Connect, sql: Path
) -> None:
    """The server does not go on alone, and nothing has to be cleared away."""
    add_migration(
        sql,
        "for_ever",
        "alter table public.trip_requests add column note text",
        "select pg_sleep(86400)",
    )
    look = connect()
    deploying = start_deploy(sql, database)
    sleeps = f"{_DEPLOYS} and wait_event = 'PgSleep'"
    until(lambda: look.execute(sleeps.encode()).fetchone() == (1,))
    deploying.kill()
    deploying.communicate()
    until(lambda: look.execute(_DEPLOYS.encode()).fetchone() == (0,))
    look.execute("select from public.trip_requests")
    (migration,) = (sql / "migrations").glob("*_for_ever.sql")
    migration.write_text(migration.read_text().replace("86400", "0"))
    finish(start_deploy(sql, database))


def test_the_lock_row_of_a_yoyo_that_was_killed_is_no_obstacle(database: str) -> None:
    """Somebody ran it by hand: its lock is a row, which nobody removes."""
    with psycopg.connect(database) as connection:
        connection.execute(
            "insert into engine.yoyo_lock (locked, ctime, pid) values (1, now(), 1)"
        )
    deploy(database, cron=False)


def test_a_version_behind_the_database_is_not_deployed(database: str) -> None:
    """It would bring back what a later one has replaced.

    Said by the look, and again with the lock: the later one may come in between.
    """
    with psycopg.connect(database) as connection:
        connection.execute(
            "insert into engine._yoyo_migration (migration_hash, migration_id)"
            " values ('x', '9999_later')"
        )
    with pytest.raises(SetupError, match="newer version: 9999_later"):
        deploy(database, cron=False)
    with (
        deploy_session(database) as session,
        pytest.raises(SetupError, match="has the migration 9999_later, which this"),
    ):
        apply_migrations(session, SQL_DIR / "migrations")
