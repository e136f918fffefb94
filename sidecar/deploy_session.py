"""The one session of a deploy: its locks and its statements end with it.

Only one deploy works on a database at a time. The lock for that belongs to the session:
a deploy that is killed leaves nothing to clear away. The server checks every second
whether the client is still there, also during a statement, so that the statement of a
killed deploy is cancelled and its transaction undone before the next deploy begins.

Work that needs tables to itself goes through `unhindered`: it locks all tables at once,
in one order, for no longer than others may be kept waiting. If it cannot have them, it
releases everything and tries again after a pause. A deploy looks for deadlocks sooner
than other sessions do, so the deploy is the one that gives way in a deadlock.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql

from sidecar.errors import SetupError
from sidecar.sessions import pinned

APPLICATION = "skylatch-deploy"
Session = psycopg.Connection[Any]

# The engine's own advisory locks are 7302026 to 7302029.
_LOCK = 7302030
# For how long others may wait behind a deploy that waits for them: less than the second
# after which PostgreSQL looks for deadlocks, and would cancel one of them.
_LOCK_MILLISECONDS = 400
_SETTINGS = {
    "client_connection_check_interval": "1s",
    "deadlock_timeout": "100ms",
    "lock_timeout": f"{_LOCK_MILLISECONDS}ms",
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    # A machine that vanished is noticed within a minute.
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
}
_BUSY = (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected)
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.1, 3.0
_PATIENCE_SECONDS = 300.0


@contextmanager
def deploy_session(dsn: str) -> Iterator[Session]:
    """Open the session of a deploy to `dsn` (superuser), and wait for its turn.

    Raises SetupError, naming the other deploy, after five minutes.
    """
    with psycopg.connect(
        pinned(dsn), autocommit=True, application_name=APPLICATION
    ) as session:
        session.execute(
            "select set_config(s.name, s.value, false)"
            " from unnest(%s::text[], %s::text[]) as s (name, value)",
            [list(_SETTINGS), list(_SETTINGS.values())],
        )
        _wait_for_turn(session)
        yield session


def unhindered(
    session: Session,
    name: str,
    work: Callable[[], None],
    tables: Collection[str] = (),
) -> None:
    """Do `work` in one transaction that has `tables` to itself from the start.

    A session in the way is waited for: again and again for a moment, for five minutes
    in all. Then raises SetupError that names it.
    """
    deadline = time.monotonic() + _PATIENCE_SECONDS
    pause = _FIRST_PAUSE_SECONDS
    while True:
        try:
            with session.transaction():
                _take(session, tables)
                work()
        except _BUSY as error:
            if time.monotonic() > deadline:
                raise SetupError(
                    f"{name}: others kept it waiting for {_PATIENCE_SECONDS:.0f}"
                    f" seconds ({_who_holds(session, tables) or error}): end them, or"
                    " deploy again later"
                ) from error
        else:
            return
        # A random pause, so as not to keep step with a transaction that comes
        # regularly.
        time.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - no secret
        pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)


@contextmanager
def waits_long(session: Session) -> Iterator[None]:
    """Let statements that block nobody wait for others, for ten minutes at the most."""
    session.execute("set lock_timeout = '10min'")
    try:
        yield
    finally:
        if not session.broken:
            session.execute(f"set lock_timeout = {_LOCK_MILLISECONDS}")


def _wait_for_turn(session: Session) -> None:
    # The lock is tried again and again. A statement that waits for it has a snapshot,
    # and an index that another deploy builds concurrently would wait for that.
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        row = session.execute("select pg_try_advisory_lock(%s)", [_LOCK]).fetchone()
        if row and row[0]:
            return
        if time.monotonic() > deadline:
            raise SetupError(
                f"another deploy is at work ({_other_deploy(session)}): wait for it, or"
                " end it: select pg_terminate_backend(its process)"
            )
        time.sleep(0.2)


def _take(session: Session, tables: Collection[str]) -> None:
    """Lock `tables`, all in one moment or none."""
    if not tables:
        return
    names = [sql.Identifier(*name.split(".")) for name in sorted(set(tables))]
    # lock_timeout limits the wait for each table; this limits the wait for all of them.
    session.execute(f"set local statement_timeout = {_LOCK_MILLISECONDS}")
    try:
        session.execute(
            sql.SQL("lock table only {} in access exclusive mode").format(
                sql.SQL(", only ").join(names)
            )
        )
    except psycopg.errors.QueryCanceled as error:
        raise psycopg.errors.LockNotAvailable(str(error)) from error
    session.execute("set local statement_timeout = 0")


def _other_deploy(session: Session) -> str:
    row = session.execute(
        "select format('process %%s of %%s, since %%s', a.pid,"
        " coalesce(host(a.client_addr), 'this machine'), a.backend_start::timestamp(0))"
        " from pg_locks as l join pg_stat_activity as a on a.pid = l.pid"
        " where l.locktype = 'advisory' and l.granted and l.objid = %s"
        " and l.database = (select oid from pg_database"
        " where datname = current_database())",
        [_LOCK],
    ).fetchone()
    return str(row[0]) if row else "it has just ended"


def _who_holds(session: Session, tables: Collection[str]) -> str:
    """Name the session that has held one of `tables` for longest."""
    row = session.execute(
        "select format('process %%s, %%s, in a transaction since %%s, holds %%s',"
        " a.pid, coalesce(a.usename, 'the server'), a.xact_start::timestamp(0),"
        " l.relation::regclass)"
        " from pg_locks as l join pg_stat_activity as a on a.pid = l.pid"
        " where l.granted and l.relation = any (%s::regclass[])"
        " and a.pid <> pg_backend_pid() order by a.xact_start limit 1",
        [list(tables)],
    ).fetchone()
    return str(row[0]) if row else ""
