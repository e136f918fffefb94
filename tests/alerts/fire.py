"""Fire every alert for real: `python -m tests.alerts.fire`, `make alerts`.

Prints alert, fault and seconds until it fired, scraped by a real Prometheus from a real
stack whose rules run sixty times as fast. Ends with 1 if one stays silent, or if one
fires while all is well. Names of alerts as arguments try these alone.
"""

from __future__ import annotations

import sys
import time

from rich.console import Console
from rich.table import Table

from tests.alerts.prometheus import rules
from tests.alerts.stack import TROUBLES, Stack, Trouble, running_stack
from tests.factories import until

Row = tuple[str, str, float | None]


def happy(stack: Stack) -> set[str]:
    """Book three trips, with nothing in the way; return what fired.

    After one that everything was slow for, because it was the first.
    """
    first = stack.trips(1)
    until(lambda: stack.booked(first), seconds=120)
    until(lambda: not stack.prometheus.firing(), seconds=60)
    began = time.monotonic()
    trips = stack.trips(3)
    until(lambda: stack.booked(trips), seconds=120)
    # As long as the longest of the ranges that the rules look back.
    over = time.monotonic() + 20
    until(lambda: time.monotonic() > over, seconds=60)
    return stack.prometheus.fired(int(time.monotonic() - began))


def cause(stack: Stack, trouble: Trouble, *, seconds: float = 90) -> list[Row]:
    """Cause one trouble, await its alerts, and end it; return when each fired."""
    waiting = set(trouble.alerts)
    until(lambda: not waiting & stack.prometheus.firing(), seconds=seconds)
    began = time.monotonic()
    trouble.cause(stack)
    found: dict[str, float] = {}

    def all_fired() -> bool:
        for name in waiting & stack.prometheus.firing():
            found.setdefault(name, time.monotonic() - began)
        return found.keys() == waiting or time.monotonic() > began + seconds

    until(all_fired, seconds=2 * seconds)
    trouble.mend(stack)
    return [(name, trouble.what, found.get(name)) for name in trouble.alerts]


def main() -> int:
    """Try all troubles, or those of the alerts that are named."""
    wanted = set(sys.argv[1:]) or set(rules())
    console = Console(width=110)
    table = Table("alert", "severity", "fault that fired it", "seconds")
    silent = []
    with running_stack() as stack:
        early = happy(stack)
        console.print(f"fired while all was well: {sorted(early) or 'nothing'}")
        for trouble in TROUBLES:
            found = cause(stack, trouble) if wanted & set(trouble.alerts) else []
            for name, what, seconds in found:
                told = "never" if seconds is None else f"{seconds:.1f}"
                console.print(f"{name}: {told}", highlight=False)
                severity = rules()[name]["labels"]["severity"]
                table.add_row(name, severity, what, told)
                if seconds is None:
                    silent.append(name)
    console.print(table)
    return 1 if silent or early else 0


if __name__ == "__main__":
    sys.exit(main())
