"""Through PgBouncer: everything works in transaction mode, and only LISTEN is deaf."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from sidecar.db import Database
from tests.factories import World, until
from tests.main_path import assert_booked_once, check, environment, sidecar, walk
from tests.pooler import pooler

SIDECAR = "skylatch_sidecar"
DEAF = "set SKYLATCH_LISTEN_URL to an address that leads to the server itself"


@pytest.mark.parametrize("listening", ["nowhere", "directly", "through the pooler"])
def test_a_trip_is_booked_through_a_pooler_in_transaction_mode(
    world: World, tmp_path: Path, listening: str
) -> None:
    """Traveller, schedule and sidecar all share two sessions a role."""
    direct = make_conninfo(world.dsn, user=SIDECAR)
    with pooler(world.dsn, "transaction") as through:
        settings = environment(
            world,
            tmp_path,
            SKYLATCH_DATABASE_URL=make_conninfo(through, user=SIDECAR),
            SKYLATCH_LISTEN_URL={"nowhere": "none", "directly": direct}.get(
                listening, ""
            ),
        )
        log = tmp_path / "log"
        trip = walk(world, settings, log, dsn=through)
        found = check(settings)
    assert_booked_once(world, trip)
    assert found.returncode == 0, found.stdout
    said = {
        "nowhere": "- wake-ups: none asked for; work is polled for",
        "directly": "✓ wake-ups",
        "through the pooler": "- wake-ups: LISTEN hears nothing there",
    }
    assert said[listening] in found.stdout
    assert (DEAF in found.stdout) == (listening == "through the pooler")


def test_a_worker_that_hears_nothing_says_what_to_do(
    world: World, tmp_path: Path
) -> None:
    """Once, in its log, and goes on by polling."""
    with pooler(world.dsn, "transaction") as through:
        url = make_conninfo(through, user=SIDECAR)
        settings = environment(world, tmp_path, SKYLATCH_DATABASE_URL=url)
        log = tmp_path / "log"
        with sidecar(settings, log):
            until(lambda: "listen.deaf" in log.read_text(), seconds=60)
            trip = world.trip(world.traveller())
            world.tick()
            until(lambda: world.status(trip) == "BOOKED", seconds=60)
    assert log.read_text().count("listen.deaf") == 1
    assert DEAF in log.read_text()


@pytest.mark.parametrize(
    ("way", "heard"), [("directly", True), ("session", True), ("transaction", False)]
)
def test_whether_wake_ups_arrive_is_found_out(
    world: World, way: str, heard: bool
) -> None:
    """A session of one's own hears; one that is lent for a statement does not."""
    if way == "directly":
        hears_at(make_conninfo(world.dsn, user=SIDECAR), heard)
        return
    with pooler(world.dsn, way, size=3) as through:
        hears_at(make_conninfo(through, user=SIDECAR), heard)


def hears_at(url: str, heard: bool) -> None:
    """Compare what a database says of its wake-ups."""
    database = Database(url, size=1)
    try:
        assert database.hears() is heard
        silent = Database(url, size=1, listen_url="none")
        assert silent.hears() is None
        silent.close()
    finally:
        database.close()


def test_no_caller_is_left_behind_in_a_session_that_others_use(world: World) -> None:
    """What a sidecar sets in a lent session is what the role has anyway."""
    with pooler(world.dsn, "transaction", size=1) as through:
        url = make_conninfo(through, user=SIDECAR)
        database = Database(url, size=1)
        try:
            database.heartbeat("a worker")
            with psycopg.connect(url, autocommit=True, prepare_threshold=None) as next:
                (left,) = next.execute(
                    "select array_agg(name) from pg_settings"
                    " where source = 'session' and setting is distinct from reset_val"
                    # What the pooler itself passes on of its client.
                    " and name not in ('application_name', 'client_encoding')"
                ).fetchall()
        finally:
            database.close()
    assert left == (None,)
