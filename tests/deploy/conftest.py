"""What the tests of deploys share: a database as the last release made it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sidecar.deploy import SQL_DIR
from sidecar.local.cluster import Cluster
from tests.deploy.checkouts import copy_sql, finish, start_deploy, unpack_release
from tests.factories import accept_history
from tests.sql import cloned_database

RELEASE = "0.1.0"


@pytest.fixture(scope="session")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Unpack the last release; return its directory."""
    return unpack_release(RELEASE, tmp_path_factory.mktemp("release"))


@pytest.fixture(scope="session")
def released_template(cluster: Cluster, released: Path) -> str:
    """Let the last release deploy a database, by its own code; return its name."""
    name = "skylatch_released"
    cluster.create_database(name)
    finish(start_deploy(released / "sql", cluster.dsn(name), released))
    return name


@pytest.fixture
def released_database(
    cluster: Cluster, released_template: str, clone_name: Callable[[], str]
) -> Iterator[str]:
    """Yield the superuser's connection string of a database of the last release."""
    with cloned_database(cluster, released_template, clone_name) as dsn:
        accept_history(dsn)
        yield dsn


@pytest.fixture
def sql(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let deploys be of a copy that may be changed."""
    copy = copy_sql(tmp_path)
    assert copy != SQL_DIR
    monkeypatch.setattr("sidecar.deploy.SQL_DIR", copy)
    monkeypatch.setattr("sidecar.deploy_facts._ROOT", copy.parent)
    return copy
