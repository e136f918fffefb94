"""Stripe, over its official SDK: one method per operation, one try each.

The idempotency key is the one that Postgres derived and stored before the call; it goes
into the request options, never into the parameters, where the SDK would silently use a
random key instead. Amounts arrive in Stripe's minor units.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import stripe
from stripe.params import (
    PaymentIntentCancelParams,
    PaymentIntentCaptureParams,
    PaymentIntentConfirmParams,
    PaymentIntentCreateParams,
)

from sidecar.config import is_loopback
from sidecar.providers import NO_ANSWER, Answer

STRIPE_VERSION = "2026-10-28.endive"
_TIMEOUT = (3.05, 30.0)  # seconds to connect, to read

# It writes a file below the home directory and fails without one.
stripe.enable_telemetry = False


class Payments:
    """Client of one Stripe account; safe to use from many threads."""

    def __init__(self, base_url: str, key: str) -> None:
        http_client = stripe.RequestsClient(
            timeout=_TIMEOUT,
            # A proxy from the environment must not stand before a local sandbox.
            proxy={"http": "", "https": ""} if is_loopback(base_url) else None,
        )
        client = stripe.StripeClient(
            key,
            max_network_retries=0,
            stripe_version=STRIPE_VERSION,
            base_addresses={"api": base_url.rstrip("/")},
            http_client=http_client,
        )
        self._client = client
        self._intents = client.v1.payment_intents

    def create(self, request: dict[str, Any], key: str) -> Answer:
        """Create an unconfirmed payment intent: no money is touched."""
        params: PaymentIntentCreateParams = {
            "amount": request["amount"],
            "currency": request["currency"],
            "customer": request["customer"],
            "payment_method": request["payment_method"],
            "metadata": request["metadata"],
            "allowed_payment_method_types": ["card"],
            "capture_method": "manual",
        }
        return _answer(lambda: self._intents.create(params, {"idempotency_key": key}))

    def confirm(self, intent_id: str, key: str) -> Answer:
        """Authorize off-session: the traveller agreed to it beforehand."""
        params: PaymentIntentConfirmParams = {
            "off_session": True,
            "expand": ["latest_charge"],
            "payment_method_options": {
                "card": {"stored_credential_usage": "unscheduled"}
            },
        }
        return _answer(
            lambda: self._intents.confirm(
                _id(intent_id), params, {"idempotency_key": key}
            )
        )

    def capture(self, intent_id: str, amount: int, key: str) -> Answer:
        """Collect the authorized amount (minor units)."""
        params: PaymentIntentCaptureParams = {"amount_to_capture": amount}
        return _answer(
            lambda: self._intents.capture(
                _id(intent_id), params, {"idempotency_key": key}
            )
        )

    def cancel(self, intent_id: str, key: str) -> Answer:
        """Void: release what was authorized."""
        params: PaymentIntentCancelParams = {"cancellation_reason": "abandoned"}
        return _answer(
            lambda: self._intents.cancel(
                _id(intent_id), params, {"idempotency_key": key}
            )
        )

    def read(self, intent_id: str) -> Answer:
        """Read the intent: the truth at any age."""
        return _answer(
            lambda: self._intents.retrieve(
                _id(intent_id), {"expand": ["latest_charge"]}
            )
        )

    def reachable(self) -> Answer:
        """Make one harmless read."""
        return _answer(self._client.v1.balance.retrieve)


def _id(intent_id: str) -> str:
    """Refuse an empty id: the SDK would call the collection's address instead."""
    if not intent_id:
        raise ValueError("payment intent id is empty")
    return intent_id


def _read(text: str | None) -> Any:
    """Return the JSON of an error's body; the SDK offers the headers for a page."""
    try:
        return json.loads(text or "")
    except ValueError:
        return None


def _answer(call: Callable[[], stripe.StripeObject]) -> Answer:
    try:
        result = call()
    except stripe.APIConnectionError:
        return NO_ANSWER
    except stripe.StripeError as error:
        return Answer(
            http_status=error.http_status,
            body=_read(error.http_body),
            error_code=None if error.http_status else "no_answer",
            request_id=error.request_id,
        )
    if not isinstance(result, stripe.StripeObject):
        return Answer(http_status=200)
    response = result.last_response
    return Answer(
        http_status=200,
        body=result.to_dict(for_json=True),
        request_id=response.request_id if response else None,
    )
