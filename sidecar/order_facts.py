"""What the engine needs of an order, and nothing about its travellers.

An order names its passengers, with birth dates and addresses. The engine decides
nothing by these once the order exists, so they are dropped here and stored nowhere.
"""

from __future__ import annotations

from typing import Any

_ORDER = (
    "id",
    "offer_id",
    "booking_reference",
    "created_at",
    "total_amount",
    "total_currency",
    "cancelled_at",
    "cancellation",
    "available_actions",
    "payment_status",
    "void_window_ends_at",
    "metadata",
)


def order_facts(order: Any) -> dict[str, Any] | None:
    """Return the facts of a Duffel order; None for what is no object."""
    if not isinstance(order, dict):
        return None
    return {
        **{name: order.get(name) for name in _ORDER},
        # How many passengers fly, never who; None when the order does not say.
        "people": len(_objects(order, "passengers")) or None,
        "documents": [
            {"type": one.get("type")} for one in _objects(order, "documents")
        ],
        "airline_initiated_changes": [
            {
                name: one.get(name)
                for name in ("id", "action_taken", "available_actions")
            }
            for one in _objects(order, "airline_initiated_changes")
        ],
        "slices": [
            {"segments": [_segment(one) for one in _objects(slice_, "segments")]}
            for slice_ in _objects(order, "slices")
        ],
    }


def _segment(segment: dict[str, Any]) -> dict[str, Any]:
    return {
        "origin": _code(segment.get("origin")),
        "destination": _code(segment.get("destination")),
        "departing_at": segment.get("departing_at"),
        "arriving_at": segment.get("arriving_at"),
        "carrier": _code(segment.get("marketing_carrier")),
        "number": segment.get("marketing_carrier_flight_number"),
    }


def _code(place: Any) -> Any:
    return place.get("iata_code") if isinstance(place, dict) else None


def _objects(holder: dict[str, Any], name: str) -> list[dict[str, Any]]:
    value = holder.get(name)
    rows = value if isinstance(value, list) else []
    return [one for one in rows if isinstance(one, dict)]
