"""Stripe, over its official SDK: one method per operation, one try each.

Postgres derived and stored the idempotency key before the call. The key goes into the
request options, never into the parameters, where the SDK would silently use a random
key instead. Amounts are in Stripe's minor units, times in unix seconds.

The SDK builds and signs the requests; the answers are taken as they came, so that no
defect of a provider's body can raise here.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import stripe
from stripe.params import (
    PaymentIntentCancelParams,
    PaymentIntentCaptureParams,
    PaymentIntentConfirmParams,
    PaymentIntentCreateParams,
    RefundCreateParams,
)

from sidecar import payment_records as records
from sidecar.events import cut_event
from sidecar.http import SUCCESS
from sidecar.payment_calls import Calls, SdkTransport
from sidecar.providers import Answer

STRIPE_VERSION = "2026-10-28.endive"

# The SDK's telemetry writes a file below the home directory and fails without one.
stripe.enable_telemetry = False


class Payments:
    """Client of one Stripe account; safe to use from many threads."""

    def __init__(self, base_url: str, key: str) -> None:
        transport = SdkTransport(base_url)
        self._calls = Calls(transport)
        self._client = stripe.StripeClient(
            key,
            max_network_retries=0,
            stripe_version=STRIPE_VERSION,
            base_addresses={"api": base_url.rstrip("/")},
            http_client=transport,
        )
        self._api = self._client.v1

    def create(self, request: dict[str, Any], key: str) -> Answer:
        """Create an unconfirmed payment intent, which moves no money."""
        params: PaymentIntentCreateParams = {
            "amount": request["amount"],
            "currency": request["currency"],
            "customer": request["customer"],
            "payment_method": request["payment_method"],
            "metadata": request["metadata"],
            "allowed_payment_method_types": ["card"],
            "capture_method": "manual",
        }
        return self._calls.ask(
            lambda: self._api.payment_intents.create(params, {"idempotency_key": key})
        )

    def confirm(self, intent_id: str, key: str) -> Answer:
        """Authorize off-session: the traveller agreed to the payment beforehand."""
        params: PaymentIntentConfirmParams = {
            "off_session": True,
            "expand": ["latest_charge"],
            "payment_method_options": {
                "card": {"stored_credential_usage": "unscheduled"}
            },
        }
        return self._calls.ask(
            lambda: self._api.payment_intents.confirm(
                _id(intent_id), params, {"idempotency_key": key}
            )
        )

    def capture(self, intent_id: str, amount: int, key: str) -> Answer:
        """Collect the authorized amount (minor units)."""
        params: PaymentIntentCaptureParams = {"amount_to_capture": amount}
        return self._calls.ask(
            lambda: self._api.payment_intents.capture(
                _id(intent_id), params, {"idempotency_key": key}
            )
        )

    def cancel(self, intent_id: str, key: str) -> Answer:
        """Void: release the authorized amount."""
        params: PaymentIntentCancelParams = {"cancellation_reason": "abandoned"}
        return self._calls.ask(
            lambda: self._api.payment_intents.cancel(
                _id(intent_id), params, {"idempotency_key": key}
            )
        )

    def refund(self, request: dict[str, Any], key: str) -> Answer:
        """Return captured money; a refund that succeeded may fail later on."""
        params: RefundCreateParams = {
            "payment_intent": _id(request["payment_intent"]),
            "amount": request["amount"],
            "metadata": request["metadata"],
            "reason": "requested_by_customer",
        }
        return self._calls.one(
            lambda: self._api.refunds.create(params, {"idempotency_key": key}),
            records.refund,
        )

    def read(self, intent_id: str) -> Answer:
        """Read the intent, which shows the truth at any age."""
        return self._calls.ask(
            lambda: self._api.payment_intents.retrieve(
                _id(intent_id), {"expand": ["latest_charge"]}
            )
        )

    def client_secret(self, intent_id: str) -> str | None:
        """Return the secret with which a card's holder confirms the intent.

        None where Stripe gives no answer. Never to be stored or logged.
        """
        retrieve = self._api.payment_intents.retrieve
        return self._calls.secret(lambda: retrieve(_id(intent_id)))

    def read_refund(self, refund_id: str) -> Answer:
        """Read a refund."""
        retrieve = self._api.refunds.retrieve
        return self._calls.one(lambda: retrieve(_id(refund_id)), records.refund)

    def read_charge(self, charge_id: str) -> Answer:
        """Read a charge."""
        retrieve = self._api.charges.retrieve
        return self._calls.one(lambda: retrieve(_id(charge_id)), records.charge)

    def read_dispute(self, dispute_id: str) -> Answer:
        """Read a dispute."""
        retrieve = self._api.disputes.retrieve
        # The payment tells which attempt the dispute is about.
        return self._calls.one(
            lambda: retrieve(_id(dispute_id), {"expand": ["payment_intent"]}),
            records.dispute,
        )

    def read_fraud_warning(self, warning_id: str) -> Answer:
        """Read an early fraud warning: the issuer expects a dispute."""
        retrieve = self._api.radar.early_fraud_warnings.retrieve
        return self._calls.one(
            lambda: retrieve(_id(warning_id), {"expand": ["payment_intent"]}),
            records.fraud_warning,
        )

    def read_setup(self, setup_id: str) -> Answer:
        """Read a setup intent."""
        retrieve = self._api.setup_intents.retrieve
        return self._calls.one(lambda: retrieve(_id(setup_id)), records.setup)

    def read_method(self, method_id: str) -> Answer:
        """Read a payment method."""
        retrieve = self._api.payment_methods.retrieve
        return self._calls.one(lambda: retrieve(_id(method_id)), records.method)

    def find_refunds(self, intent_id: str) -> Answer:
        """Return ``{"refunds": [...]}``: every refund of the intent, newest first."""
        asked = {"payment_intent": _id(intent_id)}
        return self._calls.every(
            "refunds", self._api.refunds.list, [asked], records.refund
        )

    def list_intents(self, created_after: int) -> Answer:
        """Return ``{"payment_intents": [...]}`` of a moment and later, newest first."""
        return self._calls.every(
            "payment_intents",
            self._api.payment_intents.list,
            [{"created": _time(created_after)}],
            records.intent,
        )

    def list_events(
        self, created_after: int, created_before: int | None = None
    ) -> Answer:
        """Return ``{"events": [...]}`` of the types we act on, cut like a callback's.

        Both bounds are part of the period; Stripe keeps events for 30 days.
        """
        created = _time(created_after, created_before)
        asked = [
            {"created": created, "types": list(types)} for types in records.EVENT_TYPES
        ]
        answer = self._calls.every(
            "events",
            self._api.events.list,
            asked,
            lambda found: cut_event("stripe", found) or {},
        )
        if answer.http_status not in SUCCESS:
            return answer
        events = [event for event in answer.body["events"] if event]
        return replace(answer, body={"events": events})

    def reachable(self) -> Answer:
        """Make one harmless read."""
        return self._calls.ask(self._api.balance.retrieve)


def _id(given: str) -> str:
    """Refuse an empty id: the SDK would call the collection's address instead."""
    if not given:
        raise ValueError("the id is empty")
    return given


def _time(after: int, before: int | None = None) -> dict[str, int]:
    return {"gte": after} if before is None else {"gte": after, "lte": before}
