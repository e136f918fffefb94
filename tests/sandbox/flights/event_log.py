"""Webhook events: what happened and when, whether or not anyone was told.

An event may be entered ahead of its time: it is there once the sandbox's clock says so.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

from starlette.datastructures import QueryParams

from tests.sandbox.control import SandboxClock
from tests.sandbox.flights.errors import Problems, refusal
from tests.sandbox.flights.gateway import Call, Reply
from tests.sandbox.flights.ids import (
    IdFactory,
    fixed_id,
    parse_timestamp,
    timestamp,
)
from tests.sandbox.flights.paging import page
from tests.sandbox.persistence import Rows, Tables

Event = dict[str, Any]


class EventLog:
    """Every event, in order of entry; `undelivered` is the courier's work.

    `on_added` is called after each.
    """

    def __init__(
        self, *, clock: SandboxClock, lock: threading.RLock, ids: IdFactory
    ) -> None:
        self._clock = clock
        self._lock = lock
        self._ids = ids
        self._events: Rows[Event] = Rows()
        self.undelivered: Rows[bool] = Rows()  # the keys say it, in order
        self.on_added: Callable[[], None] = lambda: None

    def add(
        self,
        kind: str,
        content: dict[str, Any],
        *,
        key: str,
        at: datetime | None = None,
        deliver: bool = True,
    ) -> Event:
        """Enter an event about `content`; `key` names what happened to what."""
        with self._lock:
            event: Event = {
                "id": self._ids.new("wev"),
                "api_version": "v2",
                "type": kind,
                "data": {"object": content},
                "live_mode": False,
                "idempotency_key": key,
                "created_at": timestamp(at or self._clock.now()),
                "identity_organisation_id": fixed_id("org", "sandbox"),
            }
            self._events[event["id"]] = event
            if deliver:
                self.undelivered[event["id"]] = True
        self.on_added()
        return event

    def entered(self, event_id: str) -> Event:
        """Return an event, also one that is still to come."""
        return self._events[event_id]

    def get(self, event_id: str) -> Event:
        """Return an event that has happened; raise not_found."""
        event = self._events.get(event_id)
        if event is None or self.moment(event) > self._clock.now():
            raise refusal("not_found")
        return event

    @staticmethod
    def moment(event: Event) -> datetime:
        """Return when an event happens or happened."""
        return parse_timestamp(event["created_at"])

    def show(self, call: Call) -> Reply:
        """``GET /air/webhooks/events/{id}``"""
        with self._lock:
            return Reply(self.get(call.path["id"]))

    def list_all(self, call: Call) -> Reply:
        """``GET /air/webhooks/events``, newest first."""
        with self._lock:
            found = [
                event
                for event in self._events.values()
                if self.moment(event) <= self._clock.now()
            ]
        found.sort(key=self.moment, reverse=True)
        return listing(found, call.query, kind="events")

    def describe(self) -> dict[str, Any]:
        """Return every event, those still to come included, for the state."""
        return {
            "events": list(self._events.values()),
            "undelivered": list(self.undelivered),
        }

    @property
    def tables(self) -> Tables:
        """Everything, for the files."""
        return {"events": self._events, "undelivered": self.undelivered}


def listing(rows: list[Event], query: QueryParams, *, kind: str) -> Reply:
    """Return a page of events or deliveries, by `type` and `created_at[..]`."""
    problems = Problems()
    if "type" in query:
        rows = [row for row in rows if row["type"] == query["type"]]
    for edge in ("after", "before"):
        name = f"created_at[{edge}]"
        if name not in query:
            continue
        try:
            # A "+" of an unescaped offset arrives as a blank.
            limit = parse_timestamp(query[name].replace(" ", "+"))
        except ValueError:
            problems.add("validation_format", name, "must be a datetime")
            continue
        rows = [
            row
            for row in rows
            if (parse_timestamp(row["created_at"]) > limit) == (edge == "after")
        ]
    problems.raise_if_any()
    chosen, meta = page(rows, kind=kind, query=query, id_of=lambda row: str(row["id"]))
    return Reply(chosen, meta=meta)
