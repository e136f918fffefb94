"""What the providers have and we do not know: found, adopted, released or a case.

And after a restore: nothing is booked until both lists were compared. The oracle is the
sandboxes' own truth.
"""

from __future__ import annotations

from uuid import UUID, uuid4

import psycopg
import pytest

from sidecar.payments import Payments
from tests.e2e.cases import (
    ORDER,
    book,
    decide,
    hold_elsewhere,
    kinds,
    order_elsewhere,
    payment,
    possible,
    promote,
    queue,
    scan,
    settle,
    state,
)
from tests.factories import DECLINED, World, until
from tests.sandbox.control import Fault

PROBLEM = "select engine.flag_problem(%s, now())"


def marked(trip: UUID, attempt: UUID | None = None) -> dict[str, str]:
    """Return the metadata by which an order or a payment is ours, without our name."""
    return {"attempt_id": str(attempt or uuid4()), "trip_request_id": str(trip)}


def named(world: World, trip: UUID) -> dict[str, str]:
    """Return the metadata of an attempt that nobody knows any more, with our name."""
    name = world.value("select engine.installation_id()::text")
    return {**marked(trip), "installation_id": name}


def failed(world: World) -> UUID:
    """Return a trip whose attempt ended an hour ago, without an order or a hold."""
    trip = world.trip(world.traveller(card=DECLINED))
    with world.working():
        world.tick()
        until(lambda: state(world, trip) == "FAILED")
    world.rows(
        "update public.booking_attempts set ended_at = ended_at - interval '1 hour'"
    )
    return trip


# -- orders --------------------------------------------------------------------------


def test_an_order_of_an_attempt_nobody_knows_is_a_case_and_holds_its_trip(
    world: World,
) -> None:
    """The trip may be booked already, so it is not booked again; found once."""
    trip = world.trip(world.traveller())
    order_id = order_elsewhere(world, marked(trip))
    scan(world)
    scan(world)
    case = queue(world, "ORPHAN_ORDER")
    assert (case["object_id"], case["trip_request_id"]) == (order_id, trip)
    assert world.status(trip) == "ACTION_REQUIRED"
    with pytest.raises(psycopg.Error) as caught:
        world.rows("select public.resume_trip(%s)", trip)
    assert caught.value.sqlstate == "SK103"
    with world.working():
        world.tick()
        until(world.at_rest)
    assert [o["id"] for o in world.orders()] == [order_id]
    world.flights.airline_cancels(order_id)
    scan(world)
    assert kinds(world) == []
    assert world.rows("select public.resume_trip(%s)", trip)


def test_what_is_booked_and_what_is_not_ours_is_passed_over(world: World) -> None:
    """No mark, no business of ours; and an order just made is not judged yet."""
    world.flights.clock.advance(-420)
    world.payments.clock.advance(-420)
    book(world)
    world.flights.clock.advance(420)
    world.payments.clock.advance(420)
    traveller = world.traveller()
    order_elsewhere(world, {"somebody": "else"})
    hold_elsewhere(world, traveller, {"somebody": "else"})
    world.flights.clock.advance(480)
    order_elsewhere(world, marked(uuid4()))
    hold_elsewhere(world, traveller, marked(uuid4()), hours_ago=0)
    scan(world)
    assert kinds(world) == []
    assert world.rows(
        "select scan, found from engine.scans where scan in ('orders', 'payments')"
        " order by scan"
    ) == [
        {"scan": "orders", "found": 0},
        {"scan": "payments", "found": 0},
    ]


def test_an_order_of_an_attempt_that_ended_opens_the_attempt_again(
    world: World,
) -> None:
    """A person sees both what was decided and what Duffel has, and can cancel it."""
    trip = failed(world)
    attempt = world.attempt(trip)
    order_id = order_elsewhere(world, marked(trip, attempt["id"]))
    scan(world)
    assert kinds(world) == ["ATTEMPT", "ORPHAN_ORDER"]
    assert state(world, trip) == "NEEDS_REVIEW"
    assert world.attempt(trip)["order_hint"] == order_id
    with world.working():
        until(lambda: (queue(world, "ATTEMPT")["evidence"] or {}).get("order"))
    assert "VOID" in possible(queue(world, "ATTEMPT"))
    with pytest.raises(psycopg.Error) as caught:
        decide(world, queue(world, "ATTEMPT"), "VOID")
    assert caught.value.sqlstate == "SK108"
    scan(world)
    assert kinds(world) == ["ATTEMPT", "ORPHAN_ORDER"]


