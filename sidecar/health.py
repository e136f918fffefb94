"""The answer of `/readyz`: whether this process can work, and what works less well.

Anybody may ask, so the answer names parts and counts; hosts, users and texts of errors
stay in the log. "down" (503) is answered only for what this process cannot work
without: the database. Faults elsewhere are "degraded" and 200: to take the endpoint
away as well would lose the callbacks that wait for it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import psycopg
import structlog
from redis import Redis, RedisError

from sidecar import __version__
from sidecar.db import Database
from sidecar.errors import EncodingError, SetupError, VersionError
from sidecar.pool import describe

_log = structlog.get_logger()
# Each check writes a row; most of many callers get the last result.
_KEPT_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Health:
    """A result: why nothing works, or which parts work less well."""

    down: str | None = None
    degraded: dict[str, list[str]] = field(default_factory=dict)

    @property
    def http_status(self) -> int:
        """200, or 503 where nothing works."""
        return 503 if self.down else 200

    def as_body(self) -> dict[str, object]:
        """Return the part of the result that anybody may see."""
        if self.down is not None:
            return {"status": "down", "reason": self.down}
        if self.degraded:
            return {
                "status": "degraded",
                "version": __version__,
                "degraded": self.degraded,
            }
        return {"status": "ok", "version": __version__}


class Doctor:
    """Checks when asked, and not again within a moment; for one thread at a time."""

    def __init__(self, database: Database, redis: Redis | None) -> None:
        self._database = database
        self._redis = redis
        self._found: Health | None = None
        self._looked_at = 0.0

    def look(self) -> Health:
        """Return the state now, or of a moment ago if all was well."""
        fresh = time.monotonic() - self._looked_at < _KEPT_SECONDS
        if self._found is None or self._found.down or not fresh:
            down = _why_down(self._database)
            self._found = Health(down) if down else Health(degraded=self._degraded())
            self._looked_at = time.monotonic()
        return self._found

    def _degraded(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        try:
            for row in self._database.degradations():
                found.setdefault(row["part"], []).append(row["problem"])
        except psycopg.errors.UndefinedFunction:
            pass  # a database of the last release does not say
        except psycopg.Error as error:
            _log.warning("readyz.unknown", error=describe(error))
            found["database"] = ["it does not say how things are"]
        try:
            if self._redis is not None:
                self._redis.ping()
        except RedisError:
            found["redis"] = ["no answer: limits are per sidecar"]
        return found


def _why_down(database: Database) -> str | None:
    """Return why the database cannot be worked with, in words for anybody."""
    try:
        database.check_version()
    except (EncodingError, VersionError) as error:
        return str(error)
    except SetupError as error:
        # Anybody may ask, so the server's words go to the log.
        _log.warning("readyz.down", error=str(error))
        return "the database is away or is not Skylatch's"
    try:
        database.check_setup()
    except SetupError as error:
        # Settings that a deploy would mend are for the log too.
        _log.error("readyz.not_set_up", error=str(error))
        return "the database lacks what a deploy sets: deploy"
    try:
        database.probe_write()
    except psycopg.errors.UndefinedFunction:
        return None  # of the last release
    except psycopg.errors.ReadOnlySqlTransaction:
        return "the database is a standby, or takes no writes"
    except psycopg.Error as error:
        # Class 53 of PostgreSQL's codes: the disk, memory or a limit is used up.
        if (error.sqlstate or "").startswith("53"):
            _log.error("readyz.no_room", error=describe(error))
            return "the database has no room to write"
        _log.warning("readyz.down", error=describe(error))
        return "the database does not take writes"
    return None
