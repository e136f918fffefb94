"""A limit in one currency, fares in another: from the trip to the captured payment."""

from __future__ import annotations

from datetime import timedelta
from decimal import ROUND_CEILING, ROUND_DOWN, Decimal
from uuid import UUID

import pytest

from tests.factories import World, until
from tests.sandbox.control import Fault

CENT = Decimal("0.01")


def search(world: World, trip: UUID) -> list[Decimal]:
    """Search; return what the fares were, in pounds, cheapest first."""
    with world.working():
        world.rows("select public.duffel_search(%s)", trip)
        until(world.at_rest)
    rows = world.rows(
        "select price_amount, price_currency from public.flight_offers"
        " where trip_request_id = %s order by price_amount",
        trip,
    )
    assert {row["price_currency"] for row in rows} == {"GBP"}
    return [row["price_amount"] for row in rows]


def rate(world: World, value: str, age: str = "0") -> None:
    """Record what a euro costs in pounds, so long ago."""
    world.rate("EUR", "GBP", value, timedelta(hours=int(age)))


def reasons(world: World, trip: UUID) -> set[str]:
    """Return why offers are not eligible."""
    rows = world.rows(
        "select distinct unnest(ineligible) as reason from public.flight_offers as o"
        " join public.trip_requests as t on t.id = o.trip_request_id"
        " and t.search_round = o.search_round where t.id = %s",
        trip,
    )
    return {row["reason"] for row in rows}


def test_a_limit_in_euros_buys_a_fare_in_pounds_at_a_fresh_rate(world: World) -> None:
    """Not without a rate, not at an old one; then once, in the fare's own currency."""
    trip = world.trip(world.traveller(), currency="EUR", max_price=9000)
    search(world, trip)
    assert world.status(trip) == "PENDING"
    assert reasons(world, trip) >= {"no_exchange_rate"}
    rate(world, "0.86", age="25")
    search(world, trip)
    assert reasons(world, trip) >= {"exchange_rate_too_old"}
    assert world.intents() == []

    rate(world, "0.85")
    with world.working():
        world.rows("select public.duffel_search(%s)", trip)
        until(lambda: world.status(trip) == "BOOKED")
    (order,) = world.orders(trip)
    (intent,) = world.intents(trip)
    assert (order["currency"], intent["currency"]) == ("GBP", "gbp")
    assert intent["amount_received"] == Decimal(order["total"]) * 100
    attempt = world.attempt(trip)
    assert attempt["currency"] == "GBP"
    assert attempt["cap_amount"] == Decimal("7650.00")  # 9000 EUR at 0.85
    booking = world.row("select * from public.flight_bookings")
    assert (booking["currency"], booking["price"]) == ("GBP", Decimal(order["total"]))
    assert world.violations() == []


def test_a_limit_that_a_cent_keeps_from_a_fare_keeps_it(world: World) -> None:
    """The cheapest fare at the rate of the day, and a cent of a euro less than that."""
    traveller = world.traveller()
    watch = world.trip(traveller, auto_book_enabled=False)
    rate(world, "0.85")
    fares = [
        fare
        for fare in search(world, watch)
        if world.value(
            "select bool_or(rank is not null) from public.flight_offers"
            " where price_amount = %s",
            fare,
        )
    ]
    enough = (fares[0] / Decimal("0.85")).quantize(CENT, rounding=ROUND_CEILING)
    trip = world.trip(traveller, currency="EUR", max_price=enough - CENT)
    search(world, trip)
    assert world.status(trip) == "PENDING"
    reason = world.value(
        "select status_reason from public.trip_requests where id = %s", trip
    )
    pounds = ((enough - CENT) * Decimal("0.85")).quantize(CENT, rounding=ROUND_DOWN)
    assert f"over your limit of {enough - CENT} EUR, which is {pounds} GBP" in reason
    world.rows(
        "update public.trip_requests set max_price = %s,"
        " consent_text_version = '2026-11' where id = %s",
        enough,
        trip,
    )
    with world.working():
        world.rows("select public.duffel_search(%s)", trip)
        until(lambda: world.status(trip) == "BOOKED")
    assert Decimal(world.orders(trip)[0]["total"]) == fares[0]
    assert world.violations() == []


@pytest.mark.parametrize("happens", ["it falls", "it grows old", "it is gone"])
def test_a_rate_that_does_not_hold_stops_the_order_at_the_final_check(
    world: World, happens: str
) -> None:
    """While the card is being authorized; the hold is released, nothing is ordered."""
    trip = world.trip(world.traveller(), currency="EUR", max_price=9000)
    rate(world, "0.85", age="1")
    hold = Fault(match="POST /v1/payment_intents/*/confirm", kind="hold_after", times=1)
    world.payments.faults.arm(hold)
    with world.working():
        world.rows("select public.duffel_search(%s)", trip)
        until(lambda: world.payments.faults.held == 1)
        if happens == "it falls":
            rate(world, "0.0001")
        elif happens == "it grows old":
            world.rows(
                "update engine.exchange_rates set as_of = as_of - interval '25 hours'"
            )
        else:
            world.rows("delete from engine.exchange_rates")
        world.payments.faults.clear()
        until(world.at_rest)
    assert world.attempt(trip)["error_message"] == (
        "Not ordered: the price is over the limit."
    )
    assert world.orders() == []
    (intent,) = world.intents(trip)
    assert (intent["status"], intent["held"], intent["captured"]) == ("canceled", 0, 0)
    assert world.status(trip) == "PENDING"
    assert world.violations() == []
