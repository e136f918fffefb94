"""Writes what a simulation found: a page with its table, and a plot."""

from __future__ import annotations

import itertools
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from typing import Any

from tests.bench.simulated_market import DAY_TICKS
from tests.bench.simulated_policies import Outcome
from tests.bench.simulated_trips import ROUTES, Trip

_PAGE = Path(__file__).with_name("simulation_page.md")
_COLORS = {"Skylatch": "#1b6ca8", "round-robin": "#b5651d", "cheapest first": "#5b8c3e"}


@dataclass(slots=True)
class Run:
    """What was played, and what came out."""

    seed: int
    days: int
    trips: Sequence[Trip]
    budgets: list[int]  # searches per tick
    outcomes: list[Outcome] = field(default_factory=list)
    fits: dict[int, int] = field(default_factory=dict)
    """Trip number -> first tick at which it could be booked."""

    @property
    def ticks(self) -> int:
        """Ticks played."""
        return self.days * DAY_TICKS


def row(run: Run, one: Outcome) -> str:
    """Return one line of the table."""
    late = [(tick - run.fits[n]) / 6 for n, (tick, _) in one.booked.items()]
    paid = statistics.fmean(ratio for _, ratio in one.booked.values())
    return (
        f"| {one.budget // 10} | {one.name} | {len(one.booked):,}"
        f" | {len(one.booked) / len(run.fits):.1%} | {one.spent:,}"
        f" | {one.per_booking:.1f} | {paid:.1%} | {statistics.median(late):.1f} h"
        f" | {statistics.fmean(late):.1f} h |"
    )


def table(run: Run) -> str:
    """Return the table, budget by budget, the fewest searches per booking first."""
    lines = [
        "| searches a minute | policy | booked | of bookable | searches"
        " | per booking | price / cap | delay, median | mean |",
        "|--:|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    ordered = sorted(run.outcomes, key=lambda one: (one.budget, one.per_booking))
    return "\n".join([*lines, *(row(run, one) for one in ordered)])


def verdict(run: Run) -> str:
    """Return, budget by budget, how the engine stands against each other policy."""
    lines = []
    for budget in run.budgets:
        mine = find(run, budget, "Skylatch")
        for name in ("round-robin", "cheapest first"):
            # Whichever way of it did better.
            other = min(
                (find(run, budget, name), find(run, budget, f"{name}, sharing")),
                key=lambda one: one.per_booking,
            )
            lines.append(
                f"- {budget // 10} a minute, against {other.name}:"
                f" {mine.per_booking / other.per_booking - 1:+.0%} searches per"
                f" booking, {len(mine.booked) - len(other.booked):+,} bookings."
            )
    return "\n".join(lines)


def find(run: Run, budget: int, name: str) -> Outcome:
    """Return one outcome."""
    return next(o for o in run.outcomes if (o.budget, o.name) == (budget, name))


def plot(run: Run, path: Path) -> None:
    """Draw bookings and searches over the month, a pair of panels per budget."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    # The same numbers, the same file.
    mpl.rcParams.update({"svg.hashsalt": "skylatch", "svg.fonttype": "none"})
    figure = Figure(figsize=(9, 2.9 * len(run.budgets)), layout="constrained")
    panels: Any = figure.subplots(len(run.budgets), 2, squeeze=False)
    days = range(1, run.days + 1)
    for (left, right), budget in zip(panels, run.budgets, strict=True):
        for name, color in _COLORS.items():
            one = find(run, budget, name)
            by_day = Counter(tick // DAY_TICKS for tick, _ in one.booked.values())
            booked = list(itertools.accumulate(by_day[day] for day in range(run.days)))
            spent = [sum(one.searches[: day * DAY_TICKS]) for day in days]
            left.plot(days, booked, color=color, label=name)
            right.plot(
                days,
                [s / max(b, 1) for s, b in zip(spent, booked, strict=True)],
                color=color,
                label=name,
            )
        could = Counter(tick // DAY_TICKS for tick in run.fits.values())
        left.plot(
            days,
            list(itertools.accumulate(could[day] for day in range(run.days))),
            color="#999999",
            linestyle=":",
            label="could be booked",
        )
        left.set_title(f"bookings, {budget // 10} searches a minute", fontsize=10)
        right.set_title("searches per booking, so far", fontsize=10)
        for panel in (left, right):
            panel.set_ylim(bottom=0)
            panel.spines[["top", "right"]].set_visible(False)
    panels[0][0].legend(frameon=False, fontsize=8)
    for panel in panels[-1]:
        panel.set_xlabel("day")
    figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None})


def write_page(run: Run, docs: Path) -> list[Path]:
    """Write `search-simulation.md` and `.svg` to `docs`; return their paths."""
    page, picture = docs / "search-simulation.md", docs / "search-simulation.svg"
    text = Template(_PAGE.read_text()).substitute(
        trips=f"{len(run.trips):,}",
        days=run.days,
        routes=ROUTES,
        seed=run.seed,
        bookable=f"{len(run.fits):,}",
        searches=f"{sum(len(trip.searches) for trip in run.trips):,}",
        table=table(run),
        verdict=verdict(run),
        budgets=",".join(str(budget // 10) for budget in run.budgets),
        count=len(run.trips),
    )
    page.write_text(text)
    plot(run, picture)
    return [page, picture]
