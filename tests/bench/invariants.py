"""What watching a long past costs: `python -m tests.bench.invariants`.

Prints a table and asserts nothing: times are this machine's, so they are also given as
ratios to the minute's check of a small table. The past is one booking, copied:
attempts, bookings, offers, trips, calls and events. A million take 8 GB where the
throwaway cluster lives.
"""

from __future__ import annotations

import statistics
import sys
import time
from typing import Any

import psycopg
from psycopg.rows import dict_row
from rich.console import Console
from rich.table import Table

from sidecar.deploy import deploy
from sidecar.local.cluster import Cluster
from sidecar.local.packages import find_installation
from sidecar.local.plpython import install_plpython
from sidecar.local.throwaway import throwaway_cluster
from tests.history import copy_booking
from tests.sql.test_protocol import Stage

DATABASE = "skylatch_bench"
SMALL = 1_000
LARGE = 1_000_000
RECENT = "clock_timestamp() - interval '5 minutes'"
Connection = psycopg.Connection[dict[str, Any]]


def seconds(connection: Connection, since: str, *, times: int) -> float:
    """Return the median time of a check that must find nothing."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        query = f"select * from engine.check_invariants({since})"
        found = connection.execute(query.encode()).fetchall()
        taken.append(time.perf_counter() - began)
        if found:
            raise SystemExit(f"the copies break a promise: {found[0]}")
    return statistics.median(taken)


def measure(cluster: Cluster, large: int) -> Table:
    """Check a small table and a large one, the last minutes and everything."""
    table = Table("attempts", "check", "seconds", "ratio")
    base = 0.0
    for attempts in (SMALL, large):
        name = f"{DATABASE}_{attempts}"
        cluster.create_database(name)
        deploy(cluster.dsn(name), cron=False)
        stage = Stage(cluster.dsn(name))
        trip = stage.trip()
        stage.book(trip)
        copy_booking(stage.sql, trip.trip_id, attempts)
        stage.book(stage.trip())
        stage.close()
        with psycopg.connect(
            cluster.dsn(name), autocommit=True, row_factory=dict_row
        ) as connection:
            recent = seconds(connection, RECENT, times=5)
            base = base or recent
            full = seconds(connection, "'-infinity'", times=1)
        for what, taken in (("what changed since", recent), ("everything", full)):
            table.add_row(f"{attempts:,}", what, f"{taken:.3f}", f"{taken / base:.1f}")
    return table


def main() -> None:
    """Measure in a throwaway cluster and print; a number of attempts may be given."""
    large = int(sys.argv[1]) if len(sys.argv) > 1 else LARGE
    install_plpython()
    with throwaway_cluster(find_installation(), DATABASE) as cluster:
        Console().print(measure(cluster, large))


if __name__ == "__main__":
    main()
