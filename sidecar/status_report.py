"""``python -m sidecar status``: in ten lines whether booking is on, and why.

The lines say what the database says (`engine.pipeline_status`), which evaluates the
flags as for an attempt; this module decides the exit code only.
"""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import psycopg
from rich.console import Console

from sidecar.alerts import DATABASE_UNREACHABLE, page_of
from sidecar.config import StatusSettings, load
from sidecar.db import Database
from sidecar.endings import OPEN, UNKNOWN, WELL
from sidecar.errors import ConfigError, EngineError
from sidecar.pool import describe, reach
from sidecar.redaction import one_line

_PATIENCE_SECONDS = 5.0
Status = dict[str, Any]


def run(console: Console, *, as_json: bool = False) -> int:
    """Print the status; return 0: all is well, 1: something is open, 2: unknown."""
    try:
        return show(load(StatusSettings).address, console, as_json=as_json)
    except ConfigError as error:
        return unknown(console, str(error), as_json=as_json)


def show(address: str, console: Console, *, as_json: bool = False) -> int:
    """Print the status of the database at `address`; return as `run` does."""
    try:
        reach(address, patience=_PATIENCE_SECONDS)
        with closing(Database(address, size=1, patience=_PATIENCE_SECONDS)) as database:
            status = database.pipeline_status()
    except (psycopg.Error, EngineError) as error:
        why = f"{describe(error)} ({page_of(DATABASE_UNREACHABLE)})"
        return unknown(console, why, as_json=as_json)
    stops = why_off(status)
    status |= {"booking": not stops, "stops": stops}
    code = OPEN if stops or is_anything_open(status) else WELL
    _print(console, lines(status), {"well": code == WELL, **status}, as_json=as_json)
    return code


def unknown(console: Console, why: str, *, as_json: bool = False) -> int:
    """Print that nothing tells whether booking is on; return `UNKNOWN`."""
    said: Status = {"well": None, "unknown": why}
    _print(console, [f"booking   UNKNOWN: {why}"], said, as_json=as_json)
    return UNKNOWN


def why_off(status: Status) -> list[str]:
    """Return each reason why nothing new is booked."""
    found = [status["problem"]] if status["problem"] else []
    if status["is_standby"]:
        found.append("the database is a standby: nothing can be written")
    if not _alive(status):
        found.append("no sidecar beats")
    found += [
        f"{job['job']} was stopped: {job['stop_reason']}"
        for job in status["jobs"]
        if job["stopped_at"] and job["job"] == "auto_book_monitor"
    ]
    return found


def is_anything_open(status: Status) -> bool:
    """Tell whether an operator should look at something, though bookings begin."""
    return bool(status["alerts"] or status["frozen"])


def lines(status: Status) -> list[str]:
    """Return the ten lines."""
    now = datetime.fromisoformat(status["at"])
    stops = why_off(status)
    switch = status["kill_switch"] or {"engaged": True, "reason": "its row is missing"}
    said = {
        "booking": "OFF: " + "; ".join(stops) if stops else "on",
        "switch": (
            f"kill switch ENGAGED {_ago(switch.get('since'), now)}: {switch['reason']}"
            if switch["engaged"]
            else "kill switch released"
        ),
        "flags": _flags(status),
        "history": status["history"] or "confirmed",
        "providers": _breakers(status, now),
        "jobs": _jobs(status, now),
        "alerts": _alerts(status, now),
        "frozen": _frozen(status, now),
        "workers": _workers(status, now),
        "tick": _tick(status),
    }
    # A reason may have line breaks, and would look like lines of ours.
    return [f"{name:<10}{one_line(text)}" for name, text in said.items()]


def _flags(status: Status) -> str:
    flags = [
        f"{flag['flag']} serves {json.dumps(flag['value'])} ({flag['reason']})"
        + (", STOPS BOOKING" if flag["stops_booking"] else "")
        for flag in status["flags"]
    ]
    mirror = status["mirror"]
    if not mirror or not mirror["initialized"]:
        age = "never loaded"
    else:
        limit = mirror["stale_after_seconds"]
        stale = " STALE" if abs(mirror["age_seconds"]) > limit else ""
        age = f"read {mirror['age_seconds']} s ago{stale} (limit {limit} s)"
    if mirror and mirror["problem"]:
        age += f", SOURCE GONE: {mirror['problem']}"
    source = (mirror or {}).get("source") or "no source"
    return "; ".join([f"{source}: {age}", *flags])


