"""Waiting on a condition: bounded, and cut short by a failure."""

from __future__ import annotations

import time
from collections.abc import Callable

from sidecar.errors import SetupError


def wait_until(
    ready: Callable[[], bool], *, seconds: float, failed: Callable[[], str | None]
) -> bool:
    """Poll `ready` until it holds; False after `seconds`.

    `failed` returns the reason to stop waiting at once, which is raised as SetupError.
    """
    deadline = time.monotonic() + seconds
    while not ready():
        reason = failed()
        if reason is not None:
            raise SetupError(reason)
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
