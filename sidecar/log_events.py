"""The names of our log lines: all there are, how bad each is, and what it means.

A line's `event` is one of these names, its other fields are facts. The levels mean:

- ``info``      all is as it should be
- ``warning``   trouble that ends by itself: a provider's 503, a lost connection
- ``error``     a person has to look at it
- ``critical``  the process ends, or a defect

A test reads the source: each name that is logged must be in this list. A line of ours
with another name (other names come only from libraries, in their own words) is marked
``unlisted``.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import structlog


class LogEvent(NamedTuple):
    """One name: the levels it is written at, and what it says."""

    levels: tuple[str, ...]
    meaning: str


_INFO, _WARNING, _ERROR, _CRITICAL = ("info",), ("warning",), ("error",), ("critical",)

EVENTS: dict[str, LogEvent] = {
    # Each call ends in exactly one of these.
    "call.answered": LogEvent(_INFO, "a provider answered: yes, or a definite no"),
    "call.failed": LogEvent(
        _WARNING, "a provider answered 429 or 5xx, or not at all, or nothing readable"
    ),
    "call.unauthorized": LogEvent(_ERROR, "a provider does not take our credentials"),
    "call.stopped": LogEvent(_INFO, "the last check before an order said not to send"),
    "call.not_sent": LogEvent(
        _WARNING, "it could not be built, or not be marked as sent: nothing left"
    ),
    "call.put_back": LogEvent(_INFO, "the worker stops: another one makes the call"),
    "call.unknown_operation": LogEvent(_ERROR, "a newer database asks for more"),
    "call.crashed": LogEvent(_ERROR, "a defect: whether anything left is not known"),
    "mail.failed": LogEvent(_WARNING, "the mail server took nothing: sent later"),
    "courier.started": LogEvent(_INFO, "it delivers messages of these operations"),
    "courier.stopped": LogEvent(_INFO, "what was under way is delivered"),
    # Reports to the engine.
    "report.set_aside": LogEvent(_INFO, "somebody holds the trip: it is tried again"),
    "report.given_up": LogEvent(_WARNING, "its lease runs out, and recovery decides"),
    "report.unreadable": LogEvent(_WARNING, "an answer that jsonb cannot hold"),
    "report.failed": LogEvent(_WARNING, "the database is away: it is reported again"),
    # A worker's life.
    "worker.started": LogEvent(_INFO, "it claims calls"),
    "worker.stopping": LogEvent(_INFO, "it finishes what it has"),
    "worker.stopped": LogEvent(_INFO, "it has reported everything"),
    "claim.failed": LogEvent(_WARNING, "the database is away"),
    "heartbeat.failed": LogEvent(_WARNING, "the database is away"),
    "jobs.scheduled": LogEvent(_INFO, "who does each job has changed"),
    "job.failed": LogEvent(_ERROR, "a job that was done in pg_cron's place failed"),
    "listen.deaf": LogEvent(_WARNING, "no wake-up arrives: work is polled for"),
    # Alerts: sql/README.md, "Invariants and alerts".
    "alert.raised": LogEvent(("warning", "error"), "warning: it was done on purpose"),
    "alert.cleared": LogEvent(_INFO, "it is over"),
    "alerts.unknown": LogEvent(_WARNING, "the database is away"),
    # Flags.
    "flags.mirrored": LogEvent(_INFO, "Postgres has what the source has"),
    "flags.changed": LogEvent(_INFO, "one flag, as the source streamed it"),
    "flags.not_mirrored": LogEvent(_WARNING, "the database is away"),
    "flags.mirroring": LogEvent(_INFO, "this worker is the one that mirrors"),
    "flags.source_not_valid": LogEvent(_WARNING, "it is away, or refuses our key"),
    # Redis, which is a hint.
    "lock.lost": LogEvent(_INFO, "it was held for too long"),
    "redis.down": LogEvent(_WARNING, "sidecars go on with limits of their own"),
    # The endpoint.
    "rpc.failed": LogEvent(_ERROR, "a database error of an entry point"),
    "readyz.down": LogEvent(_WARNING, "the database does not answer"),
    "readyz.not_set_up": LogEvent(_ERROR, "the database lacks what a deploy sets"),
    "readyz.no_room": LogEvent(_ERROR, "the disk, memory or a limit is used up"),
    "readyz.unknown": LogEvent(_WARNING, "the database does not say how things are"),
    "database.lacking": LogEvent(_ERROR, "the database lacks what a deploy sets"),
    "database.superuser": LogEvent(_WARNING, "no rule of the database binds the login"),
    "webhook.not_stored": LogEvent(_WARNING, "the provider sends the event again"),
    "inbox.failed": LogEvent(_WARNING, "the engine applies events within a minute"),
    # Metrics, and what a process tells its supervisor.
    "metrics.failed": LogEvent(_WARNING, "the database is away: it is a metric"),
    "metrics.no_answer": LogEvent(_WARNING, "the database hangs: it is a metric"),
    "alive.not_written": LogEvent(_WARNING, "the health check's file was not touched"),
    # The relay of alerts.
    "relay.started": LogEvent(_INFO, "it watches, and these are its channels"),
    "relay.not_told": LogEvent(_WARNING, "a channel is away: it is told later"),
    "relay.channel_crashed": LogEvent(
        _ERROR, "a defect or a wrong setting: told later"
    ),
    "relay.stopped": LogEvent(_INFO, "it tells nobody any more"),
    "relay.database_away": LogEvent(_WARNING, "which is told as an alert soon"),
    "relay.heartbeat_failed": LogEvent(_WARNING, "the dead man's switch is not held"),
    "relay.memory_not_written": LogEvent(_WARNING, "a restart tells all once more"),
    "relay.memory_unreadable": LogEvent(_WARNING, "all that is open is told once more"),
    # Traces.
    "traces.exported": LogEvent(_INFO, "spans leave again"),
    "traces.not_exported": LogEvent(_WARNING, "the endpoint or the database is away"),
    # Defects.
    "thread.died": LogEvent(_CRITICAL, "a thread ended: so does its process"),
    "thread.uncaught": LogEvent(_CRITICAL, "a defect ended a thread"),
    "uncaught": LogEvent(_CRITICAL, "a defect ended the process"),
}


def mark_unlisted(
    _logger: Any, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Mark a line of ours whose name is not in the list."""
    if event.get("event") not in EVENTS:
        event["unlisted"] = True
    return event
