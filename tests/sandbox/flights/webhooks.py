"""Webhook management: at most one webhook, whose secret is shown once."""

from __future__ import annotations

import base64
import secrets
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from sidecar.setting_types import is_loopback
from tests.sandbox.control import SandboxClock
from tests.sandbox.flights.courier import Courier
from tests.sandbox.flights.errors import Problems, refusal
from tests.sandbox.flights.event_log import EventLog, listing
from tests.sandbox.flights.gateway import Call, Reply
from tests.sandbox.flights.ids import IdFactory, timestamp
from tests.sandbox.persistence import Tables

EVENT_TYPES = (
    "order.created",
    "order.creation_failed",
    "order.updated",
    "order.airline_initiated_change_detected",
    "order_cancellation.created",
    "order_cancellation.confirmed",
    "payment.created",
    "air.order.changed",
    "air.payment.pending",
    "air.payment.succeeded",
    "air.payment.failed",
    "air.payment.cancelled",
    "air.airline_credit.created",
    "air.airline_credit.spent",
    "air.airline_credit.invalidated",
    "ping.triggered",
)


class Webhooks:
    """The webhook of test mode, its events and their deliveries."""

    def __init__(
        self,
        *,
        clock: SandboxClock,
        lock: threading.RLock,
        ids: IdFactory,
        log: EventLog,
        save: Callable[[], None],
    ) -> None:
        self._clock = clock
        self._lock = lock
        self._ids = ids
        self._log = log
        self._endpoint: dict[str, Any] | None = None
        self.courier = Courier(
            clock=clock,
            lock=lock,
            ids=ids,
            log=log,
            endpoint=lambda: self._endpoint,
            save=save,
        )
        log.on_added = self.courier.start

    def create(self, call: Call) -> Reply:
        """``POST /air/webhooks``: the only answer that has the secret."""
        _check(call.data, {"url", "events"})
        with self._lock:
            if self._endpoint is not None:
                problems = Problems()
                problems.add("validation_unique", "live_mode", "has already been taken")
                problems.raise_if_any()
            now = timestamp(self._clock.now())
            self._endpoint = {
                "id": self._ids.new("end"),
                "live_mode": False,
                "active": True,
                "url": call.data["url"],
                "events": call.data["events"],
                "created_at": now,
                "updated_at": now,
                "secret": base64.b64encode(secrets.token_bytes(24)).decode(),
            }
            return Reply(dict(self._endpoint), 201)

    def register(self, url: str, secret: str) -> None:
        """Send everything to `url`, as if set up by hand, with a known secret."""
        now = timestamp(self._clock.now())
        with self._lock:
            self._endpoint = {
                "id": self._ids.new("end"),
                "live_mode": False,
                "active": True,
                "url": url,
                "events": list(EVENT_TYPES),
                "created_at": now,
                "updated_at": now,
                "secret": secret,
            }

    def show(self, call: Call) -> Reply:
        """``GET /air/webhooks/{id}``"""
        with self._lock:
            return Reply(_public(self._get(call)))

    def list_all(self, call: Call) -> Reply:
        """``GET /air/webhooks``"""
        with self._lock:
            found = [_public(self._endpoint)] if self._endpoint else []
        return Reply(found, meta={"limit": 50, "before": None, "after": None})

    def update(self, call: Call) -> Reply:
        """``PATCH /air/webhooks/{id}``: active, url, events."""
        _check(call.data, set())
        with self._lock:
            endpoint = self._get(call)
            for name in ("active", "url", "events"):
                if name in call.data:
                    endpoint[name] = call.data[name]
            endpoint["updated_at"] = timestamp(self._clock.now())
            return Reply(_public(endpoint))

    def delete(self, call: Call) -> Reply:
        """``DELETE /air/webhooks/{id}``"""
        with self._lock:
            self._get(call)
            self._endpoint = None
        return Reply(None, 204, empty=True)

    def ping(self, call: Call) -> Reply:
        """``POST /air/webhooks/{id}/actions/ping``: waits for the receiver."""
        with self._lock:
            endpoint = dict(self._get(call))
            event = self._log.add(
                "ping.triggered", {}, key=endpoint["id"], deliver=False
            )
        if not self.courier.deliver(event, endpoint):
            raise refusal("webhook_client_error")
        return Reply(None, 204, empty=True)

    def redeliver(self, call: Call) -> Reply:
        """``POST /air/webhooks/events/{id}/actions/redeliver``"""
        with self._lock:
            self.courier.send_again(self._log.get(call.path["id"]))
        return Reply(None, 204, empty=True)

    def show_delivery(self, call: Call) -> Reply:
        """``GET /air/webhooks/deliveries/{id}``"""
        with self._lock:
            for one in self.courier.deliveries.values():
                if one["id"] == call.path["id"]:
                    return Reply(one)
        raise refusal("not_found")

    def list_deliveries(self, call: Call) -> Reply:
        """``GET /air/webhooks/deliveries``, newest first."""
        with self._lock:
            found = list(reversed(list(self.courier.deliveries.values())))
        if "endpoint_id" in call.query:
            found = [
                one for one in found if one["endpoint_id"] == call.query["endpoint_id"]
            ]
        return listing(found, call.query, kind="deliveries")

    def _get(self, call: Call) -> dict[str, Any]:
        if self._endpoint is None or self._endpoint["id"] != call.path["id"]:
            raise refusal("not_found")
        return self._endpoint

    @property
    def tables(self) -> Tables:
        """Every delivery made, for the files."""
        return {"deliveries": self.courier.deliveries}

    @property
    def endpoint(self) -> dict[str, Any] | None:
        """The webhook with its secret, for the files; None when there is none."""
        return self._endpoint

    def restored(self, endpoint: dict[str, Any] | None) -> None:
        """Take up the webhook, and what is undelivered."""
        self._endpoint = endpoint
        self.courier.start()


def _public(endpoint: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in endpoint.items() if name != "secret"}


def _check(data: dict[str, Any], required: set[str]) -> None:
    problems = Problems()
    for name in sorted(required - data.keys()):
        problems.required(name)
    if "url" in data and not _is_url(data["url"]):
        problems.add("validation_format", "url", "must be an https URL")
    events = data.get("events", ["order.created"])
    if not isinstance(events, list) or not events:
        problems.add("validation_type", "events", "must be a list of event types")
    elif not set(map(str, events)) <= set(EVENT_TYPES):
        problems.add("validation_inclusion", "events", "has an unknown event type")
    if not isinstance(data.get("active", True), bool):
        problems.add("validation_type", "active", "must be a boolean")
    problems.raise_if_any()


def _is_url(url: Any) -> bool:
    """Https, as at Duffel; and http on this machine, which is the sandbox's own."""
    if not isinstance(url, str) or not urlsplit(url).hostname:
        return False
    scheme = urlsplit(url).scheme
    return scheme == "https" or (scheme == "http" and is_loopback(url))
