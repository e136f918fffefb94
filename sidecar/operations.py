"""What each operation of the engine is at a provider: a method and its arguments.

The names are the rows of `engine.operations`; a test compares the two lists.
`engine.build_request` builds the requests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sidecar.flights import Flights
from sidecar.payments import Payments
from sidecar.providers import Answer

Send = Callable[[dict[str, Any], str], Answer]
"""Takes the request and the call's idempotency key."""


def outward_calls(flights: Flights, payments: Payments) -> Mapping[str, Send]:
    """Return every operation by its name."""
    read = _by("payment_intent", payments.read)
    return {
        "search": flights.search,
        "get_offer": lambda r, key: flights.get_offer(r["offer_id"], key),
        "create_order": flights.create_order,
        "find_order": _find_orders(flights),
        "look_order": _find_orders(flights),
        "scan_orders": lambda r, key: flights.list_orders(r["created_after"], key),
        "quote_cancellation": lambda r, key: flights.quote_cancellation(
            r["order_id"], key
        ),
        "confirm_cancellation": lambda r, key: flights.confirm_cancellation(
            r["cancellation_id"], key
        ),
        "read_cancellation": lambda r, key: flights.get_order(r["order_id"], key),
        "sweep_order_events": lambda r, key: flights.list_events(
            r["created_after"], key, created_before=r.get("created_before")
        ),
        "create_payment": payments.create,
        "confirm_payment": lambda r, key: payments.confirm(r["payment_intent"], key),
        "read_authorization": read,
        "read_holder": read,
        "capture_payment": lambda r, key: payments.capture(
            r["payment_intent"], r["amount_to_capture"], key
        ),
        "read_capture": read,
        "cancel_payment": lambda r, key: payments.cancel(r["payment_intent"], key),
        "cancel_orphan_payment": lambda r, key: payments.cancel(
            r["payment_intent"], key
        ),
        "read_void": read,
        "create_refund": payments.refund,
        "find_refunds": _by("payment_intent", payments.find_refunds),
        "look_payment": read,
        "look_charge": _by("charge", payments.read_charge),
        "look_refund": _by("refund", payments.read_refund),
        "look_dispute": _by("dispute", payments.read_dispute),
        "look_warning": _by("warning", payments.read_fraud_warning),
        "look_setup": _by("setup_intent", payments.read_setup),
        "look_method": _by("payment_method", payments.read_method),
        "scan_payments": _by("created_after", payments.list_intents),
        "sweep_payment_events": lambda r, _key: payments.list_events(
            r["created_after"], r.get("created_before")
        ),
    }


def _by(name: str, read: Callable[[Any], Answer]) -> Send:
    """Call a read, which needs no key, with one field of the request."""
    return lambda request, _key: read(request[name])


def _find_orders(flights: Flights) -> Send:
    return lambda r, key: flights.find_orders(r["offer_id"], r.get("order_id"), key)
