"""Background threads whose end is never overlooked.

A program whose heartbeat, listener or mirror has ended looks healthy and does no work.
So a thread that ends by surprise ends its process: what was under way is recovered like
after any other crash, and the service manager starts the program anew.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from functools import partial
from typing import NoReturn, Protocol

import structlog

from sidecar import reporting

_log = structlog.get_logger()
# EX_SOFTWARE of sysexits.h: not 1, which a wrong setting ends with.
STATUS = 70


class Died(Protocol):
    """Called for a thread that ended, with its error if there was one."""

    def __call__(self, name: str, error: BaseException | None) -> object: ...


def end_process(name: str, error: BaseException | None) -> NoReturn:
    """End the process now, without waiting for other threads."""
    _log.critical("thread.died", thread=name, exc_info=error)
    reporting.flush()
    sys.stderr.flush()
    os._exit(STATUS)


def start(
    target: Callable[[], object],
    *,
    name: str,
    may_end: Callable[[], bool],
    died: Died = end_process,
) -> threading.Thread:
    """Start and return a daemon thread; `died` is called when it ends by surprise.

    A surprise is an error, or an end while `may_end` says that it should still be
    working.
    """
    thread = threading.Thread(
        target=partial(_run, target, name, may_end, died), name=name, daemon=True
    )
    thread.start()
    return thread


def _run(
    target: Callable[[], object], name: str, may_end: Callable[[], bool], died: Died
) -> None:
    error: BaseException | None = None
    try:
        target()
    except BaseException as raised:  # noqa: BLE001 - whatever it was, it is the end
        error = raised
    if error is not None or not may_end():
        died(name, error)
