"""What a provider's network may do to one call, and what a provider may refuse.

Only honest troubles: an answer that promises "nothing was done" is given only where
nothing was done. Whether anything happened is otherwise left open, as it is outside.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeVar

from tests.sandbox.control import Fault
from tests.sandbox.flights.outcomes import OrderOutcome

Armed = TypeVar("Armed", Fault, OrderOutcome)
_HTML: dict[str, Any] = {"body": "<html>busy</html>", "content_type": "text/html"}


def _errors(provider: str, status: int, code: str) -> dict[str, Any]:
    if provider == "duffel":
        error = {"type": "api_error", "code": code, "title": code, "message": code}
        return {"errors": [error], "meta": {"status": status, "request_id": "r"}}
    return {"error": {"type": "api_error", "code": code, "message": code}}


# The answer is lost, halved, or replaced by one of the infrastructure's.
NETWORK: dict[str, Fault] = {
    "cut before": Fault("*", "drop_before"),
    "cut after": Fault("*", "drop_after"),
    "halved": Fault("*", "truncate"),
    "500": Fault("*", "status", status=500, body={}),
    "500 after": Fault("*", "status_after", status=500, body={}),
    "502 page": Fault("*", "status", status=502, **_HTML),
    "502 page after": Fault("*", "status_after", status=502, **_HTML),
    "503 after": Fault("*", "status_after", status=503, body={"errors": []}),
    "504 after": Fault("*", "status_after", status=504, **_HTML),
    "empty 200 after": Fault("*", "status_after", status=200, body={}),
    "list after": Fault("*", "status_after", status=200, body=[]),
}


def throttled(provider: str) -> Fault:
    """Return a 429: the call was not executed."""
    code = "rate_limit_exceeded" if provider == "duffel" else "rate_limit"
    return Fault("*", "status", status=429, body=_errors(provider, 429, code))


# What each operation may be refused with, instead of being executed.
REFUSALS: dict[str, list[tuple[int, str]]] = {
    "get_offer": [(422, "offer_no_longer_available"), (404, "not_found")],
    "create_order": [
        (422, "offer_no_longer_available"),
        (422, "price_changed"),
        (422, "invalid_passenger_name"),
        (422, "insufficient_balance"),
        (422, "order_creation_already_attempted"),
        (422, "a_code_nobody_has_seen"),
        (409, "offer_no_longer_available"),
        (502, "order_not_created"),
        (503, "service_unavailable"),
    ],
    "quote_cancellation": [(422, "order_not_cancellable")],
    "create_payment": [(402, "card_declined"), (409, "lock_timeout")],
    "confirm_payment": [(402, "card_declined"), (409, "lock_timeout")],
    "capture_payment": [
        (402, "card_declined"),
        (400, "charge_expired_for_capture"),
        (409, "lock_timeout"),
    ],
    "cancel_payment": [(409, "lock_timeout")],
    "create_refund": [(409, "lock_timeout")],
}


def refusal(operation: str, provider: str, number: int) -> Fault:
    """Return one of the operation's refusals; a 429 where it has none of its own."""
    known = REFUSALS.get(operation)
    if known is None:
        return throttled(provider)
    status, code = known[number % len(known)]
    return Fault("*", "status", status=status, body=_errors(provider, status, code))


# Stripe executed nothing, and repeats this failure under the same key.
STORED_500 = Fault("*", "status", status=500, body=_errors("stripe", 500, "api_error"))

OUTCOMES: dict[str, OrderOutcome] = {
    "200, readable later": OrderOutcome(status=200, after_seconds=60),
    "202, made at once": OrderOutcome(status=202),
    "202, made in half an hour": OrderOutcome(status=202, after_seconds=1800),
    "202, made in ten hours": OrderOutcome(status=202, after_seconds=36_000),
    "202, fails": OrderOutcome(status=202, order="failed", after_seconds=60),
    "202, never": OrderOutcome(status=202, order="none"),
    "500, made": OrderOutcome(status=500),
    "500, never": OrderOutcome(status=500, order="none"),
    "502, made": OrderOutcome(status=502, envelope=False),
    "503, made": OrderOutcome(status=503),
    "503, never": OrderOutcome(status=503, order="none"),
    "504, made later": OrderOutcome(status=504, after_seconds=600),
}


def fresh(armed: Armed) -> Armed:
    """Return a copy to arm: what is armed counts down."""
    return replace(armed)
