"""The main job, end to end: a trip goes in, a paid and confirmed booking comes out."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from tests.factories import World, in_days, until


def test_a_recorded_trip_is_booked_and_paid_exactly_once(
    world: World, recordings: Path
) -> None:
    """The best of 18 recorded Spirit offers ends as one order and one capture."""
    traveller = world.traveller()
    trip = world.trip(
        traveller,
        origins=["ATL"],
        destinations=["FLL"],
        departure_from=in_days(60),
        return_from=in_days(67),
        max_price=Decimal("250.00"),
        currency="USD",
    )
    with world.working():
        world.tick()
        until(lambda: world.status(trip) == "BOOKED", seconds=10)
    (order,) = world.orders()
    (intent,) = world.intents()
    assert (order["total"], order["currency"]) == ("171.98", "USD")
    assert intent["amount_received"] == 17198
    booking = world.row("select * from public.flight_bookings")
    assert booking["order_id"] == order["id"]
    assert booking["payment_intent_id"] == intent["id"]
    assert booking["booking_reference"] == order["booking_reference"]
    assert booking["price"] == Decimal("171.98")
    assert booking["status"] == "CONFIRMED"
    offer = world.row("select * from public.flight_offers where status = 'BOOKED'")
    assert (offer["rank"], offer["offer_id"]) == (1, order["offer_id"])
    assert world.attempt(trip)["status"] == "SUCCESS"
    assert world.violations() == []
