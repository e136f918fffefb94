"""What the chaos tests share: a database whose clock moves, and what they measured."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sidecar.deploy import deploy
from sidecar.local.cluster import Cluster
from tests.clock import make_clock_movable
from tests.factories import prepare_template, search_with_ticks
from tests.sql import cloned_database


@pytest.fixture(scope="session")
def movable_template(cluster: Cluster) -> str:
    """Build a database whose clock can be moved, once; return its name."""
    name = "skylatch_movable"
    cluster.create_database(name)
    make_clock_movable(cluster.dsn(name))
    deploy(cluster.dsn(name), cron=False)
    search_with_ticks(cluster.dsn(name))
    prepare_template(cluster.dsn(name))
    return name


@pytest.fixture
def open_database(
    cluster: Cluster, movable_template: str, clone_name: Callable[[], str]
) -> Callable[[], Any]:
    """Return what opens a fresh clone, its clock movable, and drops it."""

    return lambda: cloned_database(cluster, movable_template, clone_name)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print one line for each story."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == "crash points":
                terminalreporter.write_line(value)
