"""What the relay learns from the database: the open alerts, or no answer."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Any

import psycopg

from sidecar import threads
from sidecar.alert_channels import answer
from sidecar.errors import EngineError
from sidecar.pool import describe

Alert = dict[str, Any]


class Unreachable(Exception):
    """The database did not answer; says why."""


class Watch:
    """Asks the database, and waits for its answer a few seconds at the most."""

    def __init__(
        self, ask: Callable[[], list[Alert]], *, patience: float = 10.0
    ) -> None:
        self._ask = ask
        self._patience = patience
        # A frozen server keeps the thread of the question; then no further one is
        # asked.
        self._asked: Future[list[Alert]] | None = None

    def look(self) -> list[Alert]:
        """Return the open alerts; raises Unreachable."""
        if self._asked is None:
            self._asked = Future()
            # A daemon thread: a relay that is stopping does not wait for a frozen
            # server.
            threads.start(
                partial(answer, self._asked, self._ask),
                name="look",
                may_end=lambda: True,
            )
        try:
            found = self._asked.result(timeout=self._patience)
        except TimeoutError:
            if not self._asked.done():
                raise Unreachable("no answer") from None
            self._asked = None
            raise Unreachable("no answer in time") from None
        except (psycopg.Error, EngineError) as error:
            self._asked = None
            raise Unreachable(describe(error)) from error
        self._asked = None
        return found
