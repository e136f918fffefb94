"""``python -m sidecar alert-relay``: sends alerts though the worker may be dead.

The relay is a process of its own, with a login that may read alerts and nothing else.
Every few seconds it asks the database for the open alerts, and notices by itself when
the database cannot be reached. It puts one message for everything that came or went
into each channel's list. A message leaves the list when the channel took it; a message
that failed is sent again later.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

import structlog

from sidecar.alert_channels import Channel, Heartbeat, Patience, build_channels
from sidecar.alert_memory import Memory, Open
from sidecar.alert_watch import Alert, Unreachable, Watch
from sidecar.alerts import DATABASE_UNREACHABLE, ON_PURPOSE, RUNBOOK, page_of
from sidecar.alive import Alive
from sidecar.config import RelaySettings
from sidecar.db import Database
from sidecar.redaction import one_line, redact
from sidecar.setting_types import revealed

_log = structlog.get_logger()
# A restart of the server is no alert.
_AWAY_SECONDS = 15.0
_BEAT_SECONDS = 60.0
_FIRST_PAUSE, _LONGEST_PAUSE = 5.0, 300.0
_MOST_LINES = 20
# The most characters of an alert's text, and of one message: a chat cuts longer
# messages without a word.
_MOST_DETAIL, _MOST_CHARACTERS = 300, 12_000


class Relay:
    """Tells each channel once what came and what went."""

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
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._look = look
        self._channels = list(channels)
        self._memory = memory
        self._heartbeat = heartbeat
        self._alive = alive
        self._poll_seconds = poll_seconds
        self._repeat_seconds = repeat_hours * 3600
        self._runbook = runbook
        # The wall clock is for people; the clock that is never set measures durations.
        self._clock = clock
        self._steady = steady
        self._away_since: float | None = None
        self._patience = {
            name: Patience(name)
            for name in ("heartbeat", *(channel.name for channel in self._channels))
        }
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
        """Ask the database once, and send what there is to send."""
        self._note(self._clock())
        now = self._steady()
        told = [self._deliver(channel, now) for channel in self._channels]
        # The readers have to learn from elsewhere when messages do not arrive.
        if all(told) and now >= self._next_beat:
            problem = self._patience["heartbeat"].attempt(self._heartbeat.beat)
            if problem is None:
                self._next_beat = now + _BEAT_SECONDS
            else:
                _log.warning("relay.heartbeat_failed", error=str(problem))

    def _note(self, now: float) -> None:
        """Compare the open alerts with the former ones, and list what is to be sent."""
        known = self._memory.open
        found = self._found(now)
        came = [one for key, one in found.items() if key not in known]
        went = [one for key, one in known.items() if key not in found]
        stay = [
            one
            for key, one in known.items()
            # The last message was sent in the future: the clock was set back since.
            if key in found and not 0 <= now - one.told_at < self._repeat_seconds
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
        # An open alert keeps its beginning; only its words and numbers may change.
        self._memory.open = {key: known.get(key, one) for key, one in found.items()}
        if not (came or went or stay):
            return
        text = self._text(came, went, stay, now)
        for channel in self._channels:
            self._memory.put(channel.name, text)
        self._memory.save()

    def _found(self, now: float) -> dict[str, Open]:
        """Return the open alerts.

        While the database is away, these are the former ones and one about the outage.
        """
        try:
            alerts = self._look()
        except Unreachable as error:
            if self._away_since is None:
                self._away_since = self._steady()
            away = self._steady() - self._away_since
            _log.warning("relay.database_away", error=str(error))
            found = dict(self._memory.open)
            key = f"{DATABASE_UNREACHABLE} database"
            if key not in found and away >= _AWAY_SECONDS:
                detail = _line(f"{error}; whatever else is open cannot be told")
                found[key] = Open(
                    DATABASE_UNREACHABLE, "database", now - away, detail, now
                )
            return found
        self._away_since = None
        return {
            f"{one['kind']} {_line(one['subject'])}": Open(
                one["kind"],
                _line(one["subject"]),
                one["since"].timestamp() if one["since"] else now,
                _line(one["detail"] or ""),
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
        """Send one channel's messages; return False while some are still waiting.

        One message at a time is sent, with as many texts as fit: nobody would read what
        a channel cuts off or refuses for its size.
        """
        texts = self._memory.waiting.get(channel.name, [])
        if texts and now >= self._next_try.get(channel.name, 0.0):
            some = _first(texts)
            text = "\n\n".join(some)
            problem = self._patience[channel.name].attempt(lambda: channel.tell(text))
            if problem is not None:
                pause = self._pauses.get(channel.name, _FIRST_PAUSE)
                again = max(pause, problem.wait)
                _log.warning(
                    "relay.not_told",
                    channel=channel.name,
                    error=str(problem),
                    again=again,
                )
                self._next_try[channel.name] = now + again
                self._pauses[channel.name] = min(pause * 2, _LONGEST_PAUSE)
            else:
                self._pauses.pop(channel.name, None)
                self._next_try.pop(channel.name, None)
                del texts[: len(some)]
                self._memory.save()
        return not texts


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _line(text: str) -> str:
    """Return a text as a part of one line that may be sent: short, without secrets."""
    told: str = redact(one_line(text))
    return told if len(told) <= _MOST_DETAIL else told[: _MOST_DETAIL - 1] + "…"


def _first(texts: list[str]) -> list[str]:
    """Return the first text, and as many of the next ones as one message holds."""
    left = _MOST_CHARACTERS
    for count, text in enumerate(texts):
        left -= len(text) + 2
        if left < 0 and count:
            return texts[:count]
    return texts[:]


def build_relay(settings: RelaySettings, database: Database) -> Relay:
    """Return the relay as the settings have it."""
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
