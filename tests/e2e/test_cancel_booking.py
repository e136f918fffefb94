"""A traveller gives a booking back: the airline first, then the money."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import psycopg
import pytest

from sidecar.sandbox.flights.cancellations import Terms
from tests.conftest import Connect
from tests.e2e.cases import book, kinds, state
from tests.factories import FLAGS, World, until

CANCEL = "select public.cancel_booking(%s, %s)"


def booking(world: World) -> dict[str, Any]:
    """Return the one booking."""
    return world.row("select * from public.flight_bookings")


def test_a_booking_is_cancelled_for_everything_though_booking_is_off(
    world: World, connect: Connect
) -> None:
    """The switches stop spending, not giving back; clicking twice asks once."""
    traveller = world.traveller()
    trip = book(world, traveller)
    world.flights.set_cancellations(Terms(refund_share=Decimal(1)))
    world.set_flags({**FLAGS, "auto_booking_emergency_disable": True})
    world.rows("select engine.set_kill_switch(true, 'test')")
    caller = connect("authenticated", user_id=traveller.user_id)
    question = [booking(world)["id"], None]
    first = caller.execute(CANCEL, question).fetchone()
    assert first == ("QUOTING_BOOKING",)
    assert caller.execute(CANCEL, question).fetchone() == first
    with world.working():
        until(lambda: state(world, trip) == "CANCELLED")
    (order,) = world.orders(trip)
    assert order["cancelled_at"] is not None
    (intent,) = world.intents(trip)
    assert intent["refunded"] == intent["captured"]
    assert booking(world)["status"] == "REFUNDED"
    assert caller.execute(CANCEL, question).fetchone() == ("REFUNDED",)
    assert world.status(trip) == "CANCELLED"
    assert kinds(world) == []
    assert world.violations() == []


def test_a_booking_stays_when_the_airline_returns_less(world: World) -> None:
    """Unless the traveller has said that less will do; then less is refunded."""
    trip = book(world)
    world.flights.set_cancellations(Terms(refund_share=Decimal("0.5")))
    held = booking(world)
    with world.working():
        world.value(CANCEL, held["id"], None)
        until(lambda: state(world, trip) == "CONFIRMED")
    assert booking(world)["status"] == "CONFIRMED"
    assert "Not cancelled" in booking(world)["attention"]
    (order,) = world.orders(trip)
    assert order["cancelled_at"] is None
    assert world.status(trip) == "BOOKED"
    (intent,) = world.intents(trip)
    assert intent["refunded"] == 0

    with world.working():
        world.value(CANCEL, held["id"], Decimal(1))
        until(lambda: state(world, trip) == "CANCELLED")
    (intent,) = world.intents(trip)
    assert 0 < intent["refunded"] < intent["captured"]
    assert world.violations() == []


def test_nobody_cancels_the_booking_of_another(world: World, connect: Connect) -> None:
    """It does not exist for them."""
    book(world)
    stranger = connect("authenticated", user_id=world.traveller().user_id)
    with pytest.raises(psycopg.Error) as caught:
        stranger.execute(CANCEL, [booking(world)["id"], None])
    assert caught.value.sqlstate == "SK106"
    assert booking(world)["status"] == "CONFIRMED"


@pytest.mark.parametrize("least", ["-1", "1000000", "NaN", "0.001"])
def test_a_least_refund_is_an_amount_of_the_booking(world: World, least: str) -> None:
    """From nothing to the price, in amounts that can be paid."""
    book(world)
    with pytest.raises(psycopg.Error) as caught:
        world.value(CANCEL, booking(world)["id"], Decimal(least))
    assert (caught.value.sqlstate, caught.value.diag.column_name) == (
        "SK018",
        "p_min_refund",
    )