def test_a_second_order_of_a_booked_attempt_is_a_case(world: World) -> None:
    """The booking stays what it is; the second order is for a person to cancel."""
    trip = book(world)
    order_elsewhere(world, marked(trip, world.attempt(trip)["id"]))
    scan(world)
    assert kinds(world) == ["DOUBLE_BOOKING", "ORDER_CONTRADICTION"]
    assert world.status(trip) == "BOOKED"


def test_a_scan_finds_the_order_that_an_attempt_waits_for(world: World) -> None:
    """Adopted through the saga's own checks: one order, one capture."""
    trip = world.trip(world.traveller())
    world.flights.faults.arm(Fault(match=ORDER, kind="drop_after"))
    blind = Fault(match="GET /air/orders", kind="status", times=None, status=503)
    world.flights.faults.arm(blind)
    world.flights.clock.advance(-420)
    with world.working():
        world.tick()
        until(lambda: state(world, trip) == "ORDER_UNKNOWN")
    world.flights.clock.advance(420)
    world.rows(
        "update engine.provider_calls set run_at = now() + interval '1 hour'"
        " where operation = 'find_order'"
    )
    world.flights.faults.clear()
    scan(world)
    with world.working():
        until(lambda: world.status(trip) == "BOOKED")
    assert len(world.orders(trip)) == 1
    assert kinds(world) == []


def test_a_list_that_ends_half_way_is_no_list(world: World) -> None:
    """Nothing is concluded from a page that failed."""
    world.flights.faults.arm(
        Fault(match="GET /air/orders", kind="truncate", times=None)
    )
    world.rows("select engine.start_scan('orders', now())")
    with world.working():
        until(
            lambda: (
                world.value(
                    "select tries from engine.provider_calls"
                    " where operation = 'scan_orders'"
                )
                > 1
            )
        )
    assert world.rows("select * from engine.scans where scan = 'orders'") == []


# -- payments ------------------------------------------------------------------------


def test_a_hold_of_an_attempt_that_failed_is_released(world: World) -> None:
    """Once Duffel's list, read since, shows no order of it; not before."""
    traveller = world.traveller()
    trip = failed(world)
    stray = hold_elsewhere(world, traveller, marked(trip, world.attempt(trip)["id"]))
    assert payment(world, stray)["held"] > 0
    scan(world)
    with world.working():
        until(lambda: payment(world, stray)["status"] == "canceled")
    assert payment(world, stray)["held"] == 0
    assert kinds(world) == []


def test_a_hold_that_may_belong_to_an_order_is_a_case(world: World) -> None:
    """Released by nobody but a person."""
    traveller = world.traveller()
    trip = failed(world)
    mark = marked(trip, world.attempt(trip)["id"])
    order_elsewhere(world, mark)
    stray = hold_elsewhere(world, traveller, mark)
    scan(world)
    assert "ORPHAN_ORDER" in kinds(world)
    assert payment(world, stray)["status"] == "requires_capture"


def test_a_hold_of_an_attempt_nobody_knows_is_released_by_a_person(
    world: World,
) -> None:
    """After both providers were asked; the trip waits meanwhile."""
    traveller = world.traveller()
    trip = world.trip(traveller)
    stray = hold_elsewhere(world, traveller, marked(trip))
    scan(world)
    case = queue(world, "ORPHAN_PAYMENT")
    assert (case["object_id"], case["trip_request_id"]) == (stray, trip)
    assert world.status(trip) == "ACTION_REQUIRED"
    assert payment(world, stray)["status"] == "requires_capture"
    with world.working():
        until(lambda: possible(queue(world, "ORPHAN_PAYMENT"))["VOID"] is None)
        first = decide(world, case, "VOID")
        until(lambda: payment(world, stray)["status"] == "canceled")
        until(lambda: kinds(world) == [])
    assert decide(world, case, "VOID") == first
    assert world.value("select count(*) from engine.review_actions") == 1


