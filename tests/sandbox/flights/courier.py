"""Delivers webhook events: at least once, in no promised order, for up to 72 hours.

A thread of its own runs while anything is undelivered. Retries wait by the sandbox's
clock; the signature's time is the machine's, for a receiver compares it with its own.
What goes wrong on the way is set through ``POST /__sandbox/webhooks``.
"""

from __future__ import annotations

import fnmatch
import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, get_args

import requests

from tests.sandbox.control import SandboxClock
from tests.sandbox.flights.event_log import Event, EventLog
from tests.sandbox.flights.ids import IdFactory, parse_timestamp, timestamp
from tests.sandbox.flights.signatures import Signature, signature_header
from tests.sandbox.persistence import Rows

_PATIENCE = timedelta(hours=72)
_FIRST_PAUSE = timedelta(seconds=10)
_LONGEST_PAUSE = timedelta(hours=6)
_TIMEOUT_SECONDS = 10
_TICK_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Switches:
    """What happens to deliveries from now on."""

    paused: bool = False  # nothing is sent until this is off again
    newest_first: bool = False  # of those that are due together
    delay_seconds: float = 0.0  # sandbox time between an event and its delivery
    copies: int = 1  # sent at the same time
    drop: list[str] = field(default_factory=list)  # patterns of types never sent
    signature: Signature = "v1"
    live_mode: bool = False  # what the body says

    def __post_init__(self) -> None:
        """Raise ValueError for what cannot be."""
        if self.signature not in get_args(Signature) or self.copies < 1:
            raise ValueError(f"not possible: {self}")


@dataclass(slots=True)
class _Parcel:
    event: Event
    due_at: datetime
    tries: int = 0
    wanted: bool = False  # asked for again: neither switches nor age stop it


class Courier:
    """Sends events to the webhook that `endpoint` returns, and keeps a record."""

    def __init__(
        self,
        *,
        clock: SandboxClock,
        lock: threading.RLock,
        ids: IdFactory,
        log: EventLog,
        endpoint: Callable[[], dict[str, Any] | None],
        save: Callable[[], None],
    ) -> None:
        self._clock = clock
        self._lock = lock
        self._ids = ids
        self._log = log
        self._endpoint = endpoint
        self._save = save
        self._parcels: dict[str, _Parcel] = {}
        self._thread: threading.Thread | None = None
        self._closed = threading.Event()
        self.deliveries: Rows[dict[str, Any]] = Rows()
        self.switches = Switches()

    def close(self) -> None:
        """Stop delivering, for good; waits for a delivery that is on its way."""
        self._closed.set()
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def start(self) -> None:
        """Make sure that somebody delivers, if there is somewhere to deliver to."""
        with self._lock:
            if self._thread is None and not self._closed.is_set() and self._endpoint():
                self._thread = threading.Thread(target=self._run, daemon=True)
                self._thread.start()

    def send_again(self, event: Event) -> None:
        """Deliver an event once more, and at once."""
        with self._lock:
            self._parcels[event["id"]] = _Parcel(event, self._clock.now(), wanted=True)
        self.start()

    def _run(self) -> None:
        while not self._closed.is_set():
            with self._lock:
                self._collect()
                if not self._parcels:
                    self._thread = None
                    return
                due = self._due()
            if not due:
                self._closed.wait(_TICK_SECONDS)
                continue
            # What a receiver hears of must still be so after a restart.
            self._save()
            for parcel in due:
                self._handle(parcel)
            self._save()

    def _collect(self) -> None:
        delay = timedelta(seconds=self.switches.delay_seconds)
        for event_id in self._log.undelivered:
            if event_id not in self._parcels:
                event = self._log.entered(event_id)
                self._parcels[event_id] = _Parcel(
                    event, self._log.moment(event) + delay
                )

    def _due(self) -> list[_Parcel]:
        if self.switches.paused:
            return []
        now = self._clock.now()
        due = [parcel for parcel in self._parcels.values() if parcel.due_at <= now]
        due.sort(
            key=lambda parcel: self._log.moment(parcel.event),
            reverse=self.switches.newest_first,
        )
        return due

    def _handle(self, parcel: _Parcel) -> None:
        with self._lock:
            endpoint = self._endpoint()
            wanted = endpoint is not None and self._is_wanted(parcel, endpoint)
        if endpoint is None or not wanted:
            self._settle(parcel)
            return
        sent_at = self._clock.now()
        if self.deliver(parcel.event, endpoint):
            self._settle(parcel)
            return
        with self._lock:
            parcel.tries += 1
            pause = min(_FIRST_PAUSE * 2 ** (parcel.tries - 1), _LONGEST_PAUSE)
            parcel.due_at = sent_at + pause
            if parcel.due_at > self._log.moment(parcel.event) + _PATIENCE:
                self._settle(parcel)

    def _is_wanted(self, parcel: _Parcel, endpoint: dict[str, Any]) -> bool:
        if parcel.wanted:
            return True
        kind = parcel.event["type"]
        return (
            endpoint["active"]
            and kind in endpoint["events"]
            and self._log.moment(parcel.event)
            >= parse_timestamp(endpoint["created_at"])
            and not any(fnmatch.fnmatchcase(kind, one) for one in self.switches.drop)
        )

    def _settle(self, parcel: _Parcel) -> None:
        event_id = parcel.event["id"]
        with self._lock:
            self._parcels.pop(event_id, None)
            self._log.undelivered.pop(event_id, None)

    def deliver(self, event: Event, endpoint: dict[str, Any]) -> bool:
        """Send an event now; True when the receiver answered with a success."""
        switches = self.switches
        body = json.dumps({**event, "live_mode": switches.live_mode}).encode()
        header = signature_header(
            endpoint["secret"], int(time.time()), body, switches.signature
        )
        headers = {"Content-Type": "application/json"}
        if header is not None:
            headers["X-Duffel-Signature"] = header
        with ThreadPoolExecutor(switches.copies) as pool:
            statuses = list(
                pool.map(
                    lambda _: _post(endpoint["url"], body, headers),
                    range(switches.copies),
                )
            )
        with self._lock:
            for status in statuses:
                self.deliveries.append(
                    {
                        "id": self._ids.new("del"),
                        "live_mode": False,
                        "type": event["type"],
                        "event_id": event["id"],
                        "endpoint_id": endpoint["id"],
                        "url": endpoint["url"],
                        "response_status_code": status,
                        "created_at": timestamp(self._clock.now()),
                    }
                )
        return any(_is_success(status) for status in statuses)


def _post(url: str, body: bytes, headers: dict[str, str]) -> int | None:
    with requests.Session() as session:
        # A proxy from the environment must not stand between two local programs.
        session.trust_env = False
        try:
            answer = session.post(
                url,
                data=body,
                headers=headers,
                timeout=_TIMEOUT_SECONDS,
                allow_redirects=False,
            )
        except (requests.RequestException, ValueError):
            return None  # also a URL that turns out to be none
        return answer.status_code


def _is_success(status: int | None) -> bool:
    return status is not None and 200 <= status < 300
