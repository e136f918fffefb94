"""Validates the body of `POST /air/orders`: type, payment, services, metadata."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from tests.sandbox.flights.errors import Problems, refusal
from tests.sandbox.flights.market import OfferRecord

_METADATA_KEY = re.compile(r"[A-Za-z0-9_-]{1,40}")
_PAYMENT_TYPES = ("balance", "arc_bsp_cash", "card", "airline_credit")


@dataclass(frozen=True, slots=True)
class Payment:
    """What the client wants to pay from the balance."""

    amount: Decimal
    currency: str


def read_selected_offer(data: dict[str, Any]) -> str:
    """Return the one selected offer's id; check the order's type on the way."""
    problems = Problems()
    kind, selected = data.get("type"), data.get("selected_offers")
    if not kind:
        problems.required("type")
    if not selected:
        problems.required("selected_offers")
    elif not isinstance(selected, list) or not isinstance(selected[0], str):
        problems.add("validation_type", "selected_offers", "must be a list of ids")
    elif len(selected) != 1:
        problems.add("validation_length", "selected_offers", "must have one item")
    if not data.get("passengers"):
        problems.required("passengers")
    problems.raise_if_any()
    if kind not in ("instant", "hold"):
        raise refusal("invalid_order_create_type", field="type")
    return str(data["selected_offers"][0])


def check_metadata(metadata: Any, problems: Problems) -> None:
    """At most 50 keys of 1-40 characters with string values up to 500."""
    if metadata is None:
        return
    if not isinstance(metadata, dict):
        problems.add("validation_type", "metadata", "must be an object")
        return
    if len(metadata) > 50:
        problems.add("validation_length", "metadata", "has more than 50 keys")
    for key, value in metadata.items():
        if not _METADATA_KEY.fullmatch(key):
            problems.add("validation_format", "metadata", "has an invalid key")
        if not isinstance(value, str):
            problems.add("validation_type", f"metadata/{key}", "must be a string")
        elif len(value) > 500:
            problems.add("validation_length", f"metadata/{key}", "is too long")


def read_payment(data: dict[str, Any], problems: Problems) -> Payment | None:
    """Return the payment of an instant order; a hold must not have one."""
    payments = data.get("payments")
    if data["type"] == "hold":
        if payments:
            raise refusal("payments_not_allowed_for_order_type", field="payments")
        return None
    if not payments:
        problems.required("payments")
        return None
    if not isinstance(payments, list) or not isinstance(payments[0], dict):
        problems.add("validation_type", "payments", "must be a list of objects")
        return None
    if len(payments) != 1:
        problems.add("validation_length", "payments", "must have one item")
        return None
    (payment,) = payments
    for field in ("type", "amount", "currency"):
        if not payment.get(field):
            problems.required(f"payments/0/{field}")
    if problems:
        return None
    if payment["type"] not in _PAYMENT_TYPES:
        problems.add("validation_inclusion", "payments/0/type", "is invalid")
        return None
    if payment["type"] != "balance":
        raise refusal("unavailable_feature")
    try:
        # Duffel's amounts are strings; a JSON number would already be a float.
        if not isinstance(payment["amount"], str):
            raise InvalidOperation
        amount = Decimal(payment["amount"])
    except InvalidOperation:
        problems.add("validation_format", "payments/0/amount", "is not an amount")
        return None
    return Payment(amount, str(payment["currency"]))


def price_services(data: dict[str, Any], offer: OfferRecord) -> list[dict[str, Any]]:
    """Return the booked services with their quantity."""
    wanted = data.get("services") or []
    if wanted and data["type"] == "hold":
        raise refusal("services_not_allowed_for_order_type", field="services")
    known = {service["id"]: service for service in offer.services or []}
    booked = []
    for one in wanted:
        service = known.get(one.get("id")) if isinstance(one, dict) else None
        quantity = one.get("quantity") if service is not None else None
        if service is None or quantity not in range(1, service["maximum_quantity"] + 1):
            raise refusal("ancillary_service_not_available", field="services")
        booked.append({**service, "quantity": quantity})
    return booked
