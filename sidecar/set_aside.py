"""Reports that could not be applied yet, because somebody holds a row they need.

A thread of its own tries each again alone, later each time: what a traveller keeps
locked delays nobody else's answers. No report is lost while the process lives, with one
exception: of far too many, a search's is dropped; then its lease ends, and the search
is made again.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Any

import structlog

from sidecar import tracing
from sidecar.db import Call

_log = structlog.get_logger()
_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 5.0
_LAST_TRIES_SECONDS = 3.0
_MOST = 1000


@dataclass(frozen=True, slots=True)
class Waiting:
    """A report, how often it was tried, and when it is due again."""

    call: Call
    report: dict[str, Any]
    tries: int
    due: float


class SetAside:
    """The reports that wait; safe to use from several threads."""

    def __init__(self) -> None:
        self._waiting: list[Waiting] = []
        self._changed = threading.Condition()
        self._give_up_at: float | None = None

    def __len__(self) -> int:
        with self._changed:
            return len(self._waiting)

    def put(self, call: Call, report: dict[str, Any], *, tries: int = 0) -> None:
        """Keep a report that was tried `tries` times alone."""
        pause = min(_FIRST_PAUSE * 2.0**tries, _LONGEST_PAUSE)
        with self._changed:
            if len(self._waiting) >= _MOST and call.operation == "search":
                _log.warning("report.given_up", **tracing.ids(call))
                return
            if self._give_up_at is not None:
                pause = _FIRST_PAUSE
            self._waiting.append(Waiting(call, report, tries, time.monotonic() + pause))
            self._changed.notify()

    def take(self) -> Waiting | None:
        """Wait for a report that is due and return it; None once none is to be had."""
        with self._changed:
            while True:
                now = time.monotonic()
                if self._give_up_at is not None and (
                    not self._waiting or now >= self._give_up_at
                ):
                    for one in self._waiting:
                        # The call's lease runs out; recovery finds out what the report
                        # said.
                        _log.warning("report.given_up", **tracing.ids(one.call))
                    return None
                due = [one for one in self._waiting if one.due <= now]
                if due:
                    # The newest first: a report that was tried in vain for long can
                    # wait longer.
                    chosen = min(due, key=lambda one: (one.tries, one.due))
                    self._waiting.remove(chosen)
                    return chosen
                ends = [one.due for one in self._waiting]
                if self._give_up_at is not None:
                    ends.append(self._give_up_at)
                self._changed.wait(min(ends) - now if ends else None)

    def close(self) -> None:
        """Let `take` try the rest for a moment more, and then end."""
        with self._changed:
            now = time.monotonic()
            self._give_up_at = now + _LAST_TRIES_SECONDS
            self._waiting = [
                Waiting(one.call, one.report, one.tries, min(one.due, now))
                for one in self._waiting
            ]
            self._changed.notify()
