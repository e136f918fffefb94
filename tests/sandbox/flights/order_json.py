"""Writes a booked offer as a v2 order."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.sandbox.flights.ids import IdFactory, booking_reference, timestamp
from tests.sandbox.flights.money import decimals_of, write

_VOID_WINDOW = timedelta(hours=24)
_PASSENGER_KEYS = (
    "id",
    "title",
    "gender",
    "given_name",
    "family_name",
    "born_on",
    "email",
    "phone_number",
)


def order_json(
    ids: IdFactory,
    data: dict[str, Any],
    offer: dict[str, Any],
    *,
    services: list[dict[str, Any]],
    total: Decimal,
    now: datetime,
) -> dict[str, Any]:
    """Return the order for the request `data`, at `total` incl. services."""
    hold = data["type"] == "hold"
    reference = booking_reference()
    terms = offer["payment_requirements"] or {}
    places = max(
        [decimals_of(offer["total_amount"])]
        + [decimals_of(one["total_amount"]) for one in services]
    )
    people = [one["id"] for one in offer["passengers"]]
    return {
        "id": ids.new("ord"),
        "live_mode": False,
        "created_at": timestamp(now),
        "synced_at": timestamp(now, 0),
        "type": data["type"],
        "content": "managed",
        "offer_id": offer["id"],
        "booking_reference": reference,
        "booking_references": [
            {"booking_reference": reference, "carrier": offer["owner"]}
        ],
        "owner": offer["owner"],
        "slices": [_slice(one) for one in offer["slices"]],
        "passengers": [
            {
                **{key: one[key] for key in _PASSENGER_KEYS},
                "loyalty_programme_accounts": one.get("loyalty_programme_accounts")
                or [],
            }
            for one in data["passengers"]
        ],
        "total_amount": write(total, places),
        "total_currency": offer["total_currency"],
        "base_amount": offer["base_amount"],
        "base_currency": offer["base_currency"],
        "tax_amount": offer["tax_amount"],
        "tax_currency": offer["tax_currency"],
        "conditions": offer["conditions"],
        "available_actions": ["cancel", "update"] + ([] if hold else ["change"]),
        "payment_status": {
            "awaiting_payment": hold,
            "payment_required_by": terms.get("payment_required_by") if hold else None,
            "price_guarantee_expires_at": (
                terms.get("price_guarantee_expires_at") if hold else None
            ),
            "paid_at": None if hold else timestamp(now),
        },
        "cancellation": None,
        "cancelled_at": None,
        "changes": [],
        "airline_initiated_changes": [],
        # Tickets are issued on payment; test mode numbers them from "1".
        "documents": []
        if hold
        else [
            {
                "type": "electronic_ticket",
                "unique_identifier": str(n),
                "passenger_ids": [person],
            }
            for n, person in enumerate(people, start=1)
        ],
        "services": [_service(ids, one) for one in services],
        "users": data.get("users") or [],
        "metadata": data.get("metadata") or {},
        "void_window_ends_at": (None if hold else timestamp(now + _VOID_WINDOW, 0)),
    }


def _slice(one: dict[str, Any]) -> dict[str, Any]:
    segments = [
        {
            **segment,
            "passengers": [{**seat, "seat": None} for seat in segment["passengers"]],
        }
        for segment in one["segments"]
    ]
    return {**one, "segments": segments}


def _service(ids: IdFactory, one: dict[str, Any]) -> dict[str, Any]:
    booked = {key: value for key, value in one.items() if key != "maximum_quantity"}
    return {**booked, "id": ids.new("ser")}
