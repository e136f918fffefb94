"""The orders there are, whether or not a client can see them yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.sandbox.control import SandboxClock
from tests.sandbox.flights.errors import refusal
from tests.sandbox.flights.ids import parse_timestamp, timestamp
from tests.sandbox.flights.special_routes import Special
from tests.sandbox.persistence import Rows, Tables


@dataclass(slots=True)
class Order:
    """An order as the airline has it."""

    body: dict[str, Any]
    offer_request_id: str
    created_at: datetime
    visible_at: datetime
    special: Special | None
    pay_by: datetime | None = None  # set for an unpaid hold

    @property
    def id(self) -> str:
        """The order's id."""
        return str(self.body["id"])

    def export(self) -> dict[str, Any]:
        """Return the order for a file."""
        return {
            "body": self.body,
            "offer_request_id": self.offer_request_id,
            "created_at": timestamp(self.created_at),
            "visible_at": timestamp(self.visible_at),
            "special": self.special.value if self.special else None,
            "pay_by": timestamp(self.pay_by) if self.pay_by else None,
        }

    @classmethod
    def of(cls, kept: dict[str, Any]) -> Order:
        """Return an exported order."""
        return cls(
            body=kept["body"],
            offer_request_id=kept["offer_request_id"],
            created_at=parse_timestamp(kept["created_at"]),
            visible_at=parse_timestamp(kept["visible_at"]),
            special=Special(kept["special"]) if kept["special"] else None,
            pay_by=parse_timestamp(kept["pay_by"]) if kept["pay_by"] else None,
        )


class OrderBook:
    """Keeps orders and every attempt at one. Not locked by itself: callers are."""

    def __init__(self, clock: SandboxClock) -> None:
        self._clock = clock
        self._orders = Rows(Order.export, Order.of)
        self._by_request: dict[str, str] = {}  # offer request -> order
        self._failing: Rows[dict[str, Any]] = Rows()  # accepted, will fail
        self._attempts: Rows[dict[str, Any]] = Rows()

    def add(self, order: Order) -> None:
        """Enter a new order."""
        self._orders[order.id] = order
        self._by_request[order.offer_request_id] = order.id

    def add_failing(self, offer_request_id: str, failure: dict[str, Any]) -> None:
        """Note that an accepted order will not come to be."""
        self._failing[offer_request_id] = failure

    def note_attempt(self, data: dict[str, Any], outcome: str) -> None:
        """Note one executed ``POST /air/orders``."""
        self._attempts.append(
            {
                "at": timestamp(self._clock.now()),
                "selected_offers": data.get("selected_offers"),
                "metadata": data.get("metadata"),
                "outcome": outcome,
            }
        )

    def check_unbooked(self, offer_request_id: str) -> None:
        """Raise when an offer request was booked, or tried with an open outcome."""
        if offer_request_id in self._by_request:
            raise refusal("offer_request_already_booked", field="selected_offers")
        if offer_request_id in self._failing:
            raise refusal("order_creation_already_attempted", field="selected_offers")

    def get(self, order_id: str) -> Order:
        """Return an order, visible or not; raise not_found."""
        order = self._orders.get(order_id)
        if order is None:
            raise refusal("not_found")
        return order

    def visible(self, order_id: str) -> Order:
        """Return an order that reads can see; raise not_found."""
        order = self.get(order_id)
        if not self._is_visible(order):
            raise refusal("not_found")
        return order

    def all_visible(self) -> list[dict[str, Any]]:
        """Return every visible order, newest first."""
        found = [one for one in self._orders.values() if self._is_visible(one)]
        return [self.render(one) for one in reversed(found)]

    def cancel(self, order: Order, cancellation: dict[str, Any] | None) -> None:
        """Mark an order as cancelled, by the airline when without a cancellation."""
        order.body["cancellation"] = cancellation
        order.body["cancelled_at"] = timestamp(self._clock.now())
        order.body["available_actions"] = []
        order.pay_by = None

    def is_unpaid(self, order: Order) -> bool:
        """Tell whether the order is a hold that can still be paid."""
        return order.pay_by is not None and self._clock.now() < order.pay_by

    def render(self, order: Order) -> dict[str, Any]:
        """Return the order as reads show it."""
        status = {
            **order.body["payment_status"],
            "awaiting_payment": self.is_unpaid(order),
        }
        return {**order.body, "payment_status": status}

    def _is_visible(self, order: Order) -> bool:
        return self._clock.now() >= order.visible_at

    def describe(self) -> dict[str, Any]:
        """Return the truth about orders, visible or not, for the sandbox's state."""
        by_attempt: dict[str, list[str]] = {}
        for one in self._orders.values():
            attempt = str(one.body["metadata"].get("attempt_id"))
            by_attempt.setdefault(attempt, []).append(one.id)
        return {
            "orders": [self._truth(one) for one in self._orders.values()],
            "orders_by_attempt": by_attempt,
            "order_attempts": list(self._attempts.values()),
            "failed_creations": list(self._failing.values()),
        }

    def _truth(self, one: Order) -> dict[str, Any]:
        return {
            "id": one.id,
            "type": one.body["type"],
            "offer_id": one.body["offer_id"],
            "offer_request_id": one.offer_request_id,
            "metadata": one.body["metadata"],
            "passengers": one.body["passengers"],
            "booking_reference": one.body["booking_reference"],
            "total": one.body["total_amount"],
            "currency": one.body["total_currency"],
            "created_at": timestamp(one.created_at),
            "cancelled_at": one.body["cancelled_at"],
            "cancellation": one.body["cancellation"],
            "awaiting_payment": self.is_unpaid(one),
            "visible": self._is_visible(one),
        }

    @property
    def tables(self) -> Tables:
        """Everything, for the files."""
        return {
            "orders": self._orders,
            "failing_orders": self._failing,
            "order_attempts": self._attempts,
        }

    def restored(self) -> None:
        """Find orders again by what follows from them."""
        for one in self._orders.values():
            self._by_request[one.offer_request_id] = one.id
