"""What the chaos tests share: a database whose clock moves, and what they measured."""

from __future__ import annotations

from typing import Any

import pytest

from sidecar.deploy import deploy
from sidecar.local.cluster import Cluster
from tests.clock import make_clock_movable


@pytest.fixture(scope="session")
def movable_template(cluster: Cluster) -> str:
    """Build a database whose clock can be moved, once; return its name."""
    name = "skylatch_movable"
    cluster.create_database(name)
    make_clock_movable(cluster.dsn(name))
    deploy(cluster.dsn(name), cron=False)
    return name


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print one line for each story."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == "crash points":
                terminalreporter.write_line(value)
