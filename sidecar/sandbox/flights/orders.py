"""Orders: creation with its real guards, reads, and metadata.

There is no idempotency: a repeated POST meets only the guards that Duffel has,
one booking per offer request and the offer's expiry.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sidecar.sandbox.control import SandboxClock
from sidecar.sandbox.flights.booking_rules import (
    Payment,
    check_metadata,
    price_services,
    read_payment,
    read_selected_offer,
)
from sidecar.sandbox.flights.errors import ApiError, Problems, refusal
from sidecar.sandbox.flights.gateway import Call, Reply
from sidecar.sandbox.flights.ids import IdFactory, timestamp
from sidecar.sandbox.flights.ledger import Ledger
from sidecar.sandbox.flights.market import Market, OfferRecord
from sidecar.sandbox.flights.order_json import order_json
from sidecar.sandbox.flights.passenger_rules import check_passengers
from sidecar.sandbox.flights.searches import Searches
from sidecar.sandbox.flights.special_routes import SETTLES_AFTER_SECONDS, Special


@dataclass(slots=True)
class Order:
    """An order as the airline has it, whether or not the client can see it yet."""

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


class Orders:
    """Creates and keeps orders."""

    def __init__(
        self,
        *,
        clock: SandboxClock,
        lock: threading.RLock,
        ids: IdFactory,
        searches: Searches,
        market: Market,
        ledger: Ledger,
    ) -> None:
        self._clock = clock
        self._lock = lock
        self._ids = ids
        self._searches = searches
        self._market = market
        self._ledger = ledger
        self._orders: dict[str, Order] = {}
        self._by_request: dict[str, str] = {}  # offer request -> order
        self._failing: dict[str, dict[str, Any]] = {}  # accepted, will fail
        self._attempts: list[dict[str, Any]] = []
        self.hidden_seconds = 0.0

    def create(self, call: Call) -> Reply:
        """``POST /air/orders``"""
        with self._lock:
            try:
                reply = self._create(call.data)
            except ApiError as error:
                self._note_attempt(call.data, str(error))
                raise
            self._note_attempt(call.data, str(reply.status))
            return reply

    def _note_attempt(self, data: dict[str, Any], outcome: str) -> None:
        self._attempts.append(
            {
                "at": timestamp(self._clock.now()),
                "selected_offers": data.get("selected_offers"),
                "metadata": data.get("metadata"),
                "outcome": outcome,
            }
        )

    def _create(self, data: dict[str, Any]) -> Reply:
        now = self._clock.now()
        offer = self._searches.offer(read_selected_offer(data))
        body = offer.body()
        problems = Problems()
        check_passengers(data["passengers"], body, problems)
        check_metadata(data.get("metadata"), problems)
        payment = read_payment(data, problems)
        problems.raise_if_any()
        services = price_services(data, offer)
        self._check_offer(offer, now)
        requirements = body["payment_requirements"] or {}
        if payment is None and requirements.get("requires_instant_payment", True):
            raise refusal("invalid_order_create_type", field="type")
        total = _total_with(services, offer)
        if payment is not None:
            self._check_payment(payment, total, offer)
        if offer.special is Special.ACCEPTED_THEN_FAILS:
            self._failing[offer.request_id] = {
                "offer_id": offer.id,
                "offer_request_id": offer.request_id,
                "metadata": data.get("metadata") or {},
                "fails_at": timestamp(now + _settling(offer)),
            }
            return Reply(None, 202, empty=True)
        order = self._book(data, offer, body, services, total, now=now)
        if payment is not None:
            self._ledger.move(
                payment.amount,
                payment.currency,
                order_id=order.id,
                reason="payment",
                at=now,
            )
        if offer.special is Special.BOOKED_ANSWERS_200:
            return Reply(None, 200)
        if offer.special is Special.ACCEPTED_ANSWERS_202:
            return Reply(None, 202, empty=True)
        return Reply(self._render(order), 201)

    def _check_offer(self, offer: OfferRecord, now: datetime) -> None:
        # Before expiry: a repeated order must learn that the first one was booked.
        if offer.request_id in self._by_request:
            raise refusal("offer_request_already_booked", field="selected_offers")
        if offer.request_id in self._failing:
            raise refusal("order_creation_already_attempted", field="selected_offers")
        if now >= offer.expires_at:
            raise refusal("offer_expired", field="selected_offers")
        if self._market.is_gone(offer):
            raise refusal("offer_no_longer_available", airline=offer.airline)
        if offer.special is Special.AIRLINE_FAILS:
            raise refusal("airline_unknown", airline=offer.airline)

    def _check_payment(
        self, payment: Payment, total: Decimal, offer: OfferRecord
    ) -> None:
        if payment.currency != offer.current.currency:
            raise refusal(
                "payment_currency_does_not_match_order_currency", field="payments"
            )
        if payment.amount != total:
            raise refusal(
                "payment_amount_does_not_match_order_amount", field="payments"
            )
        # The client paid what it was last shown, but the airline asks another price.
        if self._market.price(offer).total != offer.current.total:
            raise refusal("price_changed", field="selected_offers")
        if offer.special is Special.NO_BALANCE:
            raise refusal("insufficient_balance")
        self._ledger.check(payment.amount, payment.currency)

    def _book(
        self,
        data: dict[str, Any],
        offer: OfferRecord,
        body: dict[str, Any],
        services: list[dict[str, Any]],
        total: Decimal,
        *,
        now: datetime,
    ) -> Order:
        hidden = timedelta(seconds=self.hidden_seconds)
        pay_by = None
        if data["type"] == "hold":
            pay_by = datetime.fromisoformat(
                body["payment_requirements"]["payment_required_by"]
            )
        order = Order(
            body=order_json(
                self._ids, data, body, services=services, total=total, now=now
            ),
            offer_request_id=offer.request_id,
            created_at=now,
            visible_at=now + max(hidden, _settling(offer)),
            special=offer.special,
            pay_by=pay_by,
        )
        self._orders[order.id] = order
        self._by_request[offer.request_id] = order.id
        return order

    def show(self, call: Call) -> Reply:
        """``GET /air/orders/{id}``"""
        with self._lock:
            return Reply(self._render(self.visible(call.path["id"])))

    def update(self, call: Call) -> Reply:
        """``PATCH /air/orders/{id}``: replaces the whole metadata map, or users."""
        problems = Problems()
        check_metadata(call.data.get("metadata"), problems)
        problems.raise_if_any()
        with self._lock:
            order = self.visible(call.path["id"])
            if "metadata" in call.data:
                order.body["metadata"] = call.data["metadata"] or {}
            if "users" in call.data:
                order.body["users"] = call.data["users"] or []
            return Reply(self._render(order))

    def visible(self, order_id: str) -> Order:
        """Return an order that reads can see; the caller holds the lock."""
        order = self._orders.get(order_id)
        if order is None or not self._is_visible(order):
            raise refusal("not_found")
        return order

    def all_visible(self) -> list[dict[str, Any]]:
        """Return every visible order, newest first."""
        with self._lock:
            found = [one for one in self._orders.values() if self._is_visible(one)]
            return [self._render(one) for one in reversed(found)]

    def cancel(self, order: Order, cancellation: dict[str, Any]) -> None:
        """Mark an order as cancelled; the caller holds the lock."""
        order.body["cancellation"] = cancellation
        order.body["cancelled_at"] = cancellation["confirmed_at"]
        order.body["available_actions"] = []
        order.pay_by = None

    def is_unpaid(self, order: Order) -> bool:
        """Tell whether the order is a hold that can still be paid."""
        return order.pay_by is not None and self._clock.now() < order.pay_by

    def _is_visible(self, order: Order) -> bool:
        return self._clock.now() >= order.visible_at

    def _render(self, order: Order) -> dict[str, Any]:
        status = {
            **order.body["payment_status"],
            "awaiting_payment": self.is_unpaid(order),
        }
        return {**order.body, "payment_status": status}

    def describe(self) -> dict[str, Any]:
        """Return the truth about orders, visible or not, for the sandbox's state."""
        return {
            "orders": [
                {
                    "id": one.id,
                    "type": one.body["type"],
                    "offer_id": one.body["offer_id"],
                    "offer_request_id": one.offer_request_id,
                    "metadata": one.body["metadata"],
                    "booking_reference": one.body["booking_reference"],
                    "total": one.body["total_amount"],
                    "currency": one.body["total_currency"],
                    "created_at": timestamp(one.created_at),
                    "cancelled_at": one.body["cancelled_at"],
                    "awaiting_payment": self.is_unpaid(one),
                    "visible": self._is_visible(one),
                }
                for one in self._orders.values()
            ],
            "order_attempts": list(self._attempts),
            "failed_creations": list(self._failing.values()),
        }


def _settling(offer: OfferRecord) -> timedelta:
    if offer.special is None:
        return timedelta()
    return timedelta(seconds=SETTLES_AFTER_SECONDS.get(offer.special, 0))


def _total_with(services: list[dict[str, Any]], offer: OfferRecord) -> Decimal:
    extras = (Decimal(one["total_amount"]) * one["quantity"] for one in services)
    return Decimal(offer.current.total) + sum(extras, Decimal(0))
