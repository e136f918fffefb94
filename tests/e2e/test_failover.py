"""After a promotion, attempts in flight wait for both lists, and go on.

A promotion leaves the server's identifier and changes its timeline: `engine.history`
then names another history than the present one. The oracle is the sandboxes' truth.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from sidecar.flights import Flights
from sidecar.sandbox.control import Fault
from tests.e2e.cases import kinds, state
from tests.factories import World, until

if TYPE_CHECKING:
    from collections.abc import Iterator

# Where an attempt stands still while its provider is busy: the request that is refused.
STANDS = {
    "REPRICING": ("flights", "GET /air/offers/*", "get_offer"),
    "CREATING_PAYMENT": ("payments", "POST /v1/payment_intents", "create_payment"),
    "AUTHORIZING": (
        "payments",
        "POST /v1/payment_intents/*/confirm",
        "confirm_payment",
    ),
    "ORDERING": ("flights", "POST /air/orders", "create_order"),
    "CAPTURING": ("payments", "POST /v1/payment_intents/*/capture", "capture_payment"),
}


def standing(world: World, at: str) -> UUID:
    """Return a trip whose attempt is in this state, its next call not made yet."""
    trip = world.trip(world.traveller())
    provider, match, operation = STANDS[at]
    sandbox = getattr(world, provider)
    busy = {"errors": [{"type": "rate_limit_error", "code": "rate_limit_exceeded"}]}
    sandbox.faults.arm(
        Fault(match=match, kind="status", times=None, status=429, body=busy)
    )
    with world.working():
        world.tick()
        until(
            lambda: world.rows(
                "select 1 from engine.provider_calls"
                " where operation = %s and state = 'READY' and tries > 0",
                operation,
            )
        )
    sandbox.faults.clear()
    assert state(world, trip) == at
    return trip


def promote(world: World) -> None:
    """Let the database write another timeline of the same server."""
    world.rows("update engine.history set timeline = '00000000'")


def call(world: World, operation: str) -> dict[str, Any]:
    """Return the one call of this kind."""
    return world.row(
        "select * from engine.provider_calls where operation = %s", operation
    )


def hurry(world: World) -> None:
    """Let every wait be over."""
    world.rows("update engine.provider_calls set run_at = now() where state = 'READY'")


def waits(world: World, trip: UUID, *, refused: int = 1) -> None:
    """Wait until the order was held back, which is no try: `refused` ones were."""
    until(
        lambda: world.rows(
            "select 1 from engine.provider_calls where operation = 'create_order'"
            " and state = 'READY' and epoch > %s",
            refused,
        )
    )
    assert call(world, "create_order")["tries"] == refused
    assert state(world, trip) == "ORDERING"


@contextmanager
def comparing(world: World) -> Iterator[None]:
    """Work for the block while the list of payments is not answered."""
    lists = Fault(match="GET /v1/payment_intents", kind="hold_before", times=None)
    world.payments.faults.arm(lists)
    with world.working():
        world.rows("select engine.recover()")
        until(lambda: world.payments.faults.held > 0)
        hurry(world)
        yield
        world.payments.faults.clear()
        until(lambda: world.value("select engine.history_problem()") is None)
        hurry(world)
        until(world.at_rest)


@pytest.mark.parametrize("at", list(STANDS))
def test_an_attempt_in_flight_goes_on_after_a_promotion(world: World, at: str) -> None:
    """Nothing is voided, nothing ordered until both lists were compared: then once."""
    trip = standing(world, at)
    promote(world)
    with comparing(world):
        if at == "CAPTURING":
            # Its order exists: what is held is collected meanwhile.
            until(lambda: world.status(trip) == "BOOKED")
        else:
            waits(world, trip, refused=int(at == "ORDERING"))
            assert world.orders(trip) == []
            (intent,) = world.intents(trip)
            assert intent["status"] == "requires_capture"
    assert world.status(trip) == "BOOKED"
    (order,) = world.orders(trip)
    assert order["cancelled_at"] is None
    (intent,) = world.intents(trip)
    assert intent["captured"] == intent["amount"]
    assert kinds(world) == []
    assert world.violations() == []


def test_a_stop_waits_too_while_an_order_may_be_lost(world: World) -> None:
    """A kill switch that is pulled meanwhile ends it only once the lists are known."""
    trip = standing(world, "ORDERING")
    promote(world)
    world.rows("select engine.set_kill_switch(true, 'a test')")
    with comparing(world):
        waits(world, trip)
        (intent,) = world.intents(trip)
        assert intent["held"] > 0
    assert state(world, trip) == "FAILED"
    assert world.orders(trip) == []
    (intent,) = world.intents(trip)
    assert (intent["held"], intent["captured"]) == (0, 0)


def test_a_hold_that_lapses_while_it_waits_is_still_told(world: World) -> None:
    """Whatever holds the lists up, no hold lapses in silence."""
    trip = standing(world, "ORDERING")
    promote(world)
    world.rows(
        "update public.booking_attempts"
        " set capture_before = now() + interval '11 hours'"
    )
    with comparing(world):
        waits(world, trip)
        world.rows(
            "update engine.invariant_checks set checked_at = now() - interval '1 hour'"
        )
        world.rows("select engine.watch_invariants()")
        assert kinds(world) == ["AUTHORIZATION_LAPSING"]
        alerts = world.rows("select kind, subject from engine.open_alerts()")
        assert {
            "kind": "AUTHORIZATION_LAPSING",
            "subject": str(world.attempt(trip)["id"]),
        } in alerts
    assert world.status(trip) == "BOOKED"


@pytest.mark.parametrize("at", ["AUTHORIZING", "ORDERING"])
def test_an_order_that_this_history_has_lost_is_taken_over_and_not_made_again(
    world: World, at: str
) -> None:
    """It was made a moment before the promotion: no age excuses a second one."""
    trip = standing(world, at)
    request = world.value(
        'select engine.build_request(jsonb_populate_record(c, \'{"operation":'
        ' "create_order"}\')) from engine.provider_calls as c'
        " where c.operation = 'get_offer'"
    )
    flights = Flights(world.flights_url, "duffel_test_fixture")
    made = flights.create_order(request, "lost").body["data"]
    promote(world)
    with comparing(world):
        until(lambda: world.attempt(trip)["order_hint"] == made["id"])
    assert world.status(trip) == "BOOKED"
    assert [order["id"] for order in world.orders()] == [made["id"]]
    assert world.attempt(trip)["order_id"] == made["id"]
    assert call(world, "create_order")["error_code"] == "order_known"
    (intent,) = world.intents(trip)
    assert intent["captured"] == intent["amount"]
    assert kinds(world) == []
    assert world.violations() == []
