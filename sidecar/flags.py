"""The flag source mirrored into Postgres, where the decisions are made.

Reads a LaunchDarkly file-data document (``{"flagValues": {...}}``) and writes it
through `engine.sync_flags`, at once when it changes and often enough to prove that the
source is still readable. A file that cannot be read is not mirrored: the flags go stale
in Postgres, and booking stops by itself.
"""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import psycopg
import structlog

from sidecar.db import Database, describe
from sidecar.errors import ConfigError, EngineError

_log = structlog.get_logger()
_LOOK_SECONDS = 1.0
_BEAT_SECONDS = 20.0


def read_flags(path: Path) -> dict[str, Any]:
    """Return the flag values of a file-data document; raises ConfigError."""
    try:
        document = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise ConfigError(f"flags file {path}: {error}") from error
    values = document.get("flagValues") if isinstance(document, dict) else None
    if not isinstance(values, dict):
        raise ConfigError(f'flags file {path}: no "flagValues" object')
    return values


def expand(values: dict[str, Any]) -> dict[str, Any]:
    """Return plain values as LaunchDarkly's data: each flag on, with one variation.

    A value that is a whole flag already, told by its variations, is taken as it is.
    """
    features = {
        key: {"key": key, "version": 1, **value}
        if isinstance(value, dict) and "variations" in value
        else {
            "key": key,
            "version": 1,
            "on": True,
            "variations": [value],
            "fallthrough": {"variation": 0},
        }
        for key, value in values.items()
    }
    return {"features": features, "segments": {}}


class FlagMirror:
    """Keeps `engine.flag_data` equal to the flags file."""

    def __init__(self, database: Database, path: Path) -> None:
        self._database = database
        self._path = path

    def run(self, stopping: threading.Event) -> None:
        """Mirror until `stopping` is set."""
        last: dict[str, Any] | None = None
        waited = _BEAT_SECONDS
        while True:
            try:
                flags = read_flags(self._path)
                if flags != last or waited >= _BEAT_SECONDS:
                    done = self._database.sync_flags(expand(flags), "file")
                    if done["changed"]:
                        _log.info("flags.mirrored", **done)
                    last, waited = flags, 0.0
            except ConfigError as error:
                _log.error("flags.unreadable", error=str(error))
            except (psycopg.Error, EngineError) as error:
                _log.warning("flags.not_mirrored", error=describe(error))
            if stopping.wait(_LOOK_SECONDS):
                return
            waited += _LOOK_SECONDS
