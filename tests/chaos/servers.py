"""Servers whose owners like other settings than ours.

They are the database's own, as a platform or an administrator leaves them; what logs in
as one of our roles has its own for most of them, and whoever else calls the engine, the
superuser here, has none.
"""

from __future__ import annotations

import psycopg
from psycopg import sql

SERVERS: dict[str, dict[str, str]] = {
    "as installed": {},
    "German": {
        "DateStyle": "German, DMY",
        "IntervalStyle": "iso_8601",
        "extra_float_digits": "0",
    },
    "Kiritimati": {"TimeZone": "Pacific/Kiritimati", "DateStyle": "SQL, DMY"},
    "Kolkata": {"TimeZone": "Asia/Kolkata", "IntervalStyle": "sql_standard"},
    "repeatable read": {"default_transaction_isolation": "repeatable read"},
    "serializable": {"default_transaction_isolation": "serializable"},
    "all of it": {
        "DateStyle": "German, DMY",
        "IntervalStyle": "iso_8601",
        "TimeZone": "Pacific/Kiritimati",
        "extra_float_digits": "0",
        "default_transaction_isolation": "serializable",
    },
}


def set_up(dsn: str, server: str) -> None:
    """Give a database (superuser) these settings, for sessions that begin from now."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        for name, value in SERVERS[server].items():
            connection.execute(
                sql.SQL("alter database {} set {} = {}").format(
                    sql.Identifier(connection.info.dbname), sql.SQL(name), value
                )
            )
