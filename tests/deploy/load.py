"""Deploys during bookings: `make deploys DEPLOYS=20`.

Trips are stated and booked without a pause by two sidecars, while travellers read and
explain theirs; first alone, then beside one deploy after the other. Each deploy brings
something that needs tables to itself: a migration of two tables that every booking
uses, a policy, a trigger, all grants; every fifth knows nothing of what is there and
makes everything anew, as the first deploy of a release that did not keep it yet.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import psycopg
from psycopg.conninfo import make_conninfo
from rich.console import Console
from rich.table import Table

from sidecar.deploy import deploy
from sidecar.local.packages import find_installation
from sidecar.local.plpython import install_plpython
from sidecar.local.throwaway import throwaway_cluster
from tests.deploy.checkouts import add_migration, change, copy_sql, start_deploy
from tests.factories import Traveller, World, accept_history, running_world, until

AT_ONCE = 6  # trips that are being booked
# Between two lines of one attempt; what waits on purpose writes no line meanwhile.
_PAUSES = """
select coalesce(max(extract(epoch from e.at - e.before)), 0)
from (
  select
    at,
    lag(at) over (partition by booking_attempt_id order by id) as before
  from engine.booking_events
  where booking_attempt_id is not null
) as e
where e.before between %s and %s
"""


@dataclass
class Figures:
    """What came of it."""

    deploys: int = 0
    failed: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    asked: int = 0
    booked: int = 0
    longest_answer: dict[bool, float] = field(default_factory=dict)
    longest_pause: dict[bool, float] = field(default_factory=dict)
    longest_deploy: float = 0.0


class Travellers:
    """Ask about their trips, as PostgREST would, and keep every error they see."""

    def __init__(self, world: World, figures: Figures) -> None:
        self._world, self._figures = world, figures
        self._stopping = threading.Event()
        self._mine: list[tuple[Traveller, UUID]] = []
        self._threads = [threading.Thread(target=self._ask) for _ in range(2)]
        self.deploying = False

    def add(self, traveller: Traveller, trip: UUID) -> None:
        """Let one more traveller ask."""
        self._mine.append((traveller, trip))

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Ask until the block ends."""
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            self._stopping.set()
            for thread in self._threads:
                thread.join()

    def _ask(self) -> None:
        login = make_conninfo(self._world.dsn, user="authenticator")
        figures = self._figures
        with psycopg.connect(login, autocommit=True) as connection:
            while not self._stopping.is_set():
                for traveller, trip in self._mine[-AT_ONCE:]:
                    during, began = self.deploying, time.monotonic()
                    try:
                        with connection.transaction():
                            self._ask_about(connection, traveller, trip)
                    except psycopg.Error as error:
                        figures.errors.append(f"{error.sqlstate} {error}")
                    figures.asked += 1
                    took = time.monotonic() - began
                    longest = figures.longest_answer
                    longest[during] = max(longest.get(during, 0.0), took)
                self._stopping.wait(0.05)

    def _ask_about(
        self, connection: psycopg.Connection, traveller: Traveller, trip: UUID
    ) -> None:
        claims = json.dumps({"sub": str(traveller.user_id), "role": "authenticated"})
        connection.execute("set local role authenticated")
        connection.execute(
            "select set_config('request.jwt.claims', %s, true)", [claims]
        )
        connection.execute("select public.explain_trip(%s)", [trip])
        connection.execute("select count(*) from public.rank_offers(%s)", [trip])
        connection.execute(
            "update public.traveler_profiles set updated_at = now() where id = %s",
            [traveller.profile_id],
        )


class Versions:
    """Release after release, each with something that takes tables."""

    def __init__(self, directory: Path, dsn: str) -> None:
        self._sql, self._dsn, self._number = copy_sql(directory), dsn, 0

    def next(self) -> Path:
        """Return the SQL of the next version."""
        self._number += 1
        number, sql = self._number, self._sql
        add_migration(
            sql,
            f"load_{number}",
            f"alter table public.booking_attempts add column load_{number} text",
            f"alter table public.trip_requests add column load_{number} text",
            f"create table engine.load_{number} (id bigint primary key)",
        )
        if number == 1:
            for table in ("booking_attempts", "trip_requests", "flight_offers"):
                change(
                    sql,
                    f"access/{table}.sql",
                    f"{table}_owner_all on public.{table}\n  to skylatch_owner\n",
                    f"{table}_owner_all on public.{table}\n  to skylatch_owner  -- 1\n",
                )
            change(
                sql,
                "trips/check_trip_request.sql",
                "create or replace trigger trip_requests_check\n",
                "create or replace trigger trip_requests_check  -- 1\n",
            )
        else:
            for path in (
                *sql.glob("access/*.sql"),
                sql / "trips/check_trip_request.sql",
            ):
                text = path.read_text()
                path.write_text(
                    text.replace(f"  -- {number - 1}\n", f"  -- {number}\n")
                )
        if number % 5 == 0:
            with psycopg.connect(self._dsn, autocommit=True) as connection:
                connection.execute("delete from engine.deployed_objects")
        return sql


