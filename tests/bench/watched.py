"""What it costs to be watched: `make bench-watched`.

Trips booked by a real worker at local providers, in turns: with nothing on; with log
lines and metrics that are scraped each second; and with those and traces, one in ten
and all of them, exported over OTLP. Prints processor time of the database server for
each booking, bookings a second, and the ratios of both to nothing on; asserts nothing.
"""

from __future__ import annotations

import logging
import os
import random
import statistics
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import structlog
from psycopg.conninfo import make_conninfo
from rich.console import Console
from rich.table import Table

from sidecar import telemetry
from sidecar.db import Database
from sidecar.deploy import deploy
from sidecar.exporting import Exporting
from sidecar.local.packages import find_installation
from sidecar.local.plpython import install_plpython
from sidecar.local.throwaway import throwaway_cluster
from tests.bench.traces import server_seconds
from tests.factories import World, accept_history, running_world
from tests.otlp import collecting

BOOKINGS = 30
ROUNDS = 12
OPEN = "select count(*) from public.trip_requests where auto_book_status <> 'BOOKED'"


@dataclass(frozen=True, slots=True)
class Mode:
    """What is on."""

    name: str
    logs_and_metrics: bool = False
    sampled: float | None = None


MODES = (
    Mode("nothing"),
    Mode("logs and metrics", logs_and_metrics=True),
    Mode("and traces, one in ten", logs_and_metrics=True, sampled=0.1),
    Mode("and traces, all", logs_and_metrics=True, sampled=1.0),
)


@contextmanager
def watched(world: World, mode: Mode) -> Iterator[None]:
    """Have on what the mode says."""
    with ExitStack() as stack:
        if mode.logs_and_metrics:
            telemetry.configure()
        else:
            quiet = structlog.make_filtering_bound_logger(logging.CRITICAL)
            structlog.configure(wrapper_class=quiet)
        stopping = threading.Event()
        stack.callback(structlog.reset_defaults)
        helpers = []
        if mode.logs_and_metrics:
            helpers.append(threading.Thread(target=scrape, args=(world, stopping)))
        if mode.sampled is None:
            world.rows("update engine.trace_settings set exporter_seen_at = null")
        else:
            collector = stack.enter_context(collecting())
            world.rows(
                "select engine.set_trace_settings('a measurement', %s::numeric)",
                mode.sampled,
            )
            exported = Exporting(collector.url, process="work")
            stack.callback(exported.close)
            database = Database(make_conninfo(world.dsn, user="skylatch_sidecar"))
            stack.callback(database.close)
            helpers.append(
                threading.Thread(target=exported.carry, args=(database, stopping))
            )
        for helper in helpers:
            helper.start()
        try:
            yield
        finally:
            stopping.set()
            for helper in helpers:
                helper.join()


def scrape(world: World, stopping: threading.Event) -> None:
    """Ask for the metrics as the endpoint does, each second."""
    database = Database(make_conninfo(world.dsn, user="skylatch_sidecar"))
    while not stopping.wait(1):
        database.metrics()
    database.close()


def main(rounds: int) -> None:
    """Measure and print."""
    install_plpython()
    spent: dict[Mode, list[float]] = {mode: [] for mode in MODES}
    taken: dict[Mode, list[float]] = {mode: [] for mode in MODES}
    sys.stderr = open(os.devnull, "w")  # noqa: SIM115 - log lines are written, and read by nobody
    with throwaway_cluster(find_installation(), "bench_cron") as cluster:
        cluster.create_database("watched")
        deploy(cluster.dsn("watched"), cron=False)
        accept_history(cluster.dsn("watched"))
        postmaster = cluster.serving_pid()
        assert postmaster is not None
        with running_world(cluster.dsn("watched"), recordings=False) as world:
            world.rows("select engine.set_search_settings('a measurement', 100000)")
            for number in range(rounds + 1):
                for mode in random.sample(MODES, len(MODES)):
                    with watched(world, mode):
                        for _ in range(BOOKINGS):
                            world.trip(world.traveller())
                        world.tick()
                        before, began = server_seconds(postmaster), time.monotonic()
                        with world.working(threads=8):
                            while world.value(OPEN):
                                time.sleep(0.25)  # asking costs the server too
                            seconds = time.monotonic() - began
                        if number:  # the first round warms up
                            spent[mode].append(server_seconds(postmaster) - before)
                            taken[mode].append(seconds)
    table = Table("on", "server ms a booking", "ratio", "a second", "ratio", box=None)
    nothing = MODES[0]
    for mode in MODES:
        # Of each round by itself: what else runs on the machine changes over time.
        cpu = zip(spent[mode], spent[nothing], strict=True)
        pace = zip(taken[nothing], taken[mode], strict=True)
        table.add_row(
            mode.name,
            f"{1000 * statistics.median(spent[mode]) / BOOKINGS:.1f}",
            f"{statistics.median(mine / none for mine, none in cpu):.3f}",
            f"{BOOKINGS / statistics.median(taken[mode]):.1f}",
            f"{statistics.median(none / mine for none, mine in pace):.3f}",
        )
    Console().print(table)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
