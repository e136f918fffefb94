"""After a promotion, attempts in flight wait for both lists, and go on.

A promotion leaves the server's identifier and changes its timeline: `engine.history`
then names another history than the present one. The oracle is the sandboxes' truth.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest

from sidecar.flights import Flights
from sidecar.payments import Payments
from tests.e2e.cases import (
    confirm,
    hold_elsewhere,
    kinds,
    order_elsewhere,
    payment,
    promote,
    queue,
    scan,
    settle,
    state,
)
from tests.factories import Traveller, World, until
from tests.sandbox.control import Fault

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


def call(world: World, operation: str) -> dict[str, Any]:
    """Return the one call of this kind."""
    return world.row(
        "select * from engine.provider_calls where operation = %s", operation
    )


def hurry(world: World) -> None:
    """Let every wait be over."""
    world.rows("update engine.provider_calls set run_at = now() where state = 'READY'")


def waits(world: World, trip: UUID, at: str) -> None:
    """Assert that the attempt stands still, its call untouched since it was refused."""
    assert state(world, trip) == at
    waiting = call(world, STANDS[at][2])
    assert (waiting["state"], waiting["tries"]) == ("READY", 1)


@contextmanager
def comparing(world: World) -> Iterator[None]:
    """Work for the block while the list of payments is not answered."""
    lists = Fault(match="GET /v1/payment_intents", kind="hold_before", times=None)
    world.payments.faults.arm(lists)
    with world.working():
        settle(world)
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
            waits(world, trip, at)
            assert world.orders(trip) == []
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
        waits(world, trip, "ORDERING")
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
        waits(world, trip, "ORDERING")
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
    attempt = world.attempt(trip)
    key = f"{attempt['id']}:confirm_payment"
    Payments(world.payments_url, "sk_test_fixture").confirm(
        attempt["payment_intent_id"], key
    )
    promote(world)
    with comparing(world):
        until(lambda: world.attempt(trip)["order_hint"] == made["id"])
    assert world.status(trip) == "BOOKED"
    assert [order["id"] for order in world.orders()] == [made["id"]]
    assert world.attempt(trip)["order_id"] == made["id"]
    assert len(world.flights.state()["order_attempts"]) == 1
    assert call(world, STANDS[at][2])["error_code"] == "order_known"
    (intent,) = world.intents(trip)
    assert intent["captured"] == intent["amount"]
    assert kinds(world) == []
    assert world.violations() == []


def mine(world: World, trip: UUID, attempt: UUID | None = None) -> dict[str, str]:
    """Return the mark of one of our attempts, by default of one that was lost."""
    return {
        "attempt_id": str(attempt or uuid4()),
        "trip_request_id": str(trip),
        "installation_id": str(world.value("select engine.installation_id()")),
    }


def test_lists_that_were_asked_for_too_early_confirm_nothing(world: World) -> None:
    """What was under way may appear until the margin is over: it is found then."""
    trip = standing(world, "ORDERING")
    promote(world)
    attempt = world.attempt(trip)
    with world.working():
        scan(world)
        assert world.value("select engine.history_problem()") is not None
        # Still on its way when they were read; its offer is the attempt's own.
        flights = Flights(world.flights_url, "duffel_test_fixture")
        request = world.value(
            "select engine.build_request(c) from engine.provider_calls as c"
            " where c.operation = 'create_order'"
        )
        made = flights.create_order(request, "in flight").body["data"]
        confirm(world)
        until(lambda: world.status(trip) == "BOOKED")
    assert [order["id"] for order in world.orders(trip)] == [made["id"]]
    assert world.attempt(trip)["id"] == attempt["id"]
    assert len(world.flights.state()["order_attempts"]) == 1
    assert kinds(world) == []


def test_an_offer_that_is_gone_ends_nothing_before_the_lists_were_compared(
    world: World,
) -> None:
    """The order was made, the offer is sold out: it is found, and none other made."""
    trip = standing(world, "REPRICING")
    attempt = world.attempt(trip)
    request = world.value(
        'select engine.build_request(jsonb_populate_record(c, \'{"operation":'
        ' "create_order"}\')) from engine.provider_calls as c'
        " where c.operation = 'get_offer'"
    )
    flights = Flights(world.flights_url, "duffel_test_fixture")
    flights.create_order(request, "lost")
    hold_elsewhere(
        world,
        Traveller(attempt["user_id"], uuid4(), attempt["payment_method_id"]),
        request["metadata"],
        amount=attempt["agreed_amount"],
    )
    world.flights.vanish("LHR", "JFK", times=1000)
    promote(world)
    with world.working():
        confirm(world)
        until(lambda: world.status(trip) == "BOOKED")
    assert world.value("select count(*) from public.booking_attempts") == 1
    assert len(world.orders()) == 1
    assert kinds(world) == []


def test_money_that_was_taken_means_that_an_order_is_looked_for(world: World) -> None:
    """Though Duffel does not show it: nothing is collected without an order."""
    trip = standing(world, "ORDERING")
    attempt = world.attempt(trip)
    Payments(world.payments_url, "sk_test_fixture").capture(
        attempt["payment_intent_id"],
        world.intents(trip)[0]["amount"],
        f"{attempt['id']}:capture_payment",
    )
    promote(world)
    with world.working():
        confirm(world)
        until(lambda: state(world, trip) == "ORDER_UNKNOWN")
        until(world.at_rest)
    assert world.flights.state()["order_attempts"] == []
    assert world.violations() == []


def test_an_order_without_any_payment_of_it_is_a_persons(world: World) -> None:
    """The attempt freezes: it neither orders again nor fails."""
    trip = standing(world, "REPRICING")
    found = order_elsewhere(
        world, mine(world, trip, world.attempt(trip)["id"]), seconds_ago=1
    )
    promote(world)
    with world.working():
        confirm(world)
        until(lambda: state(world, trip) == "NEEDS_REVIEW")
    assert [order["id"] for order in world.orders()] == [found]
    assert world.attempt(trip)["review_from"] == "REPRICING"
    assert kinds(world) == ["ATTEMPT"]


def test_a_trip_with_a_lost_attempt_waits_for_the_next_lists(world: World) -> None:
    """Its hold is released when these show no order of it, and the trip is booked."""
    traveller = world.traveller()
    trip = world.trip(traveller)
    stray = hold_elsewhere(world, traveller, mine(world, trip), hours_ago=0)
    promote(world)
    with world.working():
        confirm(world)
        assert kinds(world) == ["LOST_ATTEMPT"]
        world.tick()
        until(
            lambda: world.value(
                "select bool_and(state = 'DONE') from engine.provider_calls"
                " where operation = 'search'"
            )
        )
        assert world.value("select count(*) from public.flight_offers") > 0
        assert world.value("select count(*) from public.booking_attempts") == 0
        assert payment(world, stray)["status"] == "requires_capture"
        hurry(world)
        until(lambda: payment(world, stray)["status"] == "canceled")
        until(lambda: kinds(world) == [])
        world.rows("update public.trip_requests set next_search_at = now()")
        world.tick()
        until(lambda: world.status(trip) == "BOOKED")
    assert len(world.orders()) == 1


def test_a_hold_of_a_lost_attempt_with_an_order_is_a_persons(world: World) -> None:
    """However young both are: found at once, and the trip is not booked again."""
    traveller = world.traveller()
    trip = world.trip(traveller)
    mark = mine(world, trip)
    stray = hold_elsewhere(world, traveller, mark, hours_ago=0)
    order_elsewhere(world, mark, seconds_ago=0)
    promote(world)
    with world.working():
        confirm(world)
        assert kinds(world) == ["ORPHAN_ORDER", "ORPHAN_PAYMENT"]
        world.tick()
        until(world.at_rest)
    assert world.status(trip) == "ACTION_REQUIRED"
    assert payment(world, stray)["status"] == "requires_capture"
    assert len(world.orders()) == 1


def test_a_young_hold_without_our_name_is_judged_at_once(world: World) -> None:
    """Of an attempt that began before there were names: a person's."""
    traveller = world.traveller()
    trip = world.trip(traveller)
    mark = mine(world, trip)
    del mark["installation_id"]
    stray = hold_elsewhere(world, traveller, mark, hours_ago=0)
    promote(world)
    with world.working():
        confirm(world)
    assert kinds(world) == ["ORPHAN_PAYMENT"]
    assert queue(world, "ORPHAN_PAYMENT")["object_id"] == stray
    assert world.status(trip) == "ACTION_REQUIRED"


