"""What counting costs a booking, and a scrape: `python -m tests.bench.metrics`.

Prints a table and asserts nothing. Bookings with and without counters take turns in one
database, so that a busy machine disturbs both alike; what is counted is the CPU of the
server process that does the sidecar's work. Without counters means that the three
functions that count do nothing. Then scrapes, beside few attempts and beside many.
"""

from __future__ import annotations

import statistics
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from sidecar.deploy import SQL_DIR, deploy
from sidecar.local.cluster import Cluster
from sidecar.local.packages import find_installation
from sidecar.local.plpython import install_plpython
from sidecar.local.throwaway import throwaway_cluster
from tests.history import copy_booking
from tests.sql.test_protocol import Connection, Stage

DATABASE = "skylatch_bench"
LARGE = 100_000
BOOKINGS = 20
TURNS = 6
_COUNTING = {
    "counters/raise_counter.sql": "raise_counter(text, jsonb, numeric)",
    "saga/count_step.sql": "count_step(public.booking_attempts,"
    " public.booking_attempts, text, text)",
    "ranking/count_offers.sql": "count_offers(uuid, uuid, integer)",
}


def cpu(connection: Connection) -> float:
    """Return the milliseconds that a session's server process has computed."""
    row = connection.execute("select pg_backend_pid() as pid").fetchone()
    assert row is not None
    told = Path(f"/proc/{row['pid']}/schedstat").read_text()
    return int(told.split()[0]) / 1e6


def count(stage: Stage, *, on: bool) -> None:
    """Have bookings counted, or not."""
    for file, signature in _COUNTING.items():
        if on:
            stage.rows((SQL_DIR / file).read_text().replace("%", "%%"))
        else:
            stage.rows(
                f"create or replace function engine.{signature} returns void"
                " language plpgsql volatile set search_path = pg_catalog, pg_temp"
                " as 'begin end'"
            )


def booking(stage: Stage) -> float:
    """Return what one of some bookings costs, in milliseconds."""
    began = cpu(stage.sidecar)
    for _ in range(BOOKINGS):
        stage.book(stage.trip())
    return (cpu(stage.sidecar) - began) / BOOKINGS


def scrape(stage: Stage) -> float:
    """Return what a scrape costs, in milliseconds."""
    stage.sidecar.execute("select * from engine.metrics()").fetchall()
    began = cpu(stage.sidecar)
    for _ in range(20):
        stage.sidecar.execute("select * from engine.metrics()").fetchall()
    return (cpu(stage.sidecar) - began) / 20


def measure(cluster: Cluster, large: int) -> Table:
    """Book in turns, then scrape."""
    cluster.create_database(DATABASE)
    deploy(cluster.dsn(DATABASE), cron=False)
    stage = Stage(cluster.dsn(DATABASE))
    # A named parameter cannot be taken away by replacing its function.
    for signature in _COUNTING.values():
        stage.rows(f"drop function engine.{signature}")
    count(stage, on=True)
    booking(stage)
    costs: dict[bool, list[float]] = {True: [], False: []}
    for turn in range(2 * TURNS):
        is_on = turn % 2 == 0
        for signature in _COUNTING.values():
            stage.rows(f"drop function engine.{signature}")
        count(stage, on=is_on)
        booking(stage)  # plans are made anew
        costs[is_on].append(booking(stage))
    table = Table("what", "CPU ms", "ratio")
    without, counted = (statistics.median(costs[is_on]) for is_on in (False, True))
    table.add_row("a booking that is not counted", f"{without:.2f}", "1")
    table.add_row("a booking", f"{counted:.2f}", f"{counted / without:.3f}")
    few = scrape(stage)
    table.add_row("a scrape", f"{few:.2f}", "1")
    trip = stage.trip()
    stage.book(trip)
    copy_booking(stage.sql, trip.trip_id, large)
    many = scrape(stage)
    table.add_row(f"beside {large:,} attempts", f"{many:.2f}", f"{many / few:.2f}")
    stage.close()
    return table


def main() -> None:
    """Measure in a throwaway cluster and print; a number of attempts may be given."""
    large = int(sys.argv[1]) if len(sys.argv) > 1 else LARGE
    install_plpython()
    with throwaway_cluster(find_installation(), DATABASE) as cluster:
        Console().print(measure(cluster, large))


if __name__ == "__main__":
    main()
