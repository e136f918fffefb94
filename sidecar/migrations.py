"""State: each migration once, whole or not at all, and never beside a booking's locks.

yoyo reads the files and keeps the record. It runs on the deploy's own session and under
the deploy's own lock: by itself yoyo would apply a migration on another connection,
record it in another transaction, and keep its lock in a row that a killed process
leaves behind.

A migration first locks every table that it names and that others may be using. A
migration that says `-- transactional: false` (an index that is built concurrently)
locks none: each of its statements can be repeated, and is when a deploy was killed
between them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import yoyo
from yoyo.backends.core.postgresql import PostgresqlPsycopgBackend
from yoyo.connections import parse_uri
from yoyo.migrations import Migration, default_migration_table, read_sql_migration

from sidecar.deploy_session import Session, unhindered, waits_long
from sidecar.errors import SetupError

# The table that a statement of a migration works on, wherever its name stands.
_NAMED = re.compile(
    r"\b(?:table(?:\s+if\s+exists)?(?:\s+only)?|on|references|update|into|from)\s+"
    r"((?:public|engine|auth)\.\w+)"
)


class _Record(PostgresqlPsycopgBackend):  # type: ignore[misc]
    """yoyo's record, in the schema engine, over a connection that exists already."""

    schema = "engine"

    def __init__(self, session: Session) -> None:
        self._session = session
        super().__init__(parse_uri("postgresql+psycopg:///"), default_migration_table)

    def connect(self, dburi: object) -> Session:
        return self._session

    def prepare(self) -> None:
        """Make the record's tables where they are missing; remove yoyo's own lock.

        The holder of that lock is gone: only one deploy is at work.
        """
        if self.lock_table not in self.list_tables():
            self.create_lock_table()
        self.break_lock()
        self.ensure_internal_schema_updated()

    def keep(self, migration: Migration) -> None:
        """Record a migration, in the open transaction."""
        self.log_migration(migration, "apply")
        self.mark_one(migration, log=False)


def verify_checksums(migrations: Path) -> None:
    """Refuse a released migration that was edited; SHA256SUMS lists the released."""
    for line in (migrations / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split()
        path = migrations / name
        if not path.exists():
            raise SetupError(f"migration {name} is released but missing: restore it")
        if hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            raise SetupError(
                f"migration {name} was edited after its release: "
                "restore it and write a new migration instead"
            )


def apply_migrations(session: Session, directory: Path) -> None:
    """Apply new migrations as the owner role, so that it owns what they create.

    Raises SetupError; nothing is kept of a migration that failed.
    """
    try:
        with _as_owner(session):
            record = _Record(session)
            record.prepare()
            known = yoyo.read_migrations(str(directory))
            _refuse_newer(session, {migration.id for migration in known})
            new = record.to_apply(known)
        for migration in new:
            _apply(session, record, migration)
    except psycopg.Error as error:
        raise SetupError(f"migration failed: {error}") from error


def tables_named(text: str) -> set[str]:
    """Return the tables that a migration's statements work on, schema.name."""
    without_comments = re.sub(r"--[^\n]*", "", text)
    return set(_NAMED.findall(without_comments))


def _refuse_newer(session: Session, known: set[str]) -> None:
    rows = session.execute("select migration_id from _yoyo_migration").fetchall()
    newer = sorted({row[0] for row in rows} - known)
    if newer:
        raise SetupError(
            f"the database has the migration {newer[-1]}, which this version does not"
            " know: deploy the version that brought it, or a later one"
        )


def _apply(session: Session, record: _Record, migration: Migration) -> None:
    _, _, statements = read_sql_migration(migration.path)
    if not migration.use_transactions:
        _apply_in_pieces(session, record, migration, statements)
        return

    def work() -> None:
        session.execute("set local role skylatch_owner")
        session.execute("set local search_path = engine")
        for statement in statements:
            session.execute(statement.encode())
        record.keep(migration)

    tables = _existing(session, tables_named(migration.source))
    unhindered(session, f"migration {migration.id}", work, tables)


def _apply_in_pieces(
    session: Session, record: _Record, migration: Migration, statements: list[str]
) -> None:
    """Apply statements that cannot be in one transaction, then record the migration."""
    with _as_owner(session):
        with waits_long(session):
            for statement in statements:
                session.execute(statement.encode())
        with session.transaction():
            record.keep(migration)


@contextmanager
def _as_owner(session: Session) -> Iterator[None]:
    session.execute("set role skylatch_owner")
    session.execute("set search_path = engine")
    try:
        yield
    finally:
        if not session.broken:
            session.execute("reset search_path")
            session.execute("reset role")


def _existing(session: Session, names: set[str]) -> list[str]:
    """Return those of these tables that exist and that others may be using."""
    found = session.execute(
        "select n.name from unnest(%s::text[]) as n (name)"
        " join pg_class as c on c.oid = to_regclass(n.name)"
        " where c.relkind in ('r', 'p')",
        [sorted(names)],
    ).fetchall()
    return [row[0] for row in found]
