"""Calls of the database's functions, over a few connections.

Connections are in autocommit, so each call is one transaction and one round trip. There
are no prepared statements: a transaction pooler may stand in between, and the plans
that matter are kept inside the functions.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool, PoolTimeout

from sidecar.errors import translate
from sidecar.sessions import ENCODING, noticing, pin

Row = dict[str, Any]


def describe(error: Exception) -> str:
    """Return the part of a database error that a log may show: class, code and message.

    The detail is never shown, because it may quote a row.
    """
    if isinstance(error, psycopg.Error):
        primary = error.diag.message_primary or str(error).split("\n", 1)[0]
        return " ".join(filter(None, (type(error).__name__, error.sqlstate, primary)))
    return f"{type(error).__name__} {error}"


def reach(url: str, *, patience: float) -> None:
    """Connect once; raises psycopg.Error, and at once where nobody listens.

    For a command that ends: a pool tries again and again until its patience ends.
    """
    psycopg.connect(noticing(url), connect_timeout=math.ceil(patience)).close()


@lru_cache
def _query(schema: str, function: str, arguments: int) -> sql.Composed:
    """Return the statement that calls a function; each statement is built once."""
    query = sql.SQL("select * from {}({})").format(
        sql.Identifier(schema, function),
        sql.SQL(", ").join([sql.Placeholder()] * arguments),
    )
    return sql.Composed([sql.SQL(query.as_string())])


class Pool:
    """A small pool of connections to one database."""

    def __init__(self, url: str, *, process: str, size: int, patience: float) -> None:
        """Open the pool; a call waits `patience` seconds for a connection.

        The wait is short: a pool that has given up reconnecting begins anew with the
        next call, so patient callers would only lengthen an outage that is over.
        """
        self._url = url = noticing(url)
        self._pool: ConnectionPool[psycopg.Connection[Row]] = ConnectionPool(
            url,
            min_size=1,
            max_size=size,
            open=True,
            timeout=patience,
            reconnect_timeout=patience,
            configure=pin,
            kwargs={
                "client_encoding": ENCODING,
                "autocommit": True,
                "row_factory": dict_row,
                "prepare_threshold": None,
                "application_name": f"skylatch-{process}",
            },
        )

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()

    def explain(self, error: psycopg.Error) -> str:
        """Return what `describe` does; without a connection, why there was none.

        The pool says only how long it waited; a connection of its own says why.
        """
        if isinstance(error, PoolTimeout):
            try:
                psycopg.connect(self._url, connect_timeout=3).close()
            except psycopg.Error as told:
                return describe(told)
        return describe(error)

    def _one(self, function: str) -> str:
        (row,) = self._rows("engine", function)
        return str(row[function])

    def _rows(self, schema: str, function: str, *args: object) -> list[Row]:
        query = _query(schema, function, len(args))
        with self._pool.connection() as connection:
            try:
                return connection.execute(query, args).fetchall()
            except psycopg.Error as error:
                raise translate(error) from error
