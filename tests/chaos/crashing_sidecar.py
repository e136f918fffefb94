"""A sidecar in a process of its own that comes to harm at the n-th of its points.

A point lies before and after each commit and each request to a provider. They are found
by wrapping what the worker calls, so that a new step of the saga is a new point without
anybody listing it. What happens there is the test's to choose: the sidecar kills itself
(SIGKILL), or it says so and waits while the test harms the database.

The processes are forked from one that has imported everything: a start costs little.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, Literal

from psycopg.conninfo import make_conninfo

from sidecar.db import Call, Database
from sidecar.flights import Flights
from sidecar.limits import Budgets, Locks
from sidecar.payments import Payments
from sidecar.worker import Worker
from tests.factories import World, until

Harm = Literal["kill", "wait", "wait before commits"]
NEVER = 0  # no point has this number

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload([__name__])


class CrashPoints:
    """Counts the points passed, over all threads, and stops at the chosen one."""

    def __init__(self, crash_at: int, harm: Harm, parent: Connection) -> None:
        self.go = threading.Event()
        self.sending = threading.Lock()
        self._crash_at = crash_at
        self._harm = harm
        self._commits_only = harm == "wait before commits"
        self._parent = parent
        self._passed = 0
        self._counting = threading.Lock()

    def begin_again(self, crash_at: int) -> None:
        """Count from the start, to another point."""
        with self._counting:
            self.go.clear()
            self._passed, self._crash_at = 0, crash_at

    def around(
        self, target: Callable[..., Any], *, commits: bool = False
    ) -> Callable[..., Any]:
        """Return `target` with a point before and a point after it."""

        def wrapped(*args: Any, **kwargs: Any) -> Any:
            calls = [arg.operation for arg in args if isinstance(arg, Call)]
            what = " ".join([target.__name__, *calls])
            if commits or not self._commits_only:
                self._hit(f"before {what}")
            result = target(*args, **kwargs)
            if not self._commits_only:
                self._hit(f"after {what}")
            return result

        return wrapped

    def after(self, target: Callable[..., Any]) -> Callable[..., Any]:
        """Return `target` with a point behind it, where it did anything."""

        def wrapped(*args: Any, **kwargs: Any) -> Any:
            result = target(*args, **kwargs)
            if result and not self._commits_only:
                self._hit(f"after {target.__name__}")
            return result

        return wrapped

    def _hit(self, what: str) -> None:
        with self._counting:
            self._passed += 1
            if self._passed != self._crash_at:
                return
        with self.sending:
            self._parent.send(what)
        if self._harm == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        self.go.wait()


def _live(
    parent: Connection,
    dsn: str,
    *,
    flights: str,
    payments: str,
    crash_at: int,
    harm: Harm,
) -> None:
    """Work until told to stop, or dead. Runs in the process of its own."""
    with open(os.devnull, "w") as nowhere:
        sys.stdout = sys.stderr = nowhere
        points = CrashPoints(crash_at, harm, parent)
        # To warm a second connection in each life would be most of what a life costs.
        database = Database(dsn, size=1)
        # Idle polls would make the numbering depend on time: only claims that claim
        # count.
        claim, sent, finish = (
            database.claim_calls,
            database.mark_sent,
            database.finish_calls,
        )
        database.claim_calls = points.after(claim)  # type: ignore[method-assign]
        database.mark_sent = points.around(sent, commits=True)  # type: ignore[method-assign]
        database.finish_calls = points.around(finish, commits=True)  # type: ignore[method-assign]
        worker = Worker(
            database,
            flights=Flights(flights, "duffel_test_fixture"),
            payments=Payments(payments, "sk_test_fixture"),
            locks=Locks(None),
            budgets=Budgets(
                None,
                searches_per_minute=100_000,
                duffel_per_minute=100_000,
                stripe_per_second=10_000,
            ),
            threads=2,
            search_threads=1,
            poll_seconds=0.1,
        )
        worker._send = points.around(worker._send)  # type: ignore[method-assign]
        runner = threading.Thread(target=worker.run, daemon=True)
        runner.start()
        try:
            while (asked := parent.recv()) != "stop":
                if isinstance(asked, int):
                    points.begin_again(asked)
                    with points.sending:
                        parent.send(None)
                elif asked == "go":
                    points.go.set()
                else:
                    with points.sending:
                        parent.send(worker._is_busy())
        except EOFError:
            os._exit(1)
        worker.stop()
        runner.join(timeout=30)
        os._exit(0)


@dataclass
class Sidecar:
    """The test's end of one life of a sidecar."""

    process: BaseProcess
    pipe: Connection
    point: str | None = None  # where it came to harm

    def is_at_its_point(self) -> bool:
        """Tell whether the point was reached: dead there, or waiting."""
        with suppress(EOFError, ConnectionResetError):  # it is gone
            while self.point is None and self.pipe.poll():
                self.point = self.pipe.recv()
        return self.point is not None

    def is_busy(self) -> bool:
        """Tell whether a call is out, or its report; the dead are not."""
        try:
            self.pipe.send("busy?")
            while isinstance(answer := self.pipe.recv(), str):
                self.point = answer
        except (EOFError, ConnectionError):
            return False
        return bool(answer)

    def is_over(self) -> bool:
        """Tell, once all is at rest, whether it came to no harm.

        The last of its points lies behind the last commit.
        """
        until(lambda: self.is_at_its_point() or not self.is_busy())
        return not self.is_at_its_point()

    def go_on(self) -> None:
        """Let the one that waits at its point go on."""
        self.pipe.send("go")

    def begin_again(self, crash_at: int) -> None:
        """Let the one that came to no lasting harm wait at another point."""
        self.pipe.send(crash_at)
        while self.pipe.recv() is not None:
            pass
        self.point = None

    def end(self) -> bool:
        """Stop it unless it is dead; tell whether it had been killed."""
        with suppress(BrokenPipeError):  # killed already, or on the way out
            self.pipe.send("stop")
        self.process.join(timeout=60)
        code = self.process.exitcode
        self.is_at_its_point()
        self.pipe.close()
        assert code in (0, -signal.SIGKILL), f"the sidecar ended with {code}"
        return code != 0


def start_sidecar(world: World, crash_at: int = NEVER, harm: Harm = "kill") -> Sidecar:
    """Start a sidecar that comes to `harm` at point `crash_at`."""
    ours, theirs = _context.Pipe()
    login = make_conninfo(world.dsn, user="skylatch_sidecar")
    process = _context.Process(
        target=_live,
        args=(theirs, login),
        kwargs={
            "flights": world.flights_url,
            "payments": world.payments_url,
            "crash_at": crash_at,
            "harm": harm,
        },
        daemon=True,
    )
    process.start()
    theirs.close()
    return Sidecar(process, ours)
