"""What the chaos tests share: a database whose clock moves, and what they measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from psycopg import sql

from sidecar.deploy import deploy
from sidecar.local.cluster import Cluster
from tests.clock import make_clock_movable
from tests.factories import accept_history


@pytest.fixture(scope="session")
def movable_template(cluster: Cluster) -> str:
    """Build a database whose clock can be moved, once; return its name."""
    name = "skylatch_movable"
    cluster.create_database(name)
    make_clock_movable(cluster.dsn(name))
    deploy(cluster.dsn(name), cron=False)
    return name


@pytest.fixture
def open_database(
    cluster: Cluster, movable_template: str, clone_name: Callable[[], str]
) -> Callable[[], Any]:
    """Return what opens a fresh clone, its clock movable, and drops it."""

    @contextmanager
    def opened() -> Iterator[str]:
        name = clone_name()
        with psycopg.connect(cluster.dsn("postgres"), autocommit=True) as connection:
            clone = sql.SQL("create database {} template {}")
            connection.execute(
                clone.format(*map(sql.Identifier, (name, movable_template)))
            )
            accept_history(cluster.dsn(name))
            yield cluster.dsn(name)
            dropped = sql.SQL("drop database {} with (force)")
            connection.execute(dropped.format(sql.Identifier(name)))

    return opened


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print one line for each story."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == "crash points":
                terminalreporter.write_line(value)
