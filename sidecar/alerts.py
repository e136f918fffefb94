"""Alerts in the log: each is raised once, and cleared once it is over.

What is wrong is decided in the database (`engine.open_alerts`); whoever watches the log
for level error hears of it. What somebody did on purpose is told at level warning.
Neither subjects nor details hold personal data.
"""

from __future__ import annotations

from typing import Any

import structlog

_log = structlog.get_logger()
ON_PURPOSE = frozenset({"JOB_STOPPED", "KILL_SWITCH"})


class AlertLog:
    """Logs what came and went since it was last told; a restart tells all anew."""

    def __init__(self) -> None:
        self._open: set[tuple[str, str]] = set()

    def update(self, alerts: list[dict[str, Any]]) -> None:
        """Log the difference to the last time: rows of kind, subject, since, detail."""
        now = {(alert["kind"], alert["subject"]): alert for alert in alerts}
        for key in now.keys() - self._open:
            tell = _log.warning if key[0] in ON_PURPOSE else _log.error
            tell(
                "alert.raised",
                kind=key[0],
                subject=key[1],
                since=now[key]["since"].isoformat(),
                detail=now[key]["detail"],
            )
        for kind, subject in self._open - now.keys():
            _log.info("alert.cleared", kind=kind, subject=subject)
        self._open = set(now)
