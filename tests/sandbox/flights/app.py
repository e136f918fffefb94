"""The flights sandbox as an ASGI application, and its controls."""

from __future__ import annotations

import threading
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Route
from starlette.types import ASGIApp

from tests.sandbox.control import (
    FaultMiddleware,
    Faults,
    SandboxClock,
    control_routes,
)
from tests.sandbox.flights.airline_changes import AirlineChanges
from tests.sandbox.flights.cancellations import Cancellations, Terms
from tests.sandbox.flights.carriers import ALL_CARRIERS, carrier_json
from tests.sandbox.flights.controls import flight_control_routes
from tests.sandbox.flights.courier import Switches
from tests.sandbox.flights.dice import Dice
from tests.sandbox.flights.event_log import EventLog
from tests.sandbox.flights.gateway import Call, Gateway, Reply
from tests.sandbox.flights.ids import IdFactory
from tests.sandbox.flights.ledger import Ledger
from tests.sandbox.flights.market import Market
from tests.sandbox.flights.order_book import OrderBook
from tests.sandbox.flights.order_list import OrderList
from tests.sandbox.flights.orders import Orders
from tests.sandbox.flights.outcomes import OrderOutcome, OrderOutcomes
from tests.sandbox.flights.paging import page
from tests.sandbox.flights.received import ReceivedOrders
from tests.sandbox.flights.recordings import Recordings
from tests.sandbox.flights.searches import Searches
from tests.sandbox.flights.webhooks import Webhooks
from tests.sandbox.persistence import Rows, SandboxState, Tables


