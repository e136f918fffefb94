"""What the providers know against what the tables say, in both directions.

The providers' own books are the oracle; the tables never vouch for themselves.
"""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from uuid import UUID

from tests.chaos.stories import Story
from tests.factories import Row, World

_FINAL = {"CONFIRMED", "FAILED", "CANCELLED"}


def assert_truth(world: World, trip: UUID) -> Row:
    """Assert that money, orders and tables agree; return the newest attempt.

    Amounts are in the smallest unit of a currency with two decimals.
    """
    attempts = world.rows(
        "select * from public.booking_attempts where trip_request_id = %s"
        " order by attempt_no",
        trip,
    )
    flights, payments = world.flights.state(), world.payments.state()
    mine = {str(attempt["id"]) for attempt in attempts}
    _assert_sent_once(flights["order_requests"], mine)
    orders = _by_attempt([o for o in flights["orders"] if _trip_of(o) == str(trip)])
    intents = _by_attempt(
        [i for i in payments["payment_intents"] if _trip_of(i) == str(trip)]
    )
    # Nothing at a provider that has no row here.
    assert set(orders) | set(intents) <= mine
    for attempt in attempts:
        key = str(attempt["id"])
        _assert_attempt(
            attempt, orders.get(key, []), intents.get(key, []), payments["refunds"]
        )
    live = [o for found in orders.values() for o in found if not o["cancelled_at"]]
    assert len(live) <= 1
    _assert_booking(world, trip, attempts)
    broken = world.violations()
    assert broken == [], broken
    return attempts[-1]


def assert_ends(world: World, story: Story, trip: UUID) -> None:
    """Assert the truth, and an end of the story.

    The one other end: it was not told whether an order was made, none was, and a person
    decides.
    """
    attempt = assert_truth(world, trip)
    if attempt["state"] not in story.ends:
        assert (attempt["state"], attempt["review_from"]) == (
            "NEEDS_REVIEW",
            "ORDER_UNKNOWN",
        )
        mine = str(attempt["id"])
        assert mine not in [o["metadata"]["attempt_id"] for o in world.orders(trip)]
        assert all(intent["captured"] == 0 for intent in world.intents(trip))


def _trip_of(thing: Row) -> str | None:
    found: str | None = thing["metadata"].get("trip_request_id")
    return found


def _by_attempt(things: list[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for thing in things:
        found.setdefault(thing["metadata"]["attempt_id"], []).append(thing)
    return found


def _assert_sent_once(requests: list[Row], mine: set[str]) -> None:
    sent = Counter(request["metadata"]["attempt_id"] for request in requests)
    assert all(sent[attempt] <= 1 for attempt in mine), "an order was sent twice"


def _assert_attempt(
    attempt: Row, orders: list[Row], intents: list[Row], refunds: list[Row]
) -> None:
    """Assert one attempt against the one order and the one intent it may have."""
    state = attempt["state"]
    assert state in _FINAL or state == "NEEDS_REVIEW"
    assert len(orders) <= 1
    assert len(intents) <= 1
    assert attempt["order_id"] is None or orders
    assert attempt["payment_intent_id"] is None or intents
    total = captured = refunded = held = 0
    if orders:
        (order,) = orders
        total = int(Decimal(order["total"]) * 100)
        cancelled = order["cancelled_at"] is not None
        # One that nobody could find is a person's to find.
        assert attempt["order_id"] == order["id"] or state == "NEEDS_REVIEW"
        assert (attempt["order_cancelled_at"] is not None) == cancelled
    if intents:
        (intent,) = intents
        captured, refunded = intent["captured"], intent["refunded"]
        held = intent["held"]
        assert attempt["payment_intent_id"] in (intent["id"], None)
        # An intent whose answer was never read was not confirmed: no money in it.
        assert attempt["payment_intent_id"] is not None or not intent["authorized"]
        assert (attempt["voided_at"] is not None) == (intent["status"] == "canceled")
        assert captured in (0, total)
        assert captured == int((attempt["captured_amount"] or 0) * 100)
        mine = [r for r in refunds if r["payment_intent"] == intent["id"]]
        assert refunded == sum(r["amount"] for r in mine if r["status"] == "succeeded")
        due = int((attempt["refund_amount"] or 0) * 100) if captured else 0
        assert refunded == (due if attempt["refunded_at"] else 0)
    ordered = bool(orders) and orders[0]["cancelled_at"] is None
    if state == "CONFIRMED":
        assert ordered
        assert (captured, refunded, held) == (total, 0, 0)
    elif state == "CANCELLED":
        assert orders
        assert not ordered
        due = int(Decimal(orders[0]["cancellation"]["refund_amount"]) * 100)
        assert (captured, refunded, held) == (total, due, 0)
    elif state == "FAILED":
        assert not ordered
        assert (captured, held) == (0, 0)


def _assert_booking(world: World, trip: UUID, attempts: list[Row]) -> None:
    """Assert that bookings, the trip and the review queue say what attempts say."""
    bookings = world.rows(
        "select * from public.flight_bookings where trip_request_id = %s", trip
    )
    made = [a for a in attempts if a["status"] == "SUCCESS"]
    assert sorted(b["booking_attempt_id"] for b in bookings) == sorted(
        a["id"] for a in made
    )
    for booking in bookings:
        (attempt,) = [a for a in made if a["id"] == booking["booking_attempt_id"]]
        expected = {"CONFIRMED": "CONFIRMED", "CANCELLED": "REFUNDED"}
        assert booking["order_id"] == attempt["order_id"]
        assert booking["status"] == expected.get(attempt["state"], booking["status"])
    booked = any(a["state"] == "CONFIRMED" for a in attempts)
    assert (world.status(trip) == "BOOKED") == booked
    cases = world.rows(
        "select object_id from engine.review_cases"
        " where kind = 'ATTEMPT' and resolved_at is null"
        " and object_id = any (%s::text[])",
        [str(a["id"]) for a in attempts],
    )
    assert sorted(c["object_id"] for c in cases) == sorted(
        str(a["id"]) for a in attempts if a["state"] == "NEEDS_REVIEW"
    )
