"""Order cancellations: a quote that lives an hour, then its confirmation.

What later quotes offer is set through ``POST /__sandbox/cancellations``.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from tests.sandbox.control import SandboxClock
from tests.sandbox.flights.errors import Problems, refusal
from tests.sandbox.flights.event_log import EventLog
from tests.sandbox.flights.gateway import Call, Reply
from tests.sandbox.flights.ids import IdFactory, parse_timestamp, timestamp
from tests.sandbox.flights.ledger import Ledger
from tests.sandbox.flights.money import decimals_of, write
from tests.sandbox.flights.order_book import Order, OrderBook
from tests.sandbox.flights.paging import page
from tests.sandbox.flights.special_routes import Special
from tests.sandbox.persistence import Rows, Tables

_REFUND_TO = (
    "balance",
    "arc_bsp_cash",
    "card",
    "voucher",
    "awaiting_payment",
    "airline_credits",
    "original_form_of_payment",
)


@dataclass(frozen=True, slots=True)
class Terms:
    """What quotes offer from now on; None leaves it to the order."""

    refund_share: Decimal | None = None  # of the order's total, 0 to 1
    refund_to: str | None = None
    expires_seconds: float = 3600.0

    def __post_init__(self) -> None:
        """Raise ValueError for what no airline would offer."""
        if self.refund_to not in (None, *_REFUND_TO):
            raise ValueError(f"unknown refund_to: {self.refund_to}")
        if self.refund_share is not None and not 0 <= self.refund_share <= 1:
            raise ValueError("refund_share is between 0 and 1")


class Cancellations:
    """Quotes and confirms; only the newest quote of an order can be confirmed."""

    def __init__(
        self,
        *,
        clock: SandboxClock,
        lock: threading.RLock,
        ids: IdFactory,
        book: OrderBook,
        ledger: Ledger,
        events: EventLog,
    ) -> None:
        self._clock = clock
        self._lock = lock
        self._ids = ids
        self._book = book
        self._ledger = ledger
        self._events = events
        self._quotes: Rows[dict[str, Any]] = Rows()
        self._newest: Rows[str] = Rows()  # order -> quote
        self.terms = Terms()

    def create(self, call: Call) -> Reply:
        """``POST /air/order_cancellations``"""
        if not isinstance(call.data.get("order_id"), str):
            problems = Problems()
            problems.required("order_id")
            problems.raise_if_any()
        with self._lock:
            order = self._book.visible(call.data["order_id"])
            self._check(order)
            now = self._clock.now()
            amount, refund_to = self._refund(order)
            places = decimals_of(order.body["total_amount"])
            credits_ = []
            if refund_to == "airline_credits":
                credits_ = [
                    {
                        "id": self._ids.new("acd"),
                        "credit_amount": write(amount, places),
                        "credit_currency": order.body["total_currency"],
                        "credit_name": f"{order.body['owner']['name']} credit",
                        "issued_on": None,
                        "passenger_id": order.body["passengers"][0]["id"],
                    }
                ]
            quote = {
                "id": self._ids.new("ore"),
                "live_mode": False,
                "order_id": order.id,
                "refund_amount": write(amount, places),
                "refund_currency": order.body["total_currency"],
                "refund_to": refund_to,
                "created_at": timestamp(now),
                "expires_at": timestamp(
                    now + timedelta(seconds=self.terms.expires_seconds)
                ),
                "confirmed_at": None,
                "airline_credits": credits_,
            }
            self._quotes[quote["id"]] = quote
            self._newest[order.id] = quote["id"]
            self._tell("created", quote)
            return Reply(dict(quote), 201)

    def show(self, call: Call) -> Reply:
        """``GET /air/order_cancellations/{id}``"""
        with self._lock:
            return Reply(dict(self._quote(call)))

    def list_all(self, call: Call) -> Reply:
        """``GET /air/order_cancellations``, optionally of one `order_id`."""
        wanted = call.query.get("order_id")
        with self._lock:
            found = [
                dict(quote)
                for quote in reversed(list(self._quotes.values()))
                if wanted is None or quote["order_id"] == wanted
            ]
        chosen, meta = page(
            found,
            kind="order_cancellations",
            query=call.query,
            id_of=lambda one: str(one["id"]),
        )
        return Reply(chosen, meta=meta)

    def confirm(self, call: Call) -> Reply:
        """``POST /air/order_cancellations/{id}/actions/confirm``"""
        with self._lock:
            quote = self._quote(call)
            order = self._book.visible(quote["order_id"])
            self._check(order)
            now = self._clock.now()
            expired = now >= parse_timestamp(quote["expires_at"])
            if expired or self._newest[order.id] != quote["id"]:
                raise refusal("order_cancellation_stale")
            quote["confirmed_at"] = timestamp(now)
            self._book.cancel(order, dict(quote))
            refund = Decimal(quote["refund_amount"])
            if quote["refund_to"] == "balance" and refund:
                self._ledger.move(
                    -refund,
                    quote["refund_currency"],
                    order_id=order.id,
                    reason="refund",
                    at=now,
                )
            self._tell("confirmed", quote)
            return Reply(dict(quote))

    def _tell(self, what: str, quote: dict[str, Any]) -> None:
        self._events.add(
            f"order_cancellation.{what}",
            {"id": quote["id"], "order_id": quote["order_id"]},
            key=quote["id"],
        )

    def _quote(self, call: Call) -> dict[str, Any]:
        quote = self._quotes.get(call.path["id"])
        if quote is None:
            raise refusal("not_found")
        return quote

    @staticmethod
    def _check(order: Order) -> None:
        if order.body["cancelled_at"] is not None:
            raise refusal("already_cancelled")
        if "cancel" not in order.body["available_actions"]:
            raise refusal("order_not_cancellable")

    def _refund(self, order: Order) -> tuple[Decimal, str]:
        if order.body["payment_status"]["paid_at"] is None:
            return Decimal(0), "awaiting_payment"
        amount, refund_to = self._usual_refund(order)
        if self.terms.refund_share is not None:
            amount = Decimal(order.body["total_amount"]) * self.terms.refund_share
        return amount, self.terms.refund_to or refund_to

    def _usual_refund(self, order: Order) -> tuple[Decimal, str]:
        """Duffel Airways refunds everything; others by the fare's condition."""
        total = Decimal(order.body["total_amount"])
        if order.special is Special.REFUNDS_TO_CREDIT:
            return total, "airline_credits"
        if order.body["owner"]["iata_code"] == "ZZ":
            return total, "balance"
        condition = order.body["conditions"]["refund_before_departure"]
        if condition is None or not condition["allowed"]:
            return Decimal(0), "balance"
        penalty = Decimal(condition["penalty_amount"] or 0)
        return max(Decimal(0), total - penalty), "balance"

    def describe(self) -> list[dict[str, Any]]:
        """Return every quote, confirmed or not, for the sandbox's state."""
        return [dict(quote) for quote in self._quotes.values()]

    @property
    def tables(self) -> Tables:
        """Everything, for the files."""
        return {"quotes": self._quotes, "newest_quotes": self._newest}
