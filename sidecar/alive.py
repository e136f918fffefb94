"""A file whose age shows whether a process still does its work.

This serves processes without a port that could be asked. The process touches the file
while it works, and a health check looks at the file's age: `find FILE -mmin -1`. A
process that was stopped, or whose loop hangs, stops touching the file. The health check
needs neither Python nor the database.
"""

from __future__ import annotations

from pathlib import Path

import structlog

_log = structlog.get_logger()


class Alive:
    """The file of one process; without a path nothing is written."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def touch(self) -> None:
        """Record that the process works; a full disk is no reason to end."""
        if self._path is None:
            return
        try:
            self._path.touch()
        except OSError as error:
            _log.warning("alive.not_written", error=str(error))
