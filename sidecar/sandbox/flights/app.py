"""The flights sandbox as an ASGI application, and its controls."""

from __future__ import annotations

import threading
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from sidecar.sandbox.control import (
    FaultMiddleware,
    Faults,
    SandboxClock,
    control_routes,
)
from sidecar.sandbox.flights.cancellations import Cancellations
from sidecar.sandbox.flights.carriers import ALL_CARRIERS, carrier_json
from sidecar.sandbox.flights.dice import Dice
from sidecar.sandbox.flights.gateway import Call, Gateway, Reply
from sidecar.sandbox.flights.ids import IdFactory
from sidecar.sandbox.flights.ledger import Ledger
from sidecar.sandbox.flights.market import Market
from sidecar.sandbox.flights.order_list import OrderList
from sidecar.sandbox.flights.orders import Orders
from sidecar.sandbox.flights.paging import page
from sidecar.sandbox.flights.recordings import Recordings
from sidecar.sandbox.flights.searches import Searches


class FlightsSandbox:
    """A local Duffel: state in memory, safe to call from several threads.

    `recordings` is a directory of recorded searches, served on exactly their
    routes; every other route is generated from `seed`. Controls exist both as
    methods and as ``POST /__sandbox/...`` routes.
    """

    def __init__(
        self,
        *,
        recordings: Path | None = None,
        clock: SandboxClock | None = None,
        seed: int = 0,
    ) -> None:
        self.clock = clock or SandboxClock()
        self.faults = Faults()
        self._lock = threading.RLock()
        ids = IdFactory()
        self._market = Market()
        self._ledger = Ledger()
        self._recordings = Recordings(recordings, ids)
        self._searches = Searches(
            clock=self.clock,
            lock=self._lock,
            dice=Dice(seed),
            ids=ids,
            recordings=self._recordings,
            market=self._market,
        )
        self._orders = Orders(
            clock=self.clock,
            lock=self._lock,
            ids=ids,
            searches=self._searches,
            market=self._market,
            ledger=self._ledger,
        )
        self._order_list = OrderList(self._orders)
        self._cancellations = Cancellations(
            clock=self.clock,
            lock=self._lock,
            ids=ids,
            orders=self._orders,
            ledger=self._ledger,
        )
        self._gateway = Gateway(self.clock)
        self.app: ASGIApp = self._build()

    def state(self) -> dict[str, Any]:
        """Return the sandbox's own truth, ready for JSON."""
        with self._lock:
            return {
                **self._orders.describe(),
                **self._market.describe(),
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

    def _build(self) -> ASGIApp:
        wrap = self._gateway.endpoint

        def get(path: str, handler: Callable[[Call], Reply]) -> Route:
            return Route(path, wrap(handler), methods=["GET"])

        def write(
            method: str,
            path: str,
            handler: Callable[[Call], Reply],
            *,
            search: bool = False,
        ) -> Route:
            endpoint = wrap(handler, search=search, takes_data=True)
            return Route(path, endpoint, methods=[method])

        cancellations = "/air/order_cancellations"
        confirm = wrap(self._cancellations.confirm)
        routes = [
            get("/air/airlines", _airlines),
            write("POST", "/air/offer_requests", self._searches.create, search=True),
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
            Route(cancellations + "/{id}/actions/confirm", confirm, methods=["POST"]),
            *self._control_routes(),
            *control_routes(clock=self.clock, faults=self.faults, state=self.state),
        ]
        unknown = self._gateway.unknown_route
        app = Starlette(
            routes=routes,
            exception_handlers={404: unknown, 405: unknown},
        )
        # Outside of everything: a fault must reach the server's own connection.
        return FaultMiddleware(GZipMiddleware(app, compresslevel=5), self.faults)

    def _control_routes(self) -> list[Route]:
        def control(path: str, apply: Callable[[dict[str, Any]], None]) -> Route:
            async def serve(request: Request) -> Response:
                body = await request.json()
                try:
                    apply(body)
                except (KeyError, TypeError, ValueError, ArithmeticError) as error:
                    return JSONResponse({"error": repr(error)}, status_code=400)
                return JSONResponse({"set": body})

            return Route(f"/__sandbox/{path}", serve, methods=["POST"])

        return [
            control(
                "fares",
                lambda body: self.set_fare_factor(
                    body["origin"], body["destination"], Decimal(str(body["factor"]))
                ),
            ),
            control(
                "vanish",
                lambda body: self.vanish(
                    body["origin"], body["destination"], int(body.get("times", 1))
                ),
            ),
            control(
                "balance",
                lambda body: self.set_balance(
                    body["currency"], Decimal(str(body["amount"]))
                ),
            ),
            control(
                "orders_visibility",
                lambda body: self.set_orders_visibility(float(body["seconds"])),
            ),
            control(
                "list_filter",
                lambda body: self.set_list_filter(ignore=bool(body["ignore"])),
            ),
            control(
                "rate_limits",
                lambda body: self.set_rate_limits(
                    search=body.get("search"), general=body.get("general")
                ),
            ),
        ]


def _airlines(call: Call) -> Reply:
    """``GET /air/airlines``"""
    rows = sorted(
        (carrier_json(carrier) for carrier in ALL_CARRIERS), key=lambda row: row["name"]
    )
    chosen, meta = page(
        rows, kind="airlines", query=call.query, id_of=lambda row: str(row["id"])
    )
    return Reply(chosen, meta=meta)
