"""A month of searching, simulated: `make simulate`, in minutes per budget.

Plays the same trips on the same market with the same budget through the engine's own
SQL, a round-robin and a cheapest-first, and writes `docs/search-simulation.md` and its
plot. Everything is seeded: the same arguments, the same files.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from sidecar.deploy import deploy
from sidecar.local.cluster import Cluster
from sidecar.local.packages import find_installation
from sidecar.local.plpython import install_plpython
from sidecar.local.throwaway import throwaway_cluster
from tests.bench.simulated_engine import run_engine
from tests.bench.simulated_market import FareMarket
from tests.bench.simulated_policies import (
    Outcome,
    cheapest_first,
    first_fits,
    round_robin,
)
from tests.bench.simulated_trips import Trip, draw_trips
from tests.bench.simulation_page import Run, write_page
from tests.factories import accept_history

DATABASE = "skylatch_simulation"
SEED = 7


def clone(cluster: Cluster, name: str) -> str:
    """Copy the deployed database; return the copy's DSN."""
    with psycopg.connect(cluster.dsn("postgres"), autocommit=True) as admin:
        admin.execute(
            sql.SQL("create database {} template {}").format(
                sql.Identifier(name), sql.Identifier(DATABASE)
            )
        )
    accept_history(cluster.dsn(name))
    return cluster.dsn(name)


def jobs(cluster: Cluster, run: Run, market: FareMarket) -> list[Callable[[], Any]]:
    """Return everything to play, the engine's in databases of their own, first.

    The last is what could be booked at all.
    """
    cluster.create_database(DATABASE)
    deploy(cluster.dsn(DATABASE), cron=False)
    played: list[Callable[[], Any]] = []
    for budget in run.budgets:
        dsn = clone(cluster, f"{DATABASE}_{budget}")
        how: dict[str, Any] = {"budget": budget, "ticks": run.ticks}
        played.append(partial(run_engine, dsn, run.trips, market, **how))
    for budget in run.budgets:
        for policy in (round_robin, cheapest_first):
            for share in (False, True):
                how = {"budget": budget, "ticks": run.ticks, "share": share}
                played.append(partial(policy, run.trips, market, **how))
    return [*played, partial(first_fits, run.trips, market, ticks=run.ticks)]


_JOBS: list[Callable[[], Any]] = []  # a forked process finds them here


def play(number: int) -> Any:
    """Play one job; in a process of its own, which has the market by its fork."""
    return _JOBS[number]()


def say(text: str) -> None:
    """Report progress."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def main() -> None:
    """Simulate in a throwaway cluster and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trips", type=int, default=10_000)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument(
        "--budget", default="3,10,30", help="searches per minute, one or several"
    )
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--docs", type=Path, default=Path("docs"))
    wanted = parser.parse_args()
    install_plpython()
    market = FareMarket(wanted.seed)
    trips: list[Trip] = draw_trips(
        market, seed=wanted.seed, count=wanted.trips, days=wanted.days
    )
    say(f"{sum(len(trip.searches) for trip in trips):,} searches are wanted")
    budgets = [10 * int(one) for one in wanted.budget.split(",")]
    run = Run(wanted.seed, wanted.days, trips, budgets)
    with throwaway_cluster(find_installation(), "skylatch_cron") as cluster:
        _JOBS.extend(jobs(cluster, run, market))
        context = multiprocessing.get_context("fork")
        with ProcessPoolExecutor(wanted.processes, context) as pool:
            running = [pool.submit(play, number) for number in range(len(_JOBS))]
            for done in as_completed(running):
                if isinstance(one := done.result(), Outcome):
                    say(
                        f"{one.budget // 10} a minute, {one.name}: {len(one.booked):,}"
                        f" booked by {one.spent:,} searches"
                    )
            *run.outcomes, run.fits = [one.result() for one in running]
    for path in write_page(run, wanted.docs):
        say(f"wrote {path}")


if __name__ == "__main__":
    main()
