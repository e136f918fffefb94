"""A traveller gives a booking back: the airline first, then the money."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from tests.conftest import Connect
from tests.e2e.cases import book, kinds, state
from tests.factories import FLAGS, World, until
from tests.sandbox.flights.cancellations import Terms

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


def test_a_booking_that_returns_nothing_is_cancelled_and_not_refunded(
    world: World,
) -> None:
    """Nothing was refunded, and nobody is told that it was."""
    trip = book(world)
    world.flights.set_cancellations(Terms(refund_share=Decimal(0)))
    with world.working():
        world.value(CANCEL, booking(world)["id"], Decimal(0))
        until(lambda: state(world, trip) == "CANCELLED")
    (intent,) = world.intents(trip)
    assert (intent["refunded"], intent["captured"] > 0) == (0, True)
    held = booking(world)
    assert (held["status"], held["refund_amount"]) == ("CANCELLED", 0)
    assert held["attention"] == "Cancelled; nothing is returned."
    said = "select auto_book_status, status_reason from public.trip_requests"
    assert world.row(said) == {
        "auto_book_status": "CANCELLED",
        "status_reason": "The booking was cancelled; nothing is returned.",
    }
    assert world.value(CANCEL, held["id"], None) == "CANCELLED"
    assert kinds(world) == []
    assert world.violations() == []
    # Whoever writes it: a refund of nothing is none.
    with pytest.raises(psycopg.errors.CheckViolation):
        world.rows("update public.flight_bookings set status = 'REFUNDED'")


def test_what_is_returned_is_said_with_the_digits_of_its_currency(world: World) -> None:
    """To the traveller, on the booking and on the trip, while and after."""
    trip = book(world)
    world.flights.set_cancellations(Terms(refund_share=Decimal("0.5")))
    with world.working():
        world.value(CANCEL, booking(world)["id"], None)
        until(lambda: state(world, trip) == "CONFIRMED")
    words = booking(world)["attention"]
    assert re.fullmatch(
        r"Not cancelled: the airline would return only \d+\.\d\d GBP\.", words
    )
    with world.working():
        world.value(CANCEL, booking(world)["id"], Decimal(1))
        until(lambda: state(world, trip) == "CANCELLED")
    held = booking(world)
    (intent,) = world.intents(trip)
    assert held["refund_amount"] == Decimal(intent["refunded"]) / 100
    assert 0 < held["refund_amount"] < held["price"]
    assert re.fullmatch(r"Cancelled; \d+\.\d\d GBP was returned\.", held["attention"])
    said = world.value("select status_reason from public.trip_requests")
    assert said == f"The booking was cancelled; {held['attention'][11:]}"


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
