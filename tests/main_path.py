"""The main path as its users walk it: nobody on it is a superuser.

A traveller states a trip through PostgREST's login, pg_cron's role ticks, a sidecar in
a process of its own searches, books and pays, and the traveller looks. The oracle is
what the sandboxes say.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from psycopg.conninfo import make_conninfo

from tests.chaos.campaign import ROOT, start_python
from tests.factories import Traveller, World, in_days, sidecar_settings, until

# What a traveller asks of a trip.
LOOKS = (
    "select public.explain_trip(%s)",
    "select * from public.rank_offers(%s)",
    "select * from public.trip_saga(%s)",
    "select * from public.flight_bookings where trip_request_id = %s",
)
_STATE = """
select public.create_trip_request(
  p_origins => '{LHR}', p_destinations => '{JFK}', p_departure_from => %s,
  p_max_price => 5000, p_currency => 'GBP', p_passengers => %s,
  p_payment_method_id => %s, p_auto_book_enabled => true,
  p_consent_text_version => '2026-11'
)
"""


def environment(world: World, directory: Path, **settings: str) -> dict[str, str]:
    """Return what a sidecar is started with; `settings` override, and "" takes away."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("SKYLATCH_")}
    return {
        **inherited,
        **sidecar_settings(world, directory),
        "SKYLATCH_POLL_SECONDS": "0.3",
        **settings,
    }


@contextmanager
def sidecar(environment: dict[str, str], log: Path) -> Iterator[None]:
    """Run `python -m sidecar work` for the block; it ends in order."""
    process = start_python(environment, log, "-m", "sidecar", "work")
    try:
        yield
        assert process.poll() is None, log.read_text()
        process.terminate()
        assert process.wait(timeout=60) == 0, log.read_text()
    finally:
        process.kill()
        process.wait()


def check(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run `python -m sidecar check`."""
    return subprocess.run(
        [sys.executable, "-m", "sidecar", "check"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@contextmanager
def session(
    dsn: str, traveller: Traveller, login: str = "authenticator"
) -> Iterator[psycopg.Connection[Any]]:
    """Ask in one transaction, as PostgREST does, which leaves nothing in the session.

    Any other `login` has no settings of its own.
    """
    user = login if login == "authenticator" else "postgres"
    with psycopg.connect(make_conninfo(dsn, user=user)) as connection:
        if user != login:
            connection.execute(f"set session authorization {login}".encode())
        claims = json.dumps({"sub": str(traveller.user_id), "role": "authenticated"})
        connection.execute("set local role authenticated")
        connection.execute(
            "select set_config('request.jwt.claims', %s, true)", [claims]
        )
        yield connection


def walk(
    world: World,
    environment: dict[str, str],
    log: Path,
    *,
    dsn: str = "",
    login: str = "authenticator",
    traveller: Traveller | None = None,
) -> UUID:
    """Take one trip from its statement to its booking and return it.

    All but the sidecar connect to `dsn`, if that is another way to the same database.
    """
    traveller = traveller or world.traveller()
    dsn = dsn or world.dsn
    with session(dsn, traveller, login) as caller:
        stated = [in_days(40), [traveller.profile_id], traveller.card_id]
        row = caller.execute(_STATE, stated).fetchone()
    assert row is not None
    trip: UUID = row[0]
    ticking = make_conninfo(dsn, user="skylatch_cron")
    with sidecar(environment, log):
        with psycopg.connect(ticking, autocommit=True) as cron:
            cron.execute("select public.auto_book_monitor()")
        until(lambda: world.status(trip) == "BOOKED", seconds=90)
    with session(dsn, traveller, login) as caller:
        for look in LOOKS:
            assert caller.execute(look.encode(), [trip]).fetchall(), look
    with psycopg.connect(ticking, autocommit=True) as cron:
        for job in ("recover", "watch_invariants", "purge"):
            cron.execute(f"select engine.{job}()".encode())
    return trip


def assert_booked_once(world: World, trip: UUID) -> None:
    """One order, captured once, by the providers' own books."""
    (order,) = world.orders(trip)
    assert order["cancelled_at"] is None
    (intent,) = world.intents(trip)
    assert intent["captured"] == intent["amount"]
    assert world.attempt(trip)["status"] == "SUCCESS"
    broken = world.violations()
    assert broken == [], broken
