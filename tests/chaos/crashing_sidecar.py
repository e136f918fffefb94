"""A sidecar that kills itself (SIGKILL) at the n-th of its commits, sends and receives.

Run as ``python -m tests.chaos.crashing_sidecar N`` with the test's addresses in the
environment. The points are found by wrapping what the worker calls, so that a new step
of the saga is a new point without anybody listing it. Exits with 0 when the trip came
to rest before point N: then every point has been tried.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

from sidecar.db import Database
from sidecar.flights import Flights
from sidecar.limits import Budgets, Locks
from sidecar.payments import Payments
from sidecar.worker import Worker


class CrashPoints:
    """Counts the points passed, over all threads, and dies at the chosen one."""

    def __init__(self, crash_at: int) -> None:
        self._crash_at = crash_at
        self._passed = 0
        self._lock = threading.Lock()

    def around(self, target: Callable[..., Any]) -> Callable[..., Any]:
        """Return `target` with a point before and a point after it."""

        def wrapped(*args: Any, **kwargs: Any) -> Any:
            self._hit()
            result = target(*args, **kwargs)
            self._hit()
            return result

        return wrapped

    def after(self, target: Callable[..., Any]) -> Callable[..., Any]:
        """Return `target` with a point behind it, where it did anything."""

        def wrapped(*args: Any, **kwargs: Any) -> Any:
            result = target(*args, **kwargs)
            if result:
                self._hit()
            return result

        return wrapped

    def _hit(self) -> None:
        with self._lock:
            self._passed += 1
            if self._passed == self._crash_at:
                os.kill(os.getpid(), signal.SIGKILL)


def main() -> int:
    """Work until the trip is at rest, or dead."""
    points = CrashPoints(int(sys.argv[1]))
    database = Database(os.environ["TEST_DSN"], size=2)
    # Idle polls would make the numbering depend on time: only claims that claim count.
    database.claim_calls = points.after(database.claim_calls)  # type: ignore[method-assign]
    database.mark_sent = points.around(database.mark_sent)  # type: ignore[method-assign]
    database.finish_calls = points.around(database.finish_calls)  # type: ignore[method-assign]
    worker = Worker(
        database,
        flights=Flights(os.environ["TEST_FLIGHTS"], "duffel_test_fixture"),
        payments=Payments(os.environ["TEST_PAYMENTS"], "sk_test_fixture"),
        locks=Locks(None),
        budgets=Budgets(
            None,
            searches_per_minute=1000,
            duffel_per_minute=1000,
            stripe_per_second=1000,
        ),
        threads=2,
        search_threads=1,
        poll_seconds=0.02,
    )
    worker._send = points.around(worker._send)  # type: ignore[method-assign]
    runner = threading.Thread(target=worker.run, daemon=True)
    runner.start()
    print("ready", flush=True)
    sys.stdin.readline()  # the test says when the trip is at rest
    worker.stop()
    runner.join(timeout=10)
    return 0


if __name__ == "__main__":
    sys.exit(main())