def test_two_live_orders_of_one_trip_are_a_case_whoever_made_them(world: World) -> None:
    """Each by another attempt; closed when one of them is cancelled."""
    trip = world.trip(world.traveller())
    orders = [order_elsewhere(world, mine(world, trip)) for _ in range(2)]
    scan(world)
    case = queue(world, "DOUBLE_BOOKING")
    assert case["evidence"]["found"] == sorted(orders)
    assert case["trip_request_id"] == trip
    promise = "one live order and one capture per trip"
    assert promise in {row["invariant"] for row in world.violations()}
    world.rows("select engine.watch_invariants()")
    assert "INVARIANT" not in kinds(world)
    world.flights.airline_cancels(orders[0])
    scan(world)
    assert kinds(world) == ["ORPHAN_ORDER"]
    assert world.violations() == []


def test_money_that_was_taken_twice_for_one_trip_is_a_case(world: World) -> None:
    """One of them by nobody who is known here."""
    traveller = world.traveller()
    trip = world.trip(traveller)
    with world.working():
        world.tick()
        until(lambda: world.status(trip) == "BOOKED")
    stray = hold_elsewhere(world, traveller, mine(world, trip))
    Payments(world.payments_url, "sk_test_fixture").capture(stray, 12300, "stray")
    scan(world)
    found = queue(world, "DOUBLE_BOOKING")["evidence"]["found"]
    assert found == sorted([stray, world.attempt(trip)["payment_intent_id"]])
