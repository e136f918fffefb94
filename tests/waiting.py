"""Waiting on a condition, never for a time."""

from __future__ import annotations

import threading
from collections.abc import Callable


def wait_until(condition: Callable[[], bool]) -> None:
    """Poll through an event's timed wait, which yields to the other threads."""
    tick = threading.Event()
    for _ in range(2_000):
        if condition():
            return
        tick.wait(0.005)
    raise AssertionError("condition never came true")
