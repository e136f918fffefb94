"""Alerts: which page says what to do, and how the log tells of them.

The database decides what is wrong (`engine.open_alerts`). The log has one line at level
error when an alert comes, and one when it is over. An alert about what somebody did on
purpose is at level warning. Neither subjects nor details hold personal data.
"""

from __future__ import annotations

from typing import Any

import structlog

_log = structlog.get_logger()
ON_PURPOSE = frozenset({"JOB_STOPPED", "KILL_SWITCH"})
DATABASE_UNREACHABLE = "DATABASE_UNREACHABLE"
RUNBOOK = "docs/runbook.md"
# The heading of docs/runbook.md that says what to do about each kind of alert.
PAGES = {
    "AUTHORIZATION_LAPSING": "HoldNearCaptureBefore",
    "BOOKINGS_UNREAD": "BookingsUnread",
    "BREAKER_OPEN": "BreakerOpen",
    "CALLS_DEAD": "CallsDead",
    "CALLS_WAITING": "QueueOld",
    "CRON_SILENT": "JobSilent",
    DATABASE_UNREACHABLE: "DatabaseUnreachable",
    "DURATIONS_DIFFER": "DurationsDiffer",
    "FLAGS_STALE": "FlagsStale",
    "FLAG_SOURCE_GONE": "FlagSourceGone",
    "HISTORY_UNCONFIRMED": "HistoryUnconfirmed",
    "INVARIANT": "InvariantViolated",
    "JOB_SILENT": "JobSilent",
    "JOB_STOPPED": "JobSilent",
    "KILL_SWITCH": "KillSwitchEngaged",
    "ORDER_UNKNOWN": "OrderUnknown",
    "RATES_WAITING": "RatesWaiting",
    "REVIEW_CASE": "ReviewCaseOpen",
    "SIDECARS_SILENT": "SidecarDown",
    "WORKER_SILENT": "SidecarDown",
}


def page_of(kind: str, runbook: str = RUNBOOK) -> str:
    """Return where the runbook says what to do about a kind of alert."""
    page = PAGES.get(kind)
    return f"{runbook}#{page.lower()}" if page else runbook


class AlertLog:
    """Logs which alerts came and went; a restart logs every open alert again."""

    def __init__(self) -> None:
        self._open: set[tuple[str, str]] = set()

    def update(self, alerts: list[dict[str, Any]]) -> None:
        """Log the difference to the last call: rows of kind, subject, since, detail."""
        now = {(alert["kind"], alert["subject"]): alert for alert in alerts}
        for key in now.keys() - self._open:
            tell = _log.warning if key[0] in ON_PURPOSE else _log.error
            tell(
                "alert.raised",
                kind=key[0],
                subject=key[1],
                since=now[key]["since"].isoformat(),
                detail=now[key]["detail"],
                page=page_of(key[0]),
            )
        for kind, subject in self._open - now.keys():
            _log.info("alert.cleared", kind=kind, subject=subject)
        self._open = set(now)
