"""The thread that delivers events, one after the other, over real HTTP."""

from __future__ import annotations

import json
import threading
import time
import traceback
from dataclasses import dataclass

import requests

from tests.sandbox.payments import events
from tests.sandbox.payments.due import catch_up
from tests.sandbox.payments.signatures import sign
from tests.sandbox.payments.store import World
from tests.sandbox.payments.webhooks import Delivery

_TIMEOUT = (3.05, 10.0)  # seconds to connect, to read
_TICK_SECONDS = 0.1  # how soon a moved clock is noticed
_NOBODYS_SECRET = "whsec_nobodys"


@dataclass(frozen=True, slots=True)
class _Letter:
    url: str
    body: bytes
    headers: dict[str, str]


class Courier:
    """Runs while there is a destination; `close` ends it.

    It also lets holds lapse and refunds settle, which clients then hear of without
    asking.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._thread: threading.Thread | None = None
        self._wake = threading.Event()
        self._closed = False
        world.webhooks.notify = self.wake

    def wake(self) -> None:
        """Look for work at once."""
        with self._world.lock:
            wanted = bool(self._world.webhooks.destinations) and not self._closed
            if wanted and self._thread is None:
                self._thread = threading.Thread(target=self._run, daemon=True)
                self._thread.start()
        self._wake.set()

    def close(self) -> None:
        """Deliver nothing more; wait for the try being made."""
        with self._world.lock:
            self._closed = True
            thread = self._thread
        self._wake.set()
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        with requests.Session() as session:
            session.trust_env = False
            while True:
                with self._world.lock:
                    if self._closed or not self._world.webhooks.destinations:
                        self._thread = None
                        return
                try:
                    idle = not self._deliver_one(session)
                except Exception:  # noqa: BLE001 - reported through state()
                    with self._world.lock:
                        self._world.defects.append(traceback.format_exc())
                    idle = True
                if idle:
                    self._wake.wait(_TICK_SECONDS)
                    self._wake.clear()

    def _deliver_one(self, session: requests.Session) -> bool:
        world = self._world
        with world.changing():
            catch_up(world)
            one = world.webhooks.next_due(world.time())
            if one is None:
                return False
            letter = self._write(one)
        try:
            answer = session.post(
                letter.url,
                data=letter.body,
                headers=letter.headers,
                timeout=_TIMEOUT,
                allow_redirects=False,
            )
            status = answer.status_code
        except requests.RequestException:
            status = None
        with world.changing():
            world.webhooks.settle(one, status, now=world.time())
            world.touched = True
            if one.event in world.objects["event"]:
                event = world.get("event", one.event)
                event["pending_webhooks"] = world.webhooks.waiting(one.event)
        return True

    def _write(self, one: Delivery) -> _Letter:
        world = self._world
        destination = world.webhooks.destinations[one.destination]
        event = world.get("event", one.event)
        content = events.notification(event) if destination.thin else dict(event)
        twist = None if one.statuses else one.twist
        if twist == "wrong_livemode":
            content["livemode"] = not content["livemode"]
        body = json.dumps(content, indent=2).encode()
        # The receiver's clock is the real one, and not ours to move.
        timestamp = int(time.time())
        if twist == "future_signature":
            timestamp += int(one.shift)
        elif twist == "old_signature":
            timestamp -= int(one.shift)
        secrets = destination.secrets_at(world.time())
        if twist == "bad_signature":
            secrets = [_NOBODYS_SECRET]
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
            "Stripe-Signature": sign(body, secrets, timestamp=timestamp),
        }
        if twist == "no_signature":
            del headers["Stripe-Signature"]
        if twist == "altered_body":
            body += b" "
        return _Letter(destination.url, body, headers)
