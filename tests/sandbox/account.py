"""A sandbox account with the real client of it, and a receiver of its webhooks."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests

from sidecar.flights import Flights
from sidecar.providers import Answer
from tests.factories import in_days
from tests.sandbox.flights import FlightsSandbox
from tests.sandbox.flights.outcomes import OrderOutcome
from tests.sandbox.server import running_in_thread

TOKEN = "duffel_test_not-for-any-log"
LONG_AGO = "2020-01-01T00:00:00Z"
TRAVELLER = {
    "title": "ms",
    "gender": "f",
    "given_name": "Amelia",
    "family_name": "Earhart",
    "born_on": "1987-07-24",
    "email": "amelia@example.com",
    "phone_number": "+442080160508",
}


class Account:
    """One Duffel account: `client` is ours, `sandbox` the truth beside it."""

    def __init__(self, url: str, sandbox: FlightsSandbox) -> None:
        self.url = url
        self.sandbox = sandbox
        self.client = Flights(url, TOKEN)

    def ask(self, method: str, path: str, data: Any = None, **query: Any) -> Any:
        """Make a request that the client has no word for."""
        return requests.request(
            method,
            self.url + path,
            params=query,
            json=None if data is None else {"data": data},
            headers={
                "Authorization": f"Bearer {TOKEN}",
                "Duffel-Version": "v2",
                "Accept": "application/json",
            },
            timeout=20,
        )

    def control(self, path: str, body: dict[str, Any]) -> requests.Response:
        """Use a control route."""
        return requests.post(f"{self.url}/__sandbox/{path}", json=body, timeout=20)

    def asked(self, line: str) -> int:
        """Return how often one route was asked for."""
        return int(self.sandbox.faults.describe()["requests"].get(line, 0))

    def offer(self, route: str = "LHR-JFK") -> dict[str, Any]:
        """Search a route for one adult; return an offer that asks for no document."""
        origin, destination = route.split("-")
        day = str(in_days(40))
        leg = {"origin": origin, "destination": destination, "departure_date": day}
        wish = {"slices": [leg], "passengers": [{"type": "adult"}]}
        offers = self.client.search(wish, "search").body["offers"]
        found: dict[str, Any] = next(
            one for one in offers if not one["passenger_identity_documents_required"]
        )
        return found

    def order(self, offer: dict[str, Any], attempt: str = "a-1") -> Answer:
        """Order an offer through the client."""
        return self.client.create_order(order_for(offer, attempt), attempt)

    def booked(self, route: str = "LHR-JFK", attempt: str = "a-1") -> dict[str, Any]:
        """Order something on the route; return the order as the client has it."""
        answer = self.order(self.offer(route), attempt)
        assert answer.http_status == 201, answer
        found: dict[str, Any] = answer.body["data"]
        return found

    def arm(self, **outcome: Any) -> None:
        """Decide how the next order ends."""
        self.sandbox.arm_outcome(OrderOutcome(**outcome))

    def truth(self) -> dict[str, Any]:
        """Return the sandbox's own books."""
        return self.sandbox.state()


def order_for(offer: dict[str, Any], attempt: str) -> dict[str, Any]:
    """Return the request for an order of `offer`, paid from the balance."""
    return {
        "type": "instant",
        "selected_offers": [offer["id"]],
        "passengers": [{**TRAVELLER, "id": offer["passengers"][0]["id"]}],
        "payments": [
            {
                "type": "balance",
                "amount": offer["total_amount"],
                "currency": offer["total_currency"],
            }
        ],
        "metadata": {"attempt_id": attempt},
    }


@contextmanager
def open_account(**sandbox: Any) -> Iterator[Account]:
    """Serve a sandbox for the block."""
    served = FlightsSandbox(**sandbox)
    with running_in_thread(served.app) as url:
        try:
            yield Account(url, served)
        finally:
            served.faults.clear()
            served.close()


class Receiver:
    """Answers webhooks with `statuses`, one after the other, then with 200."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.statuses: list[int] = []
        self.bodies: list[bytes] = []
        self.signatures: list[str | None] = []

    @property
    def events(self) -> list[dict[str, Any]]:
        """Every event received, in order."""
        return [json.loads(body) for body in self.bodies]

    @property
    def types(self) -> list[str]:
        """Every type received, in order."""
        return [event["type"] for event in self.events]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Listen on loopback for the block."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with lock:
                receiver.signatures.append(self.headers["X-Duffel-Signature"])
                receiver.bodies.append(body)
                status = receiver.statuses.pop(0) if receiver.statuses else 200
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver = Receiver(f"http://127.0.0.1:{server.server_address[1]}/duffel")
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
