"""What the tests of deploys share: a database as the last release made it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sidecar.local.cluster import Cluster
from tests.deploy.checkouts import (
    copy_sql,
    finish,
    later_version,
    start_deploy,
    unpack_release,
)
from tests.factories import accept_history
from tests.sql import cloned_database


@pytest.fixture(scope="session")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Unpack the last release; return its directory."""
    return unpack_release(tmp_path_factory.mktemp("release"))


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
    return _deployed(copy_sql(tmp_path), monkeypatch)


@pytest.fixture
def later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let deploys be of a version after this one; return its sql/."""
    return _deployed(later_version(tmp_path / "later"), monkeypatch)


def _deployed(sql: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("sidecar.deploy.SQL_DIR", sql)
    monkeypatch.setattr("sidecar.deploy_facts._ROOT", sql.parent)
    return sql
