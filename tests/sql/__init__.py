"""Behaviour of the database, tested through SQL: no sidecar, no sleeping, any clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

from sidecar.local.cluster import Cluster
from tests.factories import accept_history


@contextmanager
def cloned_database(
    cluster: Cluster, template: str, clone_name: Callable[[], str]
) -> Iterator[str]:
    """Clone the template for as long as the block lasts; yield its DSN."""
    name = clone_name()
    identifier, source = sql.Identifier(name), sql.Identifier(template)
    with psycopg.connect(cluster.dsn("postgres"), autocommit=True) as admin:
        # As files: by the log, as by default, it takes twice as long.
        admin.execute(
            sql.SQL("create database {} template {} strategy file_copy").format(
                identifier, source
            )
        )
        accept_history(cluster.dsn(name))
        yield cluster.dsn(name)
        # FORCE: a session may still be leaving.
        admin.execute(sql.SQL("drop database {} with (force)").format(identifier))