def _breakers(status: Status, now: datetime) -> str:
    return (
        "; ".join(
            f"{one['operation']} PAUSED for {_span(one['open_until'], now)}"
            f" ({one['failures']} failures, the last {one['last_error']})"
            for one in status["breakers"]
        )
        or "none is paused"
    )


def _jobs(status: Status, now: datetime) -> str:
    wrong = []
    for job in status["jobs"]:
        if job["stopped_at"]:
            wrong.append(
                f"{job['job']} stopped {_ago(job['stopped_at'], now)}:"
                f" {job['stop_reason']}"
            )
        elif job["is_silent"]:
            wrong.append(f"{job['job']} SILENT, last {_ago(job['last_at'], now)}")
        elif job["is_cron_silent"]:
            wrong.append(f"{job['job']}: pg_cron is SILENT, left to {job['by']}")
    count = len(status["jobs"])
    # A database of the release before does not say it.
    not_yet = [
        job["job"] for job in status["jobs"] if not job.get("done_at", job["last_at"])
    ]
    if wrong or not not_yet:
        return "; ".join(wrong) or f"all {count} are done"
    done = f"{count - len(not_yet)} of {count} are done"
    return f"{done}; not yet since the first deploy: {', '.join(not_yet)}"


def _alerts(status: Status, now: datetime) -> str:
    found = status["alerts"]
    if not found:
        return "none is open"
    # Each kind has one line, however many there are, so that none hides another.
    told: dict[str, list[Status]] = {}
    for one in found:
        told.setdefault(one["kind"], []).append(one)
    kinds = [
        f"{kind} {_these(alerts, now)} ({page_of(kind)})"
        for kind, alerts in told.items()
    ]
    return f"{len(found)} open: " + "; ".join(kinds)


def _these(alerts: list[Status], now: datetime) -> str:
    """Return the subjects of one kind of alert, the oldest first."""
    since = _ago(alerts[0]["since"], now)
    if len(alerts) == 1:
        return f"{alerts[0]['subject']} {since}"
    return f"{len(alerts)} times, the oldest {since}"


def _frozen(status: Status, now: datetime) -> str:
    return (
        "; ".join(
            f"{one['count']} {state}, the oldest {_ago(one['oldest'], now)}"
            for state, one in sorted(status["frozen"].items())
        )
        or "no order"
    )


def _workers(status: Status, now: datetime) -> str:
    alive = _alive(status)
    versions = ", ".join(sorted({one["version"] for one in alive}))
    silent = [
        f"{one['worker']} SILENT, last {_ago(one['seen_at'], now)}"
        for one in status["workers"]
        if not one["is_alive"]
    ]
    known = f" ({versions})" if alive else ""
    text = f"{len(alive)} alive{known}, database {status['version']}"
    return "; ".join([text, *silent])


def _tick(status: Status) -> str:
    tick, queue = status["tick"], status["queue"]
    last = (
        f"succeeded {tick['seconds_ago']} s ago"
        if tick and tick["succeeded_at"]
        else "never succeeded"
    )
    return f"{last}; {queue['due']} calls due, the oldest {queue['oldest_seconds']} s"


def _alive(status: Status) -> list[Status]:
    return [one for one in status["workers"] if one["is_alive"]]


def _ago(moment: str | None, now: datetime) -> str:
    return f"{_span(moment, now)} ago" if moment else "at an unknown time"


def _span(moment: str, now: datetime) -> str:
    since = now - datetime.fromisoformat(moment).astimezone(UTC)
    return span(abs(since.total_seconds()))


def span(seconds: float) -> str:
    """Return how long it is, as a person says it."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h"


def _print(console: Console, text: list[str], status: Status, *, as_json: bool) -> None:
    if as_json:
        console.file.write(json.dumps(status) + "\n")
        return
    for line in text:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