def test_money_taken_without_a_booking_is_a_case(world: World) -> None:
    """It is not returned by itself either."""
    traveller = world.traveller()
    trip = failed(world)
    stray = hold_elsewhere(world, traveller, marked(trip, world.attempt(trip)["id"]))
    Payments(world.payments_url, "sk_test_fixture").capture(stray, 12300, "stray")
    scan(world)
    case = queue(world, "ORPHAN_PAYMENT")
    assert case["object_id"] == stray
    assert payment(world, stray)["refunded"] == 0


def test_a_payment_that_was_never_confirmed_is_canceled_after_a_day(
    world: World,
) -> None:
    """Not before; and not when it names neither an attempt of ours nor us."""
    traveller = world.traveller()
    world.rows("update engine.history set confirmed_at = now() - interval '3 days'")

    def leave(metadata: dict[str, str], hours: float) -> str:
        return hold_elsewhere(
            world, traveller, metadata, confirm=False, hours_ago=hours
        )

    old = leave(named(world, uuid4()), 25)
    young = leave(named(world, uuid4()), 23)
    nameless = leave(marked(uuid4()), 25)
    scan(world)
    with world.working():
        until(lambda: payment(world, old)["status"] == "canceled")
        until(world.at_rest)
    for intent in (young, nameless):
        assert payment(world, intent)["status"] == "requires_confirmation"
    assert kinds(world) == []


# -- after a restore -----------------------------------------------------------------


@pytest.mark.parametrize(
    "another",
    [
        "system_identifier = system_identifier - 1",
        "timeline = '00000000'",
        "database_oid = 1::oid",
    ],
    ids=["server", "timeline", "database"],
)
def test_nothing_is_booked_after_a_restore_until_both_lists_were_compared(
    world: World, another: str
) -> None:
    """Refused with its reason; the scans run at once, and then it goes on by itself."""
    trip = world.trip(world.traveller())
    world.rows(f"update engine.history set {another}")
    with pytest.raises(psycopg.Error) as caught:
        world.rows("select public.auto_book_production(%s)", trip)
    assert caught.value.sqlstate == "SK201"
    assert "restored" in str(caught.value.diag.message_detail)
    lists = Fault(match="GET /v1/payment_intents", kind="hold_before", times=None)
    world.payments.faults.arm(lists)
    with world.working():
        world.rows("select engine.recover()")
        settle(world)
        until(lambda: world.payments.faults.held > 0)
        world.tick()
        assert "restored" in world.value(PROBLEM, world.traveller().user_id)
        assert world.intents(trip) == []
        world.payments.faults.clear()
        until(lambda: world.value(PROBLEM, world.traveller().user_id) is None)
        world.tick()
        until(lambda: world.status(trip) == "BOOKED")


def test_a_booking_that_a_restore_has_lost_is_found_and_not_made_again(
    world: World,
) -> None:
    """Its rows are gone as a backup's tail is; order and money are at the providers."""
    world.flights.clock.advance(-420)
    world.payments.clock.advance(-420)
    trip = book(world)
    world.flights.clock.advance(420)
    world.payments.clock.advance(420)
    lose(world, trip)
    promote(world)
    with world.working():
        settle(world)
        until(lambda: world.value(PROBLEM, world.traveller().user_id) is None)
        world.tick()
        until(lambda: kinds(world) == ["ORPHAN_ORDER", "ORPHAN_PAYMENT"])
        world.tick()
    assert world.status(trip) == "ACTION_REQUIRED"
    assert len(world.orders(trip)) == len(world.intents(trip)) == 1
    assert queue(world, "ORPHAN_ORDER")["trip_request_id"] == trip


def lose(world: World, trip: UUID) -> None:
    """Delete what was written since the trip was stated, past every guard."""
    with psycopg.connect(world.dsn) as connection:
        connection.execute("set session_replication_role = replica")
        for table in (
            "public.booking_passengers",
            "public.flight_bookings",
            "engine.provider_calls",
            "engine.booking_events",
            "public.booking_attempts",
        ):
            connection.execute(f"delete from {table}".encode())
        connection.execute(
            "update public.trip_requests set auto_book_status = 'PENDING',"
            " selected_offer_id = null, next_search_at = now() where id = %s",
            [trip],
        )
        connection.execute("delete from public.flight_offers")
