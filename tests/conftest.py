"""Cluster fixtures: one private PostgreSQL per test process, one clone per test.

``cluster``   the running server (``.socket_dir``, ``.port``, ``.dsn(dbname, user)``)
``template``  name of a database that ``sidecar.deploy`` built once
``world_template``  name of another one, with all that a `world` begins with
``database``  superuser connection string of a fresh clone, dropped afterwards
``connect``   opens connections to that clone as any role; closes them afterwards
``redis_server``  a private Redis that may be stopped and frozen
``cron_database``  superuser connection string of the one database with pg_cron
"""

from __future__ import annotations

import gc
import itertools
import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo
from pytest_postgresql.janitor import DatabaseJanitor

from sidecar.local.accounts import make_directory, server_account
from sidecar.local.cluster import Cluster
from sidecar.local.packages import find_installation
from sidecar.local.plpython import install_plpython
from sidecar.local.throwaway import throwaway_cluster
from tests.factories import (
    World,
    prepare_template,
    running_world,
    search_with_ticks,
)
from tests.redis_server import RedisServer
from tests.sandbox.recordings import find_recordings
from tests.sql import cloned_database

# What is collected is never garbage. To look through it again and again would take
# longer than all the rest of collecting.
gc.disable()

# pg_cron serves one database of a cluster. The one test that runs real schedules
# creates this one; the launcher's connection to a template would make clones fail.
CRON_DATABASE = "skylatch_cron"
_TEMPLATE = "skylatch_template"
# What takes longest, most of it waiting: for pg_cron's minute, for servers that crash.
_LONG = (
    "e2e/test_deploy_to_replicas.py",
    "chaos/test_campaign.py",
    "chaos/test_database_crash.py",
    "chaos/test_model.py",
    "e2e/test_cron.py",
    "alerts/test_fired.py",
    "deploy/test_killed.py",
    "chaos/test_failover.py",
    "chaos/test_fleet.py",
    "chaos/test_kill.py",
    "chaos/test_night.py",
    "deploy/test_under_load.py",
)
# What a session that reaches these roles through `set role` logs in as.
_LOGIN_FOR = {
    "anon": "authenticator",
    "authenticated": "authenticator",
    "service_role": "authenticator",
    "skylatch_owner": "postgres",
    "skylatch_operator": "postgres",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the fuzz tests run for longer than every test run can afford."""
    parser.addoption(
        "--fuzz", type=int, default=2_000, help="how many inputs a fuzz test tries"
    )


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Let each worker begin with its part of what takes long: else all wait for that.

    pytest-xdist gives each an equal share of the tests, in their order.
    """
    workers = getattr(config, "workerinput", {}).get("workercount")
    if workers is None:
        return
    here = Path(__file__).parent
    names = [item.path.relative_to(here).as_posix() for item in items]
    long = [
        item
        for file in _LONG
        for item, name in zip(items, names, strict=True)
        if name == file
    ]
    others = [
        item for item, name in zip(items, names, strict=True) if name not in _LONG
    ]
    total = len(items)
    items.clear()
    for worker in range(workers):
        share = (total - len(items)) // (workers - worker)
        mine = long[worker::workers]
        rest = max(0, share - len(mine))
        items += mine + others[:rest]
        del others[:rest]


def pytest_collection_finish() -> None:
    """Keep what was collected, and look for garbage among what tests leave."""
    gc.freeze()
    gc.enable()


class Connect(Protocol):
    """Opens a connection to the test's database; see the `connect` fixture."""

    def __call__(
        self,
        role: str = "postgres",
        *,
        user_id: UUID | str | None = None,
        autocommit: bool = True,
    ) -> psycopg.Connection[Any]: ...


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """Serve one cluster per test process, over a socket only."""
    install_plpython()
    with throwaway_cluster(find_installation(), CRON_DATABASE) as running:
        yield running


@pytest.fixture(scope="session")
def template(cluster: Cluster) -> Iterator[str]:
    """Build the database that every test clones, once; return its name."""
    from sidecar.deploy import deploy

    janitor = DatabaseJanitor(
        user="postgres",
        host=str(cluster.socket_dir),
        port=cluster.port,
        dbname=_TEMPLATE,
        as_template=True,
    )
    with janitor:
        janitor.load(lambda **_: deploy(cluster.dsn(_TEMPLATE), cron=False))
        # A test says itself when its trips are searched.
        janitor.load(lambda **_: search_with_ticks(cluster.dsn(_TEMPLATE)))
        yield _TEMPLATE


@pytest.fixture(scope="session")
def world_template(cluster: Cluster, template: str) -> Iterator[str]:
    """Build the database that every test with a world clones, once; return its name."""
    name = "skylatch_world"
    with cloned_database(cluster, template, lambda: name) as dsn:
        prepare_template(dsn)
        yield name


@pytest.fixture(scope="session")
def cron_database(cluster: Cluster) -> str:
    """Deploy the database that pg_cron serves; return its superuser connection string.

    Shared by the tests of a process, its schedules running, and gone with the cluster:
    to drop it would end pg_cron's launcher.
    """
    from sidecar.deploy import deploy

    cluster.create_database(CRON_DATABASE)
    deploy(cluster.dsn(CRON_DATABASE))
    search_with_ticks(cluster.dsn(CRON_DATABASE))
    return cluster.dsn(CRON_DATABASE)


@pytest.fixture(scope="session")
def clone_name() -> Callable[[], str]:
    """Return a source of database names that no other test has."""
    numbers = itertools.count(1)
    return lambda: f"skylatch_test_{next(numbers)}"


@pytest.fixture
def database(
    request: pytest.FixtureRequest, cluster: Cluster, clone_name: Callable[[], str]
) -> Iterator[str]:
    """Clone a template; yield the superuser's connection string of the clone."""
    kind = "world_template" if "world" in request.fixturenames else "template"
    template = request.getfixturevalue(kind)
    with cloned_database(cluster, template, clone_name) as dsn:
        yield dsn


@pytest.fixture
def connect(database: str) -> Iterator[Connect]:
    """Return a function that opens connections to the test's database.

    A role that cannot log in is reached the way production does: PostgREST's roles
    from `authenticator`, the others from the superuser. `user_id` sets the claims
    that `auth.uid()` reads.
    """
    with ExitStack() as opened:

        def open_connection(
            role: str = "postgres",
            *,
            user_id: UUID | str | None = None,
            autocommit: bool = True,
        ) -> psycopg.Connection[Any]:
            login = _LOGIN_FOR.get(role, role)
            connection = psycopg.connect(
                make_conninfo(database, user=login), autocommit=True
            )
            opened.callback(connection.close)
            if user_id is not None:
                claims = json.dumps({"sub": str(user_id), "role": role})
                connection.execute(
                    "select set_config('request.jwt.claims', %s, false)", [claims]
                )
            if login != role:
                connection.execute(sql.SQL("set role {}").format(sql.Identifier(role)))
            connection.autocommit = autocommit
            return connection

        yield open_connection


@pytest.fixture
def recordings() -> Path:
    """Return the directory of recorded Duffel responses, or skip saying so."""
    path = find_recordings()
    if path is None:
        pytest.skip("no recorded Duffel responses: set SKYLATCH_RECORDINGS")
    return path


@pytest.fixture
def redis_server() -> Iterator[RedisServer]:
    """Serve a private Redis for one test.

    Not in pytest's own directory: the server's account cannot reach below root's.
    """
    with tempfile.TemporaryDirectory(prefix="skylatch-redis-") as name:
        directory = Path(name)
        make_directory(directory, server_account("redis", "nobody"))
        server = RedisServer(directory)
        server.start()
        yield server
        server.stop()


@pytest.fixture
def world(database: str) -> Iterator[World]:
    """Return a database with sandboxes of its own, with recordings where there are."""
    with running_world(database) as world:
        yield world
