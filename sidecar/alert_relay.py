"""``python -m sidecar alert-relay``: alerts that do not need the worker which died.

A process of its own, with a login that may see alerts and nothing else. Every few
seconds it asks the database what is open, notices by itself when the database cannot be
reached, and puts one message for everything that came or went into each channel's list.
A message leaves its list when the channel took it: one that fails is told again, later.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import psycopg
import structlog

from sidecar.alert_channels import Channel, Heartbeat, NotTold, build_channels
from sidecar.alert_memory import Memory, Open
from sidecar.alerts import DATABASE_UNREACHABLE, ON_PURPOSE, RUNBOOK, page_of
from sidecar.alive import Alive
from sidecar.config import RelaySettings, revealed
from sidecar.db import Database, describe
from sidecar.errors import EngineError

_log = structlog.get_logger()
# A restart of the server is no news.
_AWAY_SECONDS = 15.0
_BEAT_SECONDS = 60.0
_FIRST_PAUSE, _LONGEST_PAUSE = 5.0, 300.0
_MOST_LINES = 20
Alert = dict[str, Any]


class Unreachable(Exception):
    """The database did not answer; says why."""


class Relay:
    """Tells each channel what came and what went, once."""

    def __init__(
        self,
        look: Callable[[], list[Alert]],
        channels: Iterable[Channel],
        memory: Memory,
        *,
        heartbeat: Heartbeat,
        alive: Alive,
        poll_seconds: float = 5.0,
        repeat_hours: float = 4.0,
        runbook: str = RUNBOOK,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._look = look
        self._channels = list(channels)
        self._memory = memory
        self._heartbeat = heartbeat
        self._alive = alive
        self._poll_seconds = poll_seconds
        self._repeat_seconds = repeat_hours * 3600
        self._runbook = runbook
        self._clock = clock
        self._away_since: float | None = None
        self._pauses: dict[str, float] = {}
        self._next_try: dict[str, float] = {}
        self._next_beat = 0.0

    def run(self, stopping: threading.Event) -> None:
        """Watch until `stopping` is set."""
        _log.info(
            "relay.started", channels=[channel.name for channel in self._channels]
        )
        while not stopping.is_set():
            self.step()
            self._alive.touch()
            stopping.wait(self._poll_seconds)
        _log.info("relay.stopped")

    def step(self) -> None:
        """Look once, and tell what there is to tell."""
        now = self._clock()
        self._note(now)
        told = [self._deliver(channel, now) for channel in self._channels]
        # Who reads the messages has to learn of it when they do not arrive.
        if all(told) and now >= self._next_beat:
            try:
                self._heartbeat.beat()
                self._next_beat = now + _BEAT_SECONDS
            except NotTold as error:
                _log.warning("relay.heartbeat_failed", error=str(error))

    def _note(self, now: float) -> None:
        """Compare what is open with what was, and let the difference wait."""
        known = self._memory.open
        found = self._found(now)
        came = [one for key, one in found.items() if key not in known]
        went = [one for key, one in known.items() if key not in found]
        stay = [
            one
            for key, one in known.items()
            if key in found and now - one.told_at >= self._repeat_seconds
        ]
        for one in came:
            tell = _log.warning if one.kind in ON_PURPOSE else _log.error
            tell(
                "alert.raised",
                kind=one.kind,
                subject=one.subject,
                since=_moment(one.since).isoformat(),
                detail=one.detail,
                page=page_of(one.kind, self._runbook),
            )
        for one in went:
            _log.info("alert.cleared", kind=one.kind, subject=one.subject)
        for one in (*came, *stay):
            one.told_at = now
        # What is open keeps its beginning; only words and numbers may change.
        self._memory.open = {key: known.get(key, one) for key, one in found.items()}
        if not (came or went or stay):
            return
        text = self._text(came, went, stay, now)
        for channel in self._channels:
            self._memory.put(channel.name, text)
        self._memory.save()

    def _found(self, now: float) -> dict[str, Open]:
        """Return what is open; while the database is away, what was, and that it is."""
        try:
            alerts = self._look()
        except Unreachable as error:
            self._away_since = self._away_since or now
            _log.warning("relay.database_away", error=str(error))
            found = dict(self._memory.open)
            key = f"{DATABASE_UNREACHABLE} database"
            if key not in found and now - self._away_since >= _AWAY_SECONDS:
                detail = f"{error}; whatever else is open cannot be told"
                found[key] = Open(
                    DATABASE_UNREACHABLE, "database", self._away_since, detail, now
                )
            return found
        self._away_since = None
        return {
            f"{one['kind']} {one['subject']}": Open(
                one["kind"],
                one["subject"],
                one["since"].timestamp() if one["since"] else now,
                one["detail"] or "",
                now,
            )
            for one in alerts
        }

    def _text(
        self, came: list[Open], went: list[Open], stay: list[Open], now: float
    ) -> str:
        lines = [
            *(self._line("RAISED", one, now) for one in came),
            *(self._line("STILL OPEN", one, now) for one in stay),
            *(self._line("CLEARED", one, now) for one in went),
        ]
        more = len(lines) - _MOST_LINES
        if more > 0:
            lines = [*lines[:_MOST_LINES], f"and {more} more: python -m sidecar status"]
        count = (
            f"{len(came)} raised, {len(went)} cleared, {len(self._memory.open)} open"
        )
        return "\n".join([f"Skylatch: {count}", *lines])

    def _line(self, what: str, one: Open, now: float) -> str:
        since = _moment(one.since).strftime("%Y-%m-%d %H:%M:%S UTC")
        minutes = max(0, round((now - one.since) / 60))
        if what == "CLEARED":
            return f"[{what}] {one.kind} {one.subject} (was open {minutes} min)"
        purpose = " (on purpose)" if one.kind in ON_PURPOSE else ""
        return (
            f"[{what}]{purpose} {one.kind} {one.subject}: {one.detail}; since {since}"
            f" ({minutes} min). What to do: {page_of(one.kind, self._runbook)}"
        )

    def _deliver(self, channel: Channel, now: float) -> bool:
        """Tell one channel what waits for it; False while something still waits."""
        texts = self._memory.waiting.get(channel.name, [])
        if texts and now >= self._next_try.get(channel.name, 0.0):
            try:
                channel.tell("\n\n".join(texts))
            except NotTold as error:
                pause = self._pauses.get(channel.name, _FIRST_PAUSE)
                _log.warning(
                    "relay.not_told",
                    channel=channel.name,
                    error=str(error),
                    again=pause,
                )
                self._next_try[channel.name] = now + pause
                self._pauses[channel.name] = min(pause * 2, _LONGEST_PAUSE)
            else:
                self._pauses.pop(channel.name, None)
                self._next_try.pop(channel.name, None)
                texts.clear()
                self._memory.save()
        return not texts


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


class Watch:
    """Asks the database, and waits for the answer no longer than a few seconds."""

    def __init__(
        self, ask: Callable[[], list[Alert]], *, patience: float = 10.0
    ) -> None:
        self._ask = ask
        self._patience = patience
        # A server that is frozen keeps its question; the next ones are not asked.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="look")
        self._asked: Future[list[Alert]] | None = None

    def look(self) -> list[Alert]:
        """Return the open alerts; raises Unreachable."""
        if self._asked is None:
            self._asked = self._thread.submit(self._ask)
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


def build_relay(settings: RelaySettings, database: Database) -> Relay:
    """Return the relay as it is configured."""
    return Relay(
        Watch(database.watch_alerts).look,
        build_channels(settings),
        Memory.load(settings.alert_memory),
        heartbeat=Heartbeat(revealed(settings.alert_heartbeat_url)),
        alive=Alive(settings.alive_file),
        poll_seconds=settings.alert_poll_seconds,
        repeat_hours=settings.alert_repeat_hours,
        runbook=settings.alert_runbook_url,
    )
