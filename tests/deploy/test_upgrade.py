"""From the last release to a later version, in mid-saga and under load; old beside new.

The later version is this one and what `later_version` adds to it, so that there is
something to upgrade to while this checkout is the last release itself.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import pytest
from psycopg.conninfo import make_conninfo

from sidecar.db import Database
from sidecar.deploy import SQL_DIR, deploy
from tests.chaos.stories import STORIES, lapse_leases, order, run
from tests.chaos.truth import assert_truth
from tests.deploy.checkouts import finish, start_deploy
from tests.deploy.slow_worker import LEFTOVERS, SlowWorker
from tests.factories import World, running_world, sidecar_settings, until

# Each state of an attempt that is not over, and a story that leads through it; also the
# states that the last release does not have yet.
LED_BY = {
    "REPRICING": "booked",
    "CREATING_PAYMENT": "booked",
    "AUTHORIZING": "booked",
    "AWAITING_HOLDER": "holder stays away",
    "ORDERING": "booked",
    "CAPTURING": "booked",
    "VOIDING": "order refused",
    "ORDER_UNKNOWN": "order's answer lost",
    "QUOTING_ORDER": "hold lapsed",
    "CANCELLING_ORDER": "hold lapsed",
    "QUOTING_BOOKING": "booking cancelled",
    "CANCELLING_BOOKING": "booking cancelled",
    "REFUNDING": "booking cancelled",
    "NEEDS_REVIEW": "order never created",
}
BESIDE = 4
_EVERYTHING = os.environ.get("DEPLOY_POINTS") == "all"


@pytest.fixture
def world(released_database: str) -> Iterator[World]:
    """Return a world whose database is the last release's."""
    with running_world(released_database, recordings=False) as world:
        # A deploy adds columns: a prepared "select *" would fail after it.
        world.prepare_nothing()
        yield world


@contextmanager
def sidecar_of(checkout: Path, world: World, directory: Path) -> Iterator[Path]:
    """Run the sidecar of `checkout` as a process; yield its log."""
    log = directory / "sidecar.log"
    environment = {
        **os.environ,
        "PYTHONPATH": str(checkout),
        **sidecar_settings(world, directory),
        "SKYLATCH_SEARCHES_PER_MINUTE": "10000",
        "SKYLATCH_POLL_SECONDS": "0.3",
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "sidecar", "work"],
            env=environment,
            cwd=checkout,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield log
        assert process.poll() is None, log.read_text()
    finally:
        process.terminate()
        process.wait(timeout=60)


def has_arrived(world: World) -> bool:
    """Tell whether all of the later version is there."""
    return bool(
        world.value(
            "select p.prosrc like '%%-- later%%' and i.indisvalid"
            " from pg_proc as p, pg_index as i"
            " where p.oid = 'engine.advance_attempt'::regproc"
            " and i.indexrelid = 'public.trip_requests_later_idx'::regclass"
        )
    )


def book(world: World, trips: list[UUID]) -> None:
    """Wait until trips are booked, once each, as both providers see it."""
    until(lambda: all(world.status(t) == "BOOKED" for t in trips), seconds=240)
    for trip in trips:
        assert assert_truth(world, trip)["state"] == "CONFIRMED"


def states(world: World) -> set[str]:
    """Return the states in which an attempt is not over, as the release has them."""
    rows = world.rows("select state from engine.saga_states where not is_final")
    return {row["state"] for row in rows}


def test_every_state_has_a_story_that_leads_through_it(world: World) -> None:
    """Or the upgrade would be shown for some states only."""
    assert states(world) <= set(LED_BY)


def test_an_upgrade_under_load_loses_nothing_of_any_state(
    world: World, released: Path, later: Path, tmp_path: Path
) -> None:
    """Attempts in every state, their next calls left in four ways; then to their ends.

    The old sidecar works before, during and after the deploy.
    """
    worker = SlowWorker(world)
    known = states(world)
    # Every other leftover of each state, or all.
    turn = itertools.cycle((True, False, False, True, False, True, True, False))
    trips = {
        (state, leftover): worker.lead(story, state, leftover)
        for state, story in LED_BY.items()
        if state in known
        for leftover in (LEFTOVERS if state != "NEEDS_REVIEW" else ("ready",))
        if _EVERYTHING or next(turn)
    }
    world.flights.faults.clear()
    world.payments.faults.clear()
    beside = [world.trip(world.traveller()) for _ in range(BESIDE)]
    with sidecar_of(released, world, tmp_path):
        world.tick()
        until(lambda: any(world.status(t) == "BOOKED" for t in beside), seconds=120)
        deploying = start_deploy(later, world.dsn)
        beside += [world.trip(world.traveller()) for _ in range(BESIDE)]
        world.tick()
        finish(deploying)
        assert has_arrived(world)
        beside += [world.trip(world.traveller())]
        world.tick()
        book(world, beside)
    worker.report_late()
    worker.close()
    order("VOID")(world, trips["NEEDS_REVIEW", "ready"])
    worker.resume()
    lapse_leases(world)
    with world.working(threads=4):
        run(world, STORIES["booked"], next(iter(trips.values())))
    for (state, leftover), trip in trips.items():
        attempt = assert_truth(world, trip)
        assert attempt["state"] != "NEEDS_REVIEW", (state, leftover)
    assert world.violations() == []


@pytest.mark.usefixtures("later")
def test_the_last_releases_sidecar_works_on_a_later_database(
    world: World, released: Path, tmp_path: Path
) -> None:
    """Sidecars are replaced after the deploy, one by one."""
    deploy(world.dsn, cron=False)
    assert has_arrived(world)
    with sidecar_of(released, world, tmp_path):
        trips = [world.trip(world.traveller()) for _ in range(4)]
        world.tick()
        book(world, trips)


def test_this_sidecar_works_on_the_last_releases_database(
    world: World, tmp_path: Path
) -> None:
    """And before it too, in case a deploy has to wait."""
    database = Database(make_conninfo(world.dsn, user="skylatch_sidecar"))
    database.check_version()
    database.check_setup()
    database.check_python()
    database.close()
    with sidecar_of(SQL_DIR.parent, world, tmp_path):
        trips = [world.trip(world.traveller()) for _ in range(4)]
        world.tick()
        book(world, trips)
