"""What one traveller who keeps rows locked costs all others: `make bench-locked`.

A real worker, the sandboxes, and many trips of as many travellers, beside the trips of
one more: in peace, and while that one holds the rows of their trips, limits and profile
and takes them again as soon as they are let go. In turns, each on a fresh database.
Prints how long the others' bookings took, and the ratio; asserts nothing.
"""

from __future__ import annotations

import json
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from uuid import UUID

import psycopg
from psycopg.conninfo import make_conninfo
from rich.console import Console
from rich.table import Table

from sidecar.deploy import deploy
from sidecar.local.cluster import Cluster
from sidecar.local.packages import find_installation
from sidecar.local.plpython import install_plpython
from sidecar.local.throwaway import throwaway_cluster
from tests.factories import Traveller, World, accept_history, running_world, until

OTHERS = 40
HELD = 20
ROUNDS = 3
# As long as the login's limits let a session hold rows without doing anything.
HOLD_SECONDS = 14.0


class Attacker:
    """Keeps every trip of one traveller locked, from several sessions in turn."""

    def __init__(self, dsn: str, traveller: Traveller) -> None:
        self._dsn = make_conninfo(dsn, user="authenticator")
        self._claims = json.dumps(
            {"sub": str(traveller.user_id), "role": "authenticated"}
        )
        self._stopping = threading.Event()
        self.holding = threading.Event()
        self._threads = [
            threading.Thread(target=self._hold, args=(rows,))
            for rows in (
                "select id from public.trip_requests for update",
                "select amount from public.spending_limits for update",
                "select id from public.traveler_profiles for update",
            )
        ]

    def start(self) -> None:
        """Take the rows."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let them go."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _hold(self, rows: str) -> None:
        while not self._stopping.is_set():
            try:
                with psycopg.connect(self._dsn) as session:
                    session.execute(
                        "select set_config('request.jwt.claims', %s, false)",
                        [self._claims],
                    )
                    session.execute("set role authenticated")
                    session.execute("set lock_timeout = 0")
                    session.execute(rows.encode())
                    self.holding.set()
                    self._stopping.wait(HOLD_SECONDS)
                    session.rollback()
            except psycopg.Error:
                self._stopping.wait(0.05)


@contextmanager
def attacking(world: World, traveller: Traveller, *, attacked: bool) -> Iterator[None]:
    """Hold the traveller's rows for the block, or do not."""
    attacker = Attacker(world.dsn, traveller)
    if attacked:
        attacker.start()
        attacker.holding.wait()
    try:
        yield
    finally:
        if attacked:
            attacker.stop()


def book_others(cluster: Cluster, name: str, *, attacked: bool) -> list[float]:
    """Return how long each of the others' bookings took, from its tick on."""
    dsn = cluster.dsn(name)
    with psycopg.connect(cluster.dsn("postgres"), autocommit=True) as admin:
        admin.execute(f'create database "{name}" template skylatch_bench'.encode())
    accept_history(dsn)
    with running_world(dsn, recordings=False) as world, ExitStack() as undo:
        greedy = world.traveller()
        world.rows(
            "insert into public.spending_limits values (%s, 'GBP', 'total', 99999)",
            greedy.user_id,
        )
        for _ in range(HELD):
            world.trip(greedy)
        trips: list[UUID] = [world.trip(world.traveller()) for _ in range(OTHERS)]
        # The searches of all are out before the first row is held.
        world.tick()
        undo.enter_context(attacking(world, greedy, attacked=attacked))
        began: datetime = world.value("select clock_timestamp()")
        with world.working(threads=8):
            until(
                lambda: world.value(
                    "select count(*) = %s from public.flight_bookings"
                    " where trip_request_id = any(%s)",
                    OTHERS,
                    trips,
                ),
                seconds=600,
            )
            booked = world.rows(
                "select booked_at from public.flight_bookings"
                " where trip_request_id = any(%s)",
                trips,
            )
    return [(row["booked_at"] - began).total_seconds() for row in booked]


def main() -> None:
    """Print the others' times, attacked and not, in turns."""
    console = Console()
    install_plpython()
    times: dict[bool, list[float]] = {False: [], True: []}
    with throwaway_cluster(find_installation(), "skylatch_none") as cluster:
        cluster.create_database("skylatch_bench")
        deploy(cluster.dsn("skylatch_bench"), cron=False)
        for number in range(ROUNDS):
            for attacked in (False, True):
                started = time.monotonic()
                name = f"skylatch_bench_{number}_{int(attacked)}"
                times[attacked] += book_others(cluster, name, attacked=attacked)
                console.print(
                    f"round {number + 1}, {'attacked' if attacked else 'in peace'}:"
                    f" {time.monotonic() - started:.1f} s"
                )
    table = Table(title=f"{OTHERS} bookings beside {HELD} trips of one traveller")
    for name in ("", "median", "p95", "last"):
        table.add_column(name)
    figures = {}
    for attacked, label in ((False, "in peace"), (True, "attacked")):
        one = sorted(times[attacked])
        figures[attacked] = (
            statistics.median(one),
            statistics.quantiles(one, n=20)[-1],
            one[-1],
        )
        table.add_row(label, *(f"{value:.2f} s" for value in figures[attacked]))
    table.add_row(
        "ratio",
        *(f"{a / b:.2f}" for a, b in zip(figures[True], figures[False], strict=True)),
    )
    console.print(table)


if __name__ == "__main__":
    main()