def book_beside_deploys(world: World, directory: Path, deploys: int) -> Figures:
    """Book without a pause, alone and beside `deploys` deploys; return what came."""
    figures, versions = Figures(), Versions(directory, world.dsn)
    travellers, stopping = Travellers(world, figures), threading.Event()
    trips: list[UUID] = []

    def state() -> None:
        """Keep so many trips on their way."""
        while not stopping.is_set():
            try:
                state_some()
            except psycopg.Error as error:
                figures.errors.append(f"{error.sqlstate} {error}")
            stopping.wait(0.02)

    def state_some() -> None:
        open_trips = (
            "select count(*) from public.trip_requests"
            " where auto_book_status <> 'BOOKED'"
        )
        if world.value(open_trips) < AT_ONCE:
            traveller = world.traveller()
            trips.append(world.trip(traveller))
            travellers.add(traveller, trips[-1])
            world.rows("select public.auto_book_monitor()")

    stating = threading.Thread(target=state)
    with world.working(sidecars=2, threads=4):
        stating.start()
        try:
            with travellers.asking():
                alone = _booked(world, deploys * 2)
                began = time.monotonic()
                since = world.value("select clock_timestamp()")
                travellers.deploying = True
                for _ in range(deploys):
                    _deploy(versions.next(), world.dsn, figures)
                    _booked(world, alone + 1)
                until_ = world.value("select clock_timestamp()")
        finally:
            stopping.set()
            stating.join()
        until(
            lambda: all(world.status(trip) == "BOOKED" for trip in trips), seconds=300
        )
    assert time.monotonic() > began
    figures.booked = len(trips)
    figures.longest_pause = {
        False: float(world.value(_PAUSES, "-infinity", since)),
        True: float(world.value(_PAUSES, since, until_)),
    }
    return figures


def _booked(world: World, number: int) -> int:
    """Wait for so many bookings; return how many there are."""
    booked = "select count(*) from public.flight_bookings"
    until(lambda: world.value(booked) >= number, seconds=300)
    return int(world.value(booked))


def _deploy(sql: Path, dsn: str, figures: Figures) -> None:
    began = time.monotonic()
    deploying = start_deploy(sql, dsn)
    output, _ = deploying.communicate(timeout=600)
    figures.deploys += 1
    figures.longest_deploy = max(figures.longest_deploy, time.monotonic() - began)
    if deploying.returncode != 0:
        figures.failed.append(output[-2000:])


def main() -> None:
    """Run on a cluster of its own, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deploys", type=int, default=20)
    arguments = parser.parse_args()
    install_plpython()
    with (
        throwaway_cluster(find_installation(), "postgres") as cluster,
        tempfile.TemporaryDirectory() as directory,
    ):
        cluster.create_database("deploys")
        dsn = cluster.dsn("deploys")
        deploy(dsn, cron=False)
        accept_history(dsn)
        with running_world(dsn, recordings=False) as world:
            figures = book_beside_deploys(world, Path(directory), arguments.deploys)
            orders = len(world.orders())
            broken = world.violations()
    table = Table("", "alone", "beside deploys", box=None)
    table.add_row("longest pause of a saga, s", *_both(figures.longest_pause))
    table.add_row("longest answer to a traveller, s", *_both(figures.longest_answer))
    console = Console(highlight=False)
    console.print(table)
    console.print(
        f"deploys {figures.deploys}, failed {len(figures.failed)}, the longest"
        f" {figures.longest_deploy:.1f} s; travellers asked {figures.asked} times and"
        f" saw {len(figures.errors)} errors; {figures.booked} trips, {orders} orders,"
        f" {len(broken)} broken promises"
    )
    for line in (*figures.failed, *figures.errors):
        console.print(line, markup=False)
    if figures.failed or figures.errors or broken or orders != figures.booked:
        raise SystemExit(1)


def _both(values: dict[bool, float]) -> list[str]:
    return [f"{values.get(during, 0.0):.2f}" for during in (False, True)]


if __name__ == "__main__":
    main()