class FlightsSandbox:
    """A local Duffel: state in memory, safe to call from several threads.

    `recordings` is a directory of recorded searches, served on exactly their
    routes; every other route is generated from `seed`. Controls exist both as
    methods and as ``POST /__sandbox/...`` routes. With `kept`, orders and all that
    hangs on them outlive the process; searches and offers do not.
    """

    def __init__(
        self,
        *,
        recordings: Path | None = None,
        clock: SandboxClock | None = None,
        seed: int = 0,
        kept: SandboxState | None = None,
    ) -> None:
        self.clock = clock or SandboxClock()
        self.faults = Faults()
        self._lock = threading.RLock()
        self._kept = kept
        self._market = Market()
        self._ledger = Ledger()
        self._book = OrderBook(self.clock)
        self._outcomes = OrderOutcomes()
        shared: dict[str, Any] = {
            "clock": self.clock,
            "lock": self._lock,
            "ids": IdFactory(),
        }
        self._recordings = Recordings(recordings, shared["ids"])
        self._searches = Searches(
            **shared,
            dice=Dice(seed),
            recordings=self._recordings,
            market=self._market,
        )
        self._events = EventLog(**shared)
        self._webhooks = Webhooks(**shared, log=self._events, save=self._save)
        self._orders = Orders(
            **shared,
            searches=self._searches,
            market=self._market,
            ledger=self._ledger,
            book=self._book,
            outcomes=self._outcomes,
            events=self._events,
        )
        self._order_list = OrderList(self._lock, self._book)
        shared |= {"book": self._book, "ledger": self._ledger, "events": self._events}
        self._cancellations = Cancellations(**shared)
        self._airline_changes = AirlineChanges(**shared)
        self._gateway = Gateway(self.clock, saved=self._save)
        self._values: Rows[Any] = Rows()
        self._tables: Tables = {
            **self._book.tables,
            **self._ledger.tables,
            **self._cancellations.tables,
            **self._airline_changes.tables,
            **self._events.tables,
            **self._webhooks.tables,
            "values": self._values,
        }
        self._restore()
        self._received = ReceivedOrders(self._build(), self.clock)
        self.app: ASGIApp = self._received

    def close(self) -> None:
        """Deliver no more webhooks; everything else needs no end."""
        self._webhooks.courier.close()

    def state(self) -> dict[str, Any]:
        """Return the sandbox's own truth, ready for JSON.

        `order_requests` is what arrived, `order_attempts` what was executed of it.
        """
        with self._lock:
            return {
                **self._book.describe(),
                **self._market.describe(),
                "order_requests": list(self._received.requests),
                "cancellations": self._cancellations.describe(),
                **self._events.describe(),
                "deliveries": list(self._webhooks.courier.deliveries.values()),
                "ledger": self._ledger.describe(),
                "searches": self._searches.count,
                "offer_reads": self._searches.offer_reads,
                "recorded_routes": self._recordings.routes,
            }

    def set_fare_factor(self, origin: str, destination: str, factor: Decimal) -> None:
        """Scale fares of trips whose first slice is this route; 1 resets."""
        with self._lock:
            self._market.set_factor(origin, destination, factor)

    def vanish(self, origin: str, destination: str, times: int = 1) -> None:
        """Let the next `times` offer reads on the route find the offer sold out."""
        with self._lock:
            self._market.set_vanish(origin, destination, times)

    def set_balance(self, currency: str, amount: Decimal) -> None:
        """Set what the balance holds in `currency`."""
        with self._lock:
            self._ledger.set_balance(currency, amount)
            self._save()

    def set_orders_visibility(self, seconds: float) -> None:
        """Hide orders created from now on for so many sandbox seconds."""
        with self._lock:
            self._orders.hidden_seconds = seconds

    def set_list_filter(self, *, ignore: bool) -> None:
        """Let the order list ignore its filters, or apply them again."""
        self._order_list.ignores_filters = ignore

    def set_rate_limits(
        self, *, search: int | None = None, general: int | None = None
    ) -> None:
        """Set requests per 60 s for searches and for everything else."""
        if search is not None:
            self._gateway.search_limit.limit = search
        if general is not None:
            self._gateway.general_limit.limit = general

    def arm_outcome(self, outcome: OrderOutcome) -> None:
        """Decide how a coming order that passes every check will end."""
        with self._lock:
            self._outcomes.arm(outcome)

    def clear_outcomes(self) -> None:
        """Let orders end in the plain way again."""
        with self._lock:
            self._outcomes.clear()

    def register_webhook(self, url: str, secret: str) -> None:
        """Send every event to `url` (loopback), signed with `secret`."""
        self._webhooks.register(url, secret)

    def set_deliveries(self, switches: Switches) -> None:
        """Decide what happens to webhook deliveries from now on."""
        self._webhooks.courier.switches = switches

    def set_cancellations(self, terms: Terms) -> None:
        """Decide what cancellation quotes offer from now on."""
        with self._lock:
            self._cancellations.terms = terms

    def airline_moves(
        self, order_id: str, minutes: int, *, silent: bool = False
    ) -> str:
        """Let the airline move an order's flights; return the change's id."""
        with self._lock:
            change = self._airline_changes.move(
                order_id, minutes=minutes, silent=silent
            )
            self._save()
        return change

    def airline_drops(self, order_id: str) -> str:
        """Let the airline drop an order's flights; return the change's id."""
        with self._lock:
            change = self._airline_changes.drop(order_id)
            self._save()
        return change

    def airline_cancels(self, order_id: str, *, refund: Decimal | None = None) -> None:
        """Let the airline cancel an order and give back `refund`, or everything."""
        with self._lock:
            self._airline_changes.cancel(order_id, refund=refund)
            self._save()

    def set_order_actions(self, order_id: str, actions: list[str]) -> None:
        """Set what can be done with an order now: cancel, change, update."""
        with self._lock:
            self._book.get(order_id).body["available_actions"] = list(actions)
            self._save()

    def _save(self) -> None:
        if self._kept is None:
            return
        with self._lock:
            self._values["advanced"] = self.clock.advanced_seconds
            self._values["endpoint"] = self._webhooks.endpoint
            self._kept.save(self._tables)

    def _restore(self) -> None:
        if self._kept is None:
            return
        with self._lock:
            kept = self._kept.load() or {}
            for name, rows in self._tables.items():
                rows.restore(kept.get(name, {}))
            self.clock.advance(self._values.get("advanced", 0.0))
            self._book.restored()
            self._kept.save(self._tables)
            self._webhooks.restored(self._values.get("endpoint"))

    def _build(self) -> ASGIApp:
        wrap = self._gateway.endpoint

        def get(path: str, handler: Callable[[Call], Reply]) -> Route:
            return Route(path, wrap(handler), methods=["GET"])

        def write(method: str, path: str, handler: Callable[[Call], Reply]) -> Route:
            endpoint = wrap(handler, saves=True, takes_data=True)
            return Route(path, endpoint, methods=[method])

        def act(
            path: str, handler: Callable[[Call], Reply], method: str = "POST"
        ) -> Route:
            return Route(path, wrap(handler, saves=True), methods=[method])

        search = wrap(self._searches.create, search=True, takes_data=True)
        cancellations = "/air/order_cancellations"
        changes = "/air/airline_initiated_changes"
        events, deliveries = "/air/webhooks/events", "/air/webhooks/deliveries"
        hook = "/air/webhooks/{id}"
        routes = [
            get("/air/airlines", _airlines),
            Route("/air/offer_requests", search, methods=["POST"]),
            get("/air/offer_requests/{id}", self._searches.show),
            get("/air/offers", self._searches.list_offers),
            get("/air/offers/{id}", self._searches.show_offer),
            write("POST", "/air/orders", self._orders.create),
            get("/air/orders", self._order_list.show),
            get("/air/orders/{id}", self._orders.show),
            write("PATCH", "/air/orders/{id}", self._orders.update),
            write("POST", cancellations, self._cancellations.create),
            get(cancellations, self._cancellations.list_all),
            get(cancellations + "/{id}", self._cancellations.show),
            act(cancellations + "/{id}/actions/confirm", self._cancellations.confirm),
            # A read that may write: on one test route it makes a change.
            act(changes, self._airline_changes.list_all, "GET"),
            write("PATCH", changes + "/{id}", self._airline_changes.update),
            act(changes + "/{id}/actions/accept", self._airline_changes.accept),
            get(events, self._events.list_all),
            get(events + "/{id}", self._events.show),
            act(events + "/{id}/actions/redeliver", self._webhooks.redeliver),
            get(deliveries, self._webhooks.list_deliveries),
            get(deliveries + "/{id}", self._webhooks.show_delivery),
            write("POST", "/air/webhooks", self._webhooks.create),
            get("/air/webhooks", self._webhooks.list_all),
            get(hook, self._webhooks.show),
            write("PATCH", hook, self._webhooks.update),
            act(hook, self._webhooks.delete, "DELETE"),
            act(hook + "/actions/ping", self._webhooks.ping),
            *flight_control_routes(self),
            *control_routes(clock=self.clock, faults=self.faults, state=self.state),
        ]
        unknown = self._gateway.unknown_route
        app = Starlette(
            routes=routes,
            exception_handlers={404: unknown, 405: unknown},
        )
        # Outside of everything: a fault must reach the server's own connection.
        return FaultMiddleware(GZipMiddleware(app, compresslevel=5), self.faults)


def _airlines(call: Call) -> Reply:
    """``GET /air/airlines``"""
    rows = sorted(
        (carrier_json(carrier) for carrier in ALL_CARRIERS), key=lambda row: row["name"]
    )
    chosen, meta = page(
        rows, kind="airlines", query=call.query, id_of=lambda row: str(row["id"])
    )
    return Reply(chosen, meta=meta)
