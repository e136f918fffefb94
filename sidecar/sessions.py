"""Every database session speaks one dialect, whatever the server's defaults are.

A server, a database or a role may have a DateStyle, an IntervalStyle or a TimeZone of
its own. A client that meets them unprepared cannot read a timestamp, and reads a float
that lost its last digits. Where a backslash in a string is not one, regular expressions
mean something else.

A session that may go through a pooler asks for its formats by `pin`: a pooler in
transaction mode refuses unknown start-up options, and may give the next statement to
another server session, whose role has the same formats (sql/bootstrap.sql). A direct
one, and a program such as psql, is told by `pinned` before it begins.
"""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import Conninfo

FORMATS = {
    "DateStyle": "ISO,MDY",
    "IntervalStyle": "postgres",
    "TimeZone": "UTC",
    "extra_float_digits": "1",
    "standard_conforming_strings": "on",
}
ENCODING = "UTF8"
# Start-up options, behind any other ones. A deploy runs a thousand statements once
# each: where a server would compile them, that takes minutes.
_MANNERS = {
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    "default_transaction_read_only": "off",
    "row_security": "on",
    "quote_all_identifiers": "off",
    "statement_timeout": "0",
    "idle_session_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
}
OPTIONS = " ".join(f"-c {name}={value}" for name, value in (FORMATS | _MANNERS).items())


# For how long a session waits for a server that says nothing: its machine may have lost
# its power, or something in between forgot the connection. Without these limits a
# question waits for its answer for a quarter of an hour, and a listener for more than
# two hours.
_ALIVE = {
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}


def noticing(dsn: str) -> str:
    """Return `dsn` with limits after which a server that is gone is noticed.

    Limits that `dsn` itself sets are kept.
    """
    said = conninfo_to_dict(dsn)
    return make_conninfo(dsn, **{k: v for k, v in _ALIVE.items() if k not in said})


def pin(connection: psycopg.Connection[Any]) -> None:
    """Give an open session, in autocommit, our formats from now on."""
    connection.execute(
        "select set_config(f.name, f.value, false)"
        " from unnest(%s::text[], %s::text[]) as f (name, value)",
        [list(FORMATS), list(FORMATS.values())],
    )


def pinned(dsn: str) -> str:
    """Return `dsn` with our formats asked for at start-up; not for a pooler.

    Other options, of the string or of PGOPTIONS, are kept; our formats replace others.
    """
    given = conninfo_to_dict(dsn).get("options")
    if given is None:
        defaults = {one.keyword: one.val for one in Conninfo.get_defaults()}
        given = (defaults.get(b"options") or b"").decode()
    return make_conninfo(
        dsn, options=f"{given} {OPTIONS}".strip(), client_encoding=ENCODING
    )
