"""Delivers reports into the database, whatever is wrong with it or with them."""

from __future__ import annotations

import threading
import time
from typing import Any

import psycopg
import structlog

from sidecar.db import Database, Finished
from sidecar.errors import EngineError
from sidecar.pool import describe
from sidecar.providers import storable

_log = structlog.get_logger()
DATABASE_DOWN = (psycopg.Error, EngineError)
# Errors that are the body's and not the server's: it is no JSON, too deep or too large.
_UNSTORABLE = (
    RecursionError,
    psycopg.DataError,
    psycopg.errors.ProgramLimitExceeded,
    psycopg.errors.StatementTooComplex,
)


def deliver(
    database: Database,
    worker: str,
    reports: list[dict[str, Any]],
    stopping: threading.Event,
) -> Finished:
    """Report until the database took it; return no next call once `stopping` is set."""
    pause = 0.1
    while True:
        try:
            return database.finish_calls(worker, reports, hand_on=not stopping.is_set())
        except _UNSTORABLE as error:
            # A body that jsonb cannot hold must not hold up the others. The parts that
            # jsonb cannot hold (NUL, NaN, half a surrogate pair) are taken out; if that
            # does not help, the engine gets the body as an unreadable one.
            _log.warning("report.unreadable", error=describe(error))
            if len(reports) > 1:
                each = [deliver(database, worker, [one], stopping) for one in reports]
                return Finished(
                    [call for one in each for call in one.calls],
                    frozenset().union(*(one.set_aside for one in each)),
                )
            if reports[0]["body"] is None:
                return Finished()  # the lease runs out, recovery decides
            reports = [{**reports[0], "body": storable(reports[0]["body"])}]
        except DATABASE_DOWN as error:
            _log.warning("report.failed", reports=len(reports), error=describe(error))
            time.sleep(pause)
            pause = min(pause * 2, 5.0)
