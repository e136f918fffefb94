"""What waiting would have paid: `python -m tests.bench.waiting [seed]`.

Plays fare walks through `engine.buy_or_wait` with a simulated clock and compares what
is paid with booking at first fit and with knowing the future. Asserts nothing.

The past that the function learns from is as lived: each watch in it ended at its own
first fit. A trip that is missed counts as paying its cap, for everybody.
"""

from __future__ import annotations

import math
import random
import statistics
import sys
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import psycopg
from rich.console import Console
from rich.table import Table

from sidecar.deploy import deploy
from sidecar.local.cluster import Cluster
from sidecar.local.packages import find_installation
from sidecar.local.plpython import install_plpython
from sidecar.local.throwaway import throwaway_cluster
from tests.bench.walks import LOOKS, REGIMES, STEP, STRANGE, Walk, walk
from tests.sandbox.recordings import find_recordings
from tests.watches import TODAY, Connection, Watch, allow_the_past

DATABASE = "skylatch_bench"
SEED = 7
PAST = 120  # departures that history knows, per route
WALKS = 60  # played, per regime
DECIDE_DAYS = 21  # before departure; see buy_or_wait


def live_the_past(sql: Connection, user_id: UUID, dice: random.Random) -> int:
    """Fill the history of every known route; return how many watches were cut short."""
    cut = 0
    for destination, regime in REGIMES.values():
        # A server that was never told how much there is would plan for an empty table.
        sql.execute("analyze engine.daily_fares")
        for number in range(PAST):
            days = dice.randint(35, 80)
            start = TODAY - timedelta(days=days + number * 2)
            path = walk(dice, regime, days, start)
            cap = path[0] * Decimal(f"{dice.uniform(0.6, 1.05):.3f}")
            fit = next((n for n, fare in enumerate(path) if fare <= cap), None)
            departure = (start + timedelta(days=days)).date()
            watch = Watch.begin(
                sql, user_id, departure, destination=destination, cap=round(cap, 2)
            )
            watch.look(path if fit is None else path[: fit + 1], start, step=STEP)
            cut += fit is not None
    return cut


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one walk cost under each policy; None is a missed trip."""

    cap: Decimal
    first_fit: Decimal | None
    waiting: Decimal | None
    oracle: Decimal | None
    waited: bool

    def cost(self, paid: Decimal | None) -> float:
        """Return what was paid as a multiple of the cap."""
        return 1.0 if paid is None else float(paid / self.cap)


def play(
    sql: Connection, user_id: UUID, route: str, path: Walk, cap: Decimal
) -> Outcome:
    """Play one walk, look by look, and leave no trace of it."""
    departure = TODAY + timedelta(days=len(path) // LOOKS)
    deadline = len(path) - DECIDE_DAYS * LOOKS
    fits = [n for n, fare in enumerate(path) if fare <= cap]
    waiting, waited = None, False
    with sql.transaction(force_rollback=True):
        watch = Watch.begin(sql, user_id, departure.date(), destination=route, cap=cap)
        offer_id = watch.put_offers()
        for look, fare in enumerate(path):
            now = TODAY + look * STEP
            watch.look([fare], now)
            if fare <= cap:
                if watch.decide(offer_id, fare, now)["decision"] == "BUY":
                    waiting = fare
                    break
                waited = True
    before = [path[n] for n in fits if n < deadline]
    first = path[fits[0]] if fits else None
    return Outcome(cap, first, waiting, min(before) if before else first, waited)


# -- the table ---------------------------------------------------------------------


def mean(values: list[float]) -> float:
    """Return the mean; 0 of nothing."""
    return statistics.fmean(values) if values else 0.0


def cost_of_waiting(outcomes: list[Outcome]) -> float:
    """Return how much more than first fit waiting cost, on average."""
    return mean([o.cost(o.waiting) - o.cost(o.first_fit) for o in outcomes])


def summary(name: str, outcomes: list[Outcome]) -> list[str]:
    """Return one line of the table: costs are percentages of the cap."""
    first = [one.cost(one.first_fit) for one in outcomes]
    waiting = [one.cost(one.waiting) for one in outcomes]
    oracle = [one.cost(one.oracle) for one in outcomes]
    against = [100 * (w - f) / f for w, f in zip(waiting, first, strict=True)]
    error = statistics.stdev(against) / math.sqrt(len(against))
    return [
        name,
        str(len(outcomes)),
        f"{100 * mean([float(one.waited) for one in outcomes]):.0f} %",
        f"{100 * mean(first):.1f}",
        f"{100 * mean(waiting):.1f}",
        f"{100 * mean(oracle):.1f}",
        f"{sum(one.first_fit is None for one in outcomes)}",
        f"{sum(one.waiting is None for one in outcomes)}",
        f"{mean(against):+.1f} ± {error:.1f} %",
        f"{100 * (mean(first) / mean(oracle) - 1):.1f} %",
        f"{100 * (mean(waiting) / mean(oracle) - 1):.1f} %",
    ]


def measure(cluster: Cluster, seed: int) -> tuple[Table, str]:
    """Play everything against a fresh database."""
    cluster.create_database(DATABASE)
    deploy(cluster.dsn(DATABASE), cron=False)
    dice = random.Random(seed)
    table = Table("regime", "walks", "waited", title="Costs in % of the cap")
    for column in ("first fit", "waiting", "oracle", "missed: first fit", "waiting"):
        table.add_column(column)
    for column in ("waiting against first fit", "regret: first fit", "waiting"):
        table.add_column(column)
    everything: list[Outcome] = []
    lost: list[str] = []
    with psycopg.connect(cluster.dsn(DATABASE), autocommit=True) as sql:
        user_id = uuid4()
        sql.execute("insert into auth.users (id) values (%s)", [user_id])
        allow_the_past(sql)
        with sql.transaction():
            cut = live_the_past(sql, user_id, dice)
        sql.execute("analyze")
        for name, (route, regime) in (REGIMES | STRANGE).items():
            outcomes = []
            for _ in range(WALKS):
                path = walk(dice, regime, dice.randint(30, 75), TODAY)
                cap = round(path[0] * Decimal(f"{dice.uniform(0.92, 1.3):.3f}"), 2)
                outcomes.append(play(sql, user_id, route, path, cap))
            table.add_row(*summary(name, outcomes))
            everything += outcomes
            if cost_of_waiting(outcomes) > 0:
                lost.append(name)
    table.add_section()
    table.add_row(*summary("all", everything))
    losing = [
        row for row in everything if row.cost(row.waiting) > row.cost(row.first_fit)
    ]
    return table, (
        f"Seed {seed}. Waiting lost to first fit in: {', '.join(lost) or 'no regime'}."
        f" History: {len(REGIMES)} routes, {PAST} departures each; {cut} of"
        f" {len(REGIMES) * PAST} watches ended at their first fit."
        f" Waiting cost more on {len(losing)} of {len(everything)} walks."
    )


def main() -> None:
    """Measure in a throwaway cluster and print."""
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else SEED
    install_plpython()
    with throwaway_cluster(find_installation(), DATABASE) as cluster:
        table, words = measure(cluster, seed)
    console = Console(width=None if sys.stdout.isatty() else 160)
    console.print(table)
    console.print(words)
    recordings = find_recordings()
    console.print(
        "No recorded walk was played: "
        + ("there are no recordings." if recordings is None else "none is recorded,")
        + ("" if recordings is None else " only single answers.")
    )


if __name__ == "__main__":
    main()
