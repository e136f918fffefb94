"""Orders: creation with its real guards, reads, and metadata.

There is no idempotency: a repeated POST meets only the guards that Duffel has,
one booking per offer request and the offer's expiry.
"""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.sandbox.control import SandboxClock
from tests.sandbox.flights.booking_rules import (
    Payment,
    check_metadata,
    price_services,
    read_payment,
    read_selected_offer,
)
from tests.sandbox.flights.errors import ApiError, Problems, refusal
from tests.sandbox.flights.event_log import EventLog
from tests.sandbox.flights.gateway import Call, Reply
from tests.sandbox.flights.ids import IdFactory, parse_timestamp, timestamp
from tests.sandbox.flights.ledger import Ledger
from tests.sandbox.flights.market import Market, OfferRecord
from tests.sandbox.flights.order_book import Order, OrderBook
from tests.sandbox.flights.order_json import order_json
from tests.sandbox.flights.outcomes import OrderOutcome, OrderOutcomes
from tests.sandbox.flights.passenger_rules import check_passengers
from tests.sandbox.flights.searches import Searches
from tests.sandbox.flights.special_routes import Special


class Orders:
    """Creates, shows and updates orders."""

    def __init__(
        self,
        *,
        clock: SandboxClock,
        lock: threading.RLock,
        ids: IdFactory,
        searches: Searches,
        market: Market,
        ledger: Ledger,
        book: OrderBook,
        outcomes: OrderOutcomes,
        events: EventLog,
    ) -> None:
        self._clock = clock
        self._lock = lock
        self._ids = ids
        self._searches = searches
        self._market = market
        self._ledger = ledger
        self._book = book
        self._outcomes = outcomes
        self._events = events
        self.hidden_seconds = 0.0

    def create(self, call: Call) -> Reply:
        """``POST /air/orders``"""
        with self._lock:
            try:
                reply = self._create(call.data)
            except ApiError as error:
                self._book.note_attempt(call.data, str(error))
                raise
            self._book.note_attempt(call.data, str(reply.status))
            return reply

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
        metadata = data.get("metadata") or {}
        outcome = self._outcomes.take(
            routes={f"{a}-{b}" for a in offer.origins for b in offer.destinations},
            attempt_id=metadata.get("attempt_id"),
            special=offer.special,
        )
        if outcome.order != "created":
            self._fail(offer, metadata, outcome, now=now)
            return outcome.reply(dict)
        written = order_json(
            self._ids, data, body, services=services, total=total, now=now
        )
        order = self._enter(written, offer, outcome, now=now)
        if payment is not None:
            self._ledger.move(
                payment.amount,
                payment.currency,
                order_id=order.id,
                reason="payment",
                at=now,
            )
        return outcome.reply(lambda: self._book.render(order))

    def _fail(
        self,
        offer: OfferRecord,
        metadata: dict[str, Any],
        outcome: OrderOutcome,
        *,
        now: datetime,
    ) -> None:
        if outcome.order == "none":
            return
        fails_at = now + timedelta(seconds=outcome.after_seconds)
        failure = {
            "offer_id": offer.id,
            "offer_request_id": offer.request_id,
            "metadata": metadata,
            "fails_at": timestamp(fails_at),
        }
        self._book.add_failing(offer.request_id, failure)
        if outcome.event:
            self._events.add(
                "order.creation_failed",
                {"offer_id": offer.id},
                key=offer.id,
                at=fails_at,
            )

    def _check_offer(self, offer: OfferRecord, now: datetime) -> None:
        # Before expiry: a repeated order must learn that the first one was booked.
        self._book.check_unbooked(offer.request_id)
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

    def _enter(
        self,
        body: dict[str, Any],
        offer: OfferRecord,
        outcome: OrderOutcome,
        *,
        now: datetime,
    ) -> Order:
        created_at = now + timedelta(seconds=outcome.after_seconds)
        pay_by = body["payment_status"]["payment_required_by"]
        order = Order(
            body=body,
            offer_request_id=offer.request_id,
            created_at=now,
            visible_at=max(created_at, now + timedelta(seconds=self.hidden_seconds)),
            special=offer.special,
            pay_by=parse_timestamp(pay_by) if pay_by else None,
        )
        self._book.add(order)
        if outcome.event:
            self._events.add(
                "order.created",
                {"id": order.id, "offer_id": offer.id},
                key=order.id,
                at=created_at,
            )
        return order

    def show(self, call: Call) -> Reply:
        """``GET /air/orders/{id}``"""
        with self._lock:
            return Reply(self._book.render(self._book.visible(call.path["id"])))

    def update(self, call: Call) -> Reply:
        """``PATCH /air/orders/{id}``: replaces the whole metadata map, or users."""
        problems = Problems()
        check_metadata(call.data.get("metadata"), problems)
        problems.raise_if_any()
        with self._lock:
            order = self._book.visible(call.path["id"])
            if "metadata" in call.data:
                order.body["metadata"] = call.data["metadata"] or {}
            if "users" in call.data:
                order.body["users"] = call.data["users"] or []
            return Reply(self._book.render(order))


def _total_with(services: list[dict[str, Any]], offer: OfferRecord) -> Decimal:
    extras = (Decimal(one["total_amount"]) * one["quantity"] for one in services)
    return Decimal(offer.current.total) + sum(extras, Decimal(0))
