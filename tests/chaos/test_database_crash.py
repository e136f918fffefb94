"""The database dies (an immediate stop) at points of every story, then comes back.

The sidecars keep running and recover by themselves. One crash serves a group of
stories: each has a database, providers and a sidecar of its own, and waits at its n-th
point while the server that they share is stopped and started.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import psycopg
import pytest

from sidecar.deploy import deploy
from sidecar.local.cluster import Cluster
from sidecar.local.packages import find_installation
from sidecar.local.plpython import install_plpython
from sidecar.local.throwaway import THROWAWAY_SETTINGS, throwaway_cluster
from tests.chaos.crashing_sidecar import NEVER, Harm, Sidecar, start_sidecar
from tests.chaos.stories import (
    STORIES,
    Story,
    crash_points,
    describe,
    prepare,
    run,
)
from tests.chaos.truth import assert_ends
from tests.factories import (
    World,
    accept_history,
    prepare_template,
    running_world,
    until,
)

_TEMPLATE = "skylatch_template"
_MOST_POINTS = 200
_GROUPS = 4
# What was committed must survive; the machine itself does not crash here.
_SETTINGS = {**THROWAWAY_SETTINGS, "synchronous_commit": "on"}
# Makes each commit of the saga wait, with all its work done, while a test says so.
_COMMIT_GATE = """
create function public.wait_at_gate() returns trigger language plpgsql
security definer as $$begin perform pg_advisory_xact_lock_shared(1); return null; end$$;
create constraint trigger gate after insert or update on engine.provider_calls
deferrable initially deferred for each row execute function public.wait_at_gate();
"""
_WAITS_AT_GATE = """
select count(*) from pg_locks
where locktype = 'advisory' and not granted
  and database = (select oid from pg_database where datname = current_database())
"""


@dataclass
class Server:
    """A cluster that can be crashed and started again."""

    cluster: Cluster
    _process: subprocess.Popen[bytes] | None = None

    def crash(self) -> None:
        """Stop it at once, as `pg_ctl -m immediate` does, and start it again."""
        self.stop()
        with (self.cluster.base / "log").open("ab") as log:
            self._process = subprocess.Popen(
                self.cluster.command(die_with_parent="QUIT"),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        until(self.cluster.accepts_connections)

    def stop(self) -> None:
        """Let every process of the server drop what it does."""
        pid = self.cluster.serving_pid()
        if pid is not None:
            os.kill(pid, signal.SIGQUIT)
            until(lambda: self.cluster.serving_pid() is None)
        if self._process is not None:
            self._process.wait()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Serve a cluster of this module's own, with the template in it."""
    install_plpython()
    with throwaway_cluster(find_installation(), "none", _SETTINGS) as cluster:
        cluster.create_database(_TEMPLATE)
        deploy(cluster.dsn(_TEMPLATE), cron=False)
        prepare_template(cluster.dsn(_TEMPLATE))
        server = Server(cluster)
        yield server
        server.stop()


@dataclass
class Lane:
    """One story's world while the server crashes under it."""

    name: str
    story: Story
    world: World
    harm: Harm
    crash_at: Iterator[int] = field(init=False)
    points: int = 0
    slowest: float = 0.0  # seconds to rest after a crash
    trip: UUID = field(init=False)
    sidecar: Sidecar = field(init=False)
    _gate: psycopg.Connection[Any] | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.crash_at = crash_points(self.name)
        self.sidecar = start_sidecar(self.world, harm=self.harm)

    def advance(self) -> bool:
        """Run to the next point and wait there; False when the story ended first."""
        self.trip = prepare(
            self.world,
            self.story,
            lambda: self.sidecar.begin_again(next(self.crash_at)),
        )
        run(self.world, self.story, self.trip, stopped=self.sidecar.is_at_its_point)
        if self.sidecar.is_over():
            self._check()
            assert not self.sidecar.end(), "the sidecar died"
            return False
        self.points += 1
        if self.harm == "wait before commits":
            # On into the transaction, as far as its commit.
            self._gate = psycopg.connect(self.world.dsn, autocommit=True)
            self._gate.execute("select pg_advisory_lock(1)")
            self.sidecar.go_on()
            until(lambda: self.world.value(_WAITS_AT_GATE))
        return True

    def recover(self) -> None:
        """Go on after the crash, to rest."""
        began = time.monotonic()
        self.world.close()
        self.world.reconnect()
        if self._gate is not None:
            self._gate.close()
        else:
            self.sidecar.go_on()
        self._check(lambda: not self.sidecar.is_busy())
        self.slowest = max(self.slowest, time.monotonic() - began)

    def _check(self, idle: Callable[[], bool] = lambda: False) -> None:
        try:
            run(self.world, self.story, self.trip, idle=idle)
            until(lambda: not self.sidecar.is_busy())
            assert self.sidecar.process.is_alive(), "it died with the database"
            self.sidecar.begin_again(NEVER)
            assert_ends(self.world, self.story, self.trip)
        except AssertionError as error:
            error.add_note(
                f"{self.name}, point {self.points}: {self.sidecar.point},"
                f" {describe(self.world, self.trip)}"
            )
            raise


@pytest.mark.parametrize("group", range(_GROUPS))
@pytest.mark.parametrize("harm", ["wait", "wait before commits"])
def test_a_database_that_crashes_anywhere_leaves_one_booking_or_none(
    server: Server,
    harm: Harm,
    group: int,
    record_property: Callable[[str, object], None],
) -> None:
    """Between commits, sends and receives, and with a commit's work done but for it."""
    stories = list(STORIES.items())[group::_GROUPS]
    with ExitStack() as opened:
        pool = opened.enter_context(ThreadPoolExecutor(len(stories)))
        lanes = []
        for number, (name, story) in enumerate(stories):
            database = f"story_{number}"
            with psycopg.connect(
                server.cluster.dsn("postgres"), autocommit=True
            ) as connection:
                connection.execute(f"drop database if exists {database}")
                connection.execute(f"create database {database} template {_TEMPLATE}")
            accept_history(server.cluster.dsn(database))
            world = opened.enter_context(running_world(server.cluster.dsn(database)))
            if harm == "wait before commits":
                world.rows(_COMMIT_GATE)
            lanes.append(Lane(name, story, world, harm))
        waiting = lanes
        for _ in range(_MOST_POINTS):
            reached = list(pool.map(Lane.advance, waiting))
            waiting = [
                lane
                for lane, is_there in zip(waiting, reached, strict=True)
                if is_there
            ]
            if not waiting:
                break
            server.crash()
            list(pool.map(Lane.recover, waiting))
        assert not waiting, "a story has more points than expected"
    for lane in lanes:
        assert lane.points >= 1
        record_property(
            "crash points",
            f"database crashed ({harm}), {lane.name}: {lane.points} points,"
            f" at most {lane.slowest:.1f} s to rest",
        )
