"""Every definite refusal ends properly: no order, no hold, and a reason to read.

The oracle is the sandboxes' own truth: orders at Duffel, payment intents at Stripe.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from tests.factories import DECLINED, FLAGS, World, until
from tests.sandbox.control import Fault
from tests.sandbox.flights.cancellations import Terms

ORDER = "POST /air/orders"


def refused_order(status: int, kind: str, code: str) -> Fault:
    """Return a fault that answers an order with one Duffel error."""
    error = {"type": kind, "code": code, "title": code, "message": code}
    return Fault(
        match=ORDER,
        kind="status",
        status=status,
        body={"errors": [error], "meta": {"status": status, "request_id": "r"}},
    )


def run_to_rest(world: World, *, sidecars: int = 1) -> None:
    """Tick once and wait until nothing is waiting or out."""
    with world.working(sidecars=sidecars):
        world.tick()
        until(world.at_rest)


def assert_no_trace(world: World, trip: UUID) -> dict[str, Any]:
    """Assert that neither provider holds anything; return the attempt."""
    assert world.orders(trip) == []
    for intent in world.intents(trip):
        assert intent["status"] == "canceled"
        assert intent["held"] == 0
        assert intent["captured"] == 0
    assert world.violations() == []
    attempt = world.attempt(trip)
    assert (attempt["status"], attempt["state"]) == ("FAILED", "FAILED")
    return attempt


def test_a_declined_card_asks_the_traveller_and_voids(world: World) -> None:
    """No order is tried with a card that was declined."""
    trip = world.trip(world.traveller(card=DECLINED))
    run_to_rest(world)
    attempt = assert_no_trace(world, trip)
    assert attempt["payment_intent_id"] is not None
    assert world.status(trip) == "ACTION_REQUIRED"
    assert world.flights.state()["order_attempts"] == []
    assert "declined" in attempt["error_message"]


def test_an_amount_that_is_too_large_is_said_to_be_the_amount(world: World) -> None:
    """Another card would not help, and nobody is asked for one."""
    trip = world.trip(world.traveller())
    error = {"type": "invalid_request_error", "code": "amount_too_large"}
    world.payments.faults.arm(
        Fault(
            match="POST /v1/payment_intents",
            kind="status",
            status=400,
            body={"error": {**error, "param": "amount", "message": "Amount too large"}},
        )
    )
    with world.working():
        world.tick()
        until(lambda: world.rows("select * from public.booking_attempts"))
        until(world.at_rest)
    attempt = assert_no_trace(world, trip)
    assert attempt["error_code"] == "amount_too_large"
    assert "amount" in attempt["error_message"]
    assert "another" not in attempt["error_message"]
    assert world.status(trip) == "PENDING"
    assert world.orders(trip) == []


def test_an_offer_that_is_gone_is_searched_for_again(world: World) -> None:
    """The best offer vanishes on the live read: the next one is booked instead."""
    trip = world.trip(world.traveller())
    world.flights.vanish("LHR", "JFK", times=1)
    run_to_rest(world)
    attempts = world.rows(
        "select * from public.booking_attempts where trip_request_id = %s"
        " order by attempt_no",
        trip,
    )
    assert [a["status"] for a in attempts] == ["FAILED", "SUCCESS"]
    assert attempts[0]["error_code"] == "offer_no_longer_available"
    assert world.status(trip) == "BOOKED"
    assert [o["offer_id"] for o in world.orders(trip)] == [attempts[1]["offer_id"]]
    assert world.violations() == []


def test_a_fare_that_rose_above_the_cap_is_not_bought(world: World) -> None:
    """The live price decides, not the one that was found."""
    trip = world.trip(world.traveller())
    worker, database = world.build_worker()
    world.tick()
    calls = database.claim_calls("test", limit=1, searches=1)
    answer = worker._send(calls[0], calls[0].request or {})
    database.finish_calls(
        "test", [answer.as_report(calls[0].call_id, calls[0].epoch)], hand_on=False
    )
    database.close()
    assert world.status(trip) == "BOOKING"
    world.flights.set_fare_factor("LHR", "JFK", 100)
    with world.working():
        until(world.at_rest)
    attempt = assert_no_trace(world, trip)
    assert attempt["error_code"] == "price_above_cap"
    assert world.status(trip) == "PENDING"
    assert world.intents(trip) == []


def test_a_trip_that_is_too_dear_stays_pending_with_its_reason(world: World) -> None:
    """Nothing is attempted, and the traveller reads by how much it misses."""
    trip = world.trip(world.traveller(), max_price=1)
    run_to_rest(world)
    assert world.status(trip) == "PENDING"
    reason = world.value(
        "select status_reason from public.trip_requests where id = %s", trip
    )
    assert "over your limit of 1" in reason
    assert world.rows("select * from public.booking_attempts") == []


def test_an_empty_balance_voids_and_stops_every_new_booking(world: World) -> None:
    """Our account ran dry: no card is authorized in vain until somebody looks."""
    trip = world.trip(world.traveller())
    world.flights.faults.arm(
        refused_order(422, "invalid_state_error", "insufficient_balance")
    )
    run_to_rest(world)
    assert_no_trace(world, trip)
    assert world.status(trip) == "PENDING"
    assert world.value("select engaged from engine.kill_switch")
    second = world.trip(world.traveller())
    run_to_rest(world)
    assert world.intents(second) == []


@pytest.mark.parametrize(
    ("status", "kind", "code", "after"),
    [
        (422, "validation_error", "invalid_passenger_name", "ACTION_REQUIRED"),
        (422, "validation_error", "invalid_phone_number", "ACTION_REQUIRED"),
        (422, "validation_error", "validation_required", "ACTION_REQUIRED"),
    ],
)
def test_a_refused_passenger_asks_the_traveller_and_voids(
    world: World, status: int, kind: str, code: str, after: str
) -> None:
    """The airline says what is wrong with the data; the hold is released."""
    trip = world.trip(world.traveller())
    world.flights.faults.arm(refused_order(status, kind, code))
    run_to_rest(world)
    attempt = assert_no_trace(world, trip)
    assert attempt["error_code"] == code
    assert world.status(trip) == after


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (422, "airline_error", "offer_no_longer_available"),
        (422, "invalid_state_error", "offer_expired"),
        (422, "airline_error", "price_changed"),
        (422, "validation_error", "payment_amount_does_not_match_order_amount"),
        (502, "airline_error", "order_not_created"),
    ],
)
def test_an_order_refused_for_good_voids_and_books_another_offer(
    world: World, status: int, kind: str, code: str
) -> None:
    """The first authorization is released before the second is asked for."""
    trip = world.trip(world.traveller())
    world.flights.faults.arm(refused_order(status, kind, code))
    run_to_rest(world)
    assert world.status(trip) == "BOOKED"
    intents = world.intents(trip)
    assert sorted(i["status"] for i in intents) == ["canceled", "succeeded"]
    assert len(world.orders(trip)) == 1
    assert world.violations() == []


def lost_order(kind: Any, **answer: Any) -> Fault:
    """Return a fault that takes the answer of an order away."""
    return Fault(match=ORDER, kind=kind, **answer)


ORDERED_UNHEARD = {
    "answer cut": lambda: lost_order("drop_after"),
    "answer halved": lambda: lost_order("truncate"),
    "500": lambda: lost_order("status_after", status=500, body={"errors": []}),
    "202": lambda: lost_order("status_after", status=202, body={}),
    "200": lambda: lost_order("status_after", status=200, body={"data": None}),
    "503 page": lambda: lost_order(
        "status_after", status=503, body="<html>busy</html>", content_type="text/html"
    ),
}
NOT_ORDERED = {
    "connection cut": lambda: lost_order("drop_before"),
    "500": lambda: lost_order("status", status=500, body={"errors": []}),
    "attempted": lambda: refused_order(
        422, "invalid_state_error", "order_creation_already_attempted"
    ),
    "request booked": lambda: refused_order(
        422, "validation_error", "offer_request_already_booked"
    ),
    "unknown code": lambda: refused_order(
        422, "validation_error", "a_code_nobody_has_seen"
    ),
    "409": lambda: refused_order(
        409, "invalid_state_error", "offer_no_longer_available"
    ),
    "502": lambda: refused_order(502, "airline_error", "airline_unknown"),
}


@pytest.mark.parametrize("fault", ORDERED_UNHEARD)
def test_an_order_whose_answer_was_lost_is_found_and_paid(
    world: World, fault: str
) -> None:
    """By its offer and our mark; it is sent once."""
    trip = world.trip(world.traveller())
    world.flights.faults.arm(ORDERED_UNHEARD[fault]())
    run_to_rest(world)
    (order,) = world.orders(trip)
    attempt = world.attempt(trip)
    assert (attempt["state"], attempt["order_id"]) == ("CONFIRMED", order["id"])
    assert world.flights.faults.describe()["requests"][ORDER] == 1
    (intent,) = world.intents(trip)
    assert (intent["status"], intent["held"]) == ("succeeded", 0)
    assert world.violations() == []


@pytest.mark.parametrize("fault", NOT_ORDERED)
def test_an_uncertain_order_freezes_the_trip_until_a_person_decides(
    world: World, fault: str
) -> None:
    """Neither voided nor captured nor tried again, whatever ticks come."""
    trip = world.trip(world.traveller())
    world.flights.faults.arm(NOT_ORDERED[fault]())
    run_to_rest(world)
    attempt = world.attempt(trip)
    assert (attempt["status"], attempt["state"]) == ("PENDING", "ORDER_UNKNOWN")
    world.pass_time("10 minutes")
    run_to_rest(world)
    assert world.status(trip) == "BOOKING"
    world.pass_time("1 day")
    with world.working():
        until(lambda: world.attempt(trip)["state"] == "NEEDS_REVIEW")
        until(world.at_rest)
    assert world.flights.faults.describe()["requests"][ORDER] == 1
    (intent,) = world.intents(trip)
    assert (intent["status"], intent["captured"]) == ("requires_capture", 0)
    assert len(world.rows("select * from public.booking_attempts")) == 1
    (case,) = world.rows("select * from engine.review_cases where resolved_at is null")
    assert (case["kind"], case["object_id"]) == ("ATTEMPT", str(attempt["id"]))


def test_an_order_that_is_not_ours_is_not_adopted(world: World) -> None:
    """Were the list's filter ignored, everybody's orders would be listed."""
    other = world.trip(world.traveller())
    run_to_rest(world)
    assert world.status(other) == "BOOKED"
    world.flights.set_list_filter(ignore=True)
    trip = world.trip(world.traveller())
    world.flights.faults.arm(lost_order("drop_before"))
    run_to_rest(world)
    assert world.attempt(trip)["state"] == "ORDER_UNKNOWN"
    assert len(world.orders()) == 1


def test_an_order_that_appears_late_is_found(world: World) -> None:
    """An empty list proves nothing."""
    trip = world.trip(world.traveller())
    world.flights.faults.arm(lost_order("status_after", status=202, body={}))
    world.flights.set_orders_visibility(3600)
    run_to_rest(world)
    assert world.attempt(trip)["state"] == "ORDER_UNKNOWN"
    world.flights.clock.advance(3601)
    world.pass_time("1 hour")
    run_to_rest(world)
    assert world.attempt(trip)["state"] == "CONFIRMED"
    assert len(world.orders(trip)) == 1


def test_a_throttled_order_is_sent_again(world: World) -> None:
    """Being told to wait is not an unknown order."""
    trip = world.trip(world.traveller())
    world.flights.faults.arm(
        refused_order(429, "rate_limit_error", "rate_limit_exceeded")
    )
    run_to_rest(world)
    assert world.status(trip) == "BOOKED"
    assert len(world.orders(trip)) == 1


PAYMENT_FAULTS = {
    "create": "POST /v1/payment_intents",
    "confirm": "POST /v1/payment_intents/*/confirm",
    "capture": "POST /v1/payment_intents/*/capture",
}


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "truncate"])
@pytest.mark.parametrize("step", PAYMENT_FAULTS)
def test_a_lost_payment_answer_never_charges_twice(
    world: World, step: str, kind: Any
) -> None:
    """The key or a read settles it: one authorization, one capture, one order."""
    trip = world.trip(world.traveller())
    world.payments.faults.arm(Fault(match=PAYMENT_FAULTS[step], kind=kind))
    run_to_rest(world)
    assert world.status(trip) == "BOOKED"
    (intent,) = world.intents(trip)
    assert intent["captured"] == intent["amount"]
    assert len(world.orders(trip)) == 1
    assert world.violations() == []


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "truncate"])
def test_a_lost_void_answer_still_releases_the_hold(world: World, kind: Any) -> None:
    """The void is repeated until Stripe says the hold is gone."""
    trip = world.trip(world.traveller(card=DECLINED))
    world.payments.faults.arm(
        Fault(match="POST /v1/payment_intents/*/cancel", kind=kind)
    )
    run_to_rest(world)
    assert_no_trace(world, trip)
    assert world.status(trip) == "ACTION_REQUIRED"


def lapsed_hold() -> Fault:
    """Return a refusal to collect what was authorized."""
    return Fault(
        match=PAYMENT_FAULTS["capture"],
        kind="status",
        status=400,
        body={
            "error": {
                "type": "invalid_request_error",
                "code": "charge_expired_for_capture",
                "message": "expired",
            }
        },
    )


def test_an_order_that_cannot_be_paid_is_cancelled(world: World) -> None:
    """Never a silent free ticket: while cancelling returns everything, it is done."""
    trip = world.trip(world.traveller())
    world.flights.set_cancellations(Terms(refund_share=Decimal(1)))
    world.payments.faults.arm(lapsed_hold())
    with world.working():
        world.tick()
        until(lambda: len(world.orders(trip)) == 1)
        (order,) = world.orders(trip)
        world.rows("update public.trip_requests set auto_book_enabled = false")
        until(world.at_rest)
    attempt = world.rows(
        "select * from public.booking_attempts order by attempt_no limit 1"
    )[0]
    assert (attempt["state"], attempt["order_id"]) == ("FAILED", order["id"])
    assert world.orders(trip)[0]["cancelled_at"] is not None
    (intent,) = [
        i for i in world.intents(trip) if i["id"] == attempt["payment_intent_id"]
    ]
    assert (intent["status"], intent["captured"]) == ("canceled", 0)
    assert world.violations() == []


def test_an_order_that_cannot_be_paid_nor_returned_waits_for_a_person(
    world: World,
) -> None:
    """With the order on record and everything else frozen."""
    trip = world.trip(world.traveller())
    world.payments.faults.arm(lapsed_hold())
    world.flights.faults.arm(
        Fault(
            match="POST /air/order_cancellations",
            kind="status",
            status=422,
            body={"errors": [{"code": "order_not_cancellable"}]},
        )
    )
    run_to_rest(world)
    attempt = world.attempt(trip)
    assert (attempt["status"], attempt["state"]) == ("PENDING", "NEEDS_REVIEW")
    (order,) = world.orders(trip)
    assert attempt["order_id"] == order["id"]


def test_pausing_before_the_order_leaves_stops_it(world: World) -> None:
    """A traveller who pauses while the card is authorized gets the hold released."""
    trip = world.trip(world.traveller())
    hold = Fault(match=PAYMENT_FAULTS["confirm"], kind="hold_after", times=1)
    world.payments.faults.arm(hold)
    with world.working():
        world.tick()
        until(lambda: world.payments.faults.held == 1)
        world.rows("select public.pause_trip(%s)", trip)
        world.payments.faults.clear()
        until(world.at_rest)
    attempt = assert_no_trace(world, trip)
    assert "PAUSED" in attempt["error_message"]
    assert world.status(trip) == "PAUSED"


def test_flags_off_in_mid_saga_stop_the_order_but_finish_what_was_ordered(
    world: World,
) -> None:
    """Before the order: void. After it: capture, for the ticket exists."""
    first, second = world.trip(world.traveller()), None
    hold = Fault(match=PAYMENT_FAULTS["confirm"], kind="hold_after", times=1)
    world.payments.faults.arm(hold)
    with world.working():
        world.tick()
        until(lambda: world.payments.faults.held == 1)
        world.set_flags({**FLAGS, "auto_booking_emergency_disable": True})
        world.payments.faults.clear()
        until(world.at_rest)
        assert_no_trace(world, first)

        world.set_flags(FLAGS)
        second = world.trip(world.traveller())
        world.flights.faults.arm(Fault(match=ORDER, kind="hold_after", times=1))
        world.tick()
        until(lambda: world.flights.faults.held == 1)
        world.set_flags({**FLAGS, "auto_booking_emergency_disable": True})
        world.flights.faults.clear()
        until(world.at_rest)
    assert world.status(second) == "BOOKED"
    (intent,) = world.intents(second)
    assert intent["captured"] == intent["amount"]


@pytest.mark.parametrize(
    ("flags", "reason"),
    [
        ({}, "unknown flag auto_booking_emergency_disable"),
        (
            {**FLAGS, "auto_booking_pipeline_enabled": False},
            "auto_booking_pipeline_enabled is off",
        ),
        (
            {**FLAGS, "auto_booking_pipeline_enabled": "yes"},
            "flag auto_booking_pipeline_enabled is not a boolean",
        ),
        (
            {**FLAGS, "auto_booking_emergency_disable": True},
            "auto_booking_emergency_disable is on",
        ),
    ],
)
def test_a_flag_that_is_not_plainly_on_means_no_call_leaves(
    world: World, flags: dict[str, object], reason: str
) -> None:
    """The tick says why, claims nothing, and neither provider hears of it."""
    world.trip(world.traveller())
    world.set_flags(flags)
    run_to_rest(world)
    run = world.row(
        "select * from engine.monitor_runs"
        " where reason <> 'another tick is running' order by id desc limit 1"
    )
    assert (run["claimed"], run["skipped"], run["reason"]) == (0, 1, reason)
    assert world.flights.state()["searches"] == 0
    assert world.intents() == []


def test_a_profile_emptied_after_the_trip_was_stated_asks_the_traveller(
    world: World,
) -> None:
    """No card is authorized for a passenger no airline would take."""
    trip = world.trip(world.traveller())
    world.rows("update public.traveler_profiles set born_on = null")
    run_to_rest(world)
    assert world.status(trip) == "ACTION_REQUIRED"
    reason = world.value("select status_reason from public.trip_requests")
    assert "birth date" in reason
    assert world.intents(trip) == []
    assert world.rows("select * from public.booking_attempts") == []


def test_a_profile_emptied_in_mid_saga_stops_the_order(world: World) -> None:
    """The final check before the order leaves sees it; the hold is released."""
    trip = world.trip(world.traveller())
    hold = Fault(match=PAYMENT_FAULTS["confirm"], kind="hold_after", times=1)
    world.payments.faults.arm(hold)
    with world.working():
        world.tick()
        until(lambda: world.payments.faults.held == 1)
        world.rows("update public.traveler_profiles set phone_number = null")
        world.payments.faults.clear()
        until(world.at_rest)
    attempt = assert_no_trace(world, trip)
    assert "passenger" in attempt["error_message"]


def test_a_card_that_expired_meanwhile_asks_the_traveller(world: World) -> None:
    """The offers that were found are kept; nothing is tried with the card."""
    trip = world.trip(world.traveller())
    world.rows("update public.payment_methods set detached_at = now()")
    run_to_rest(world)
    assert world.status(trip) == "ACTION_REQUIRED"
    assert world.value("select count(*) from public.flight_offers") > 0
    assert world.intents(trip) == []


# Every call of a booking, and how it ends when booking is switched off while that call
# is out: before the order it is voided, after it the ticket is paid for.
FLIPS = [
    ("flights", "GET /air/offers/*", "FAILED"),
    ("payments", "POST /v1/payment_intents", "FAILED"),
    ("payments", "POST /v1/payment_intents/*/confirm", "FAILED"),
    ("flights", ORDER, "CONFIRMED"),
    ("payments", "POST /v1/payment_intents/*/capture", "CONFIRMED"),
]


@pytest.mark.parametrize("off", ["flag", "kill switch"])
@pytest.mark.parametrize(("provider", "match", "state"), FLIPS)
def test_switched_off_at_any_state_a_booking_ends_as_designed(
    world: World, provider: str, match: str, state: str, off: str
) -> None:
    """The sandboxes' truth agrees: a paid order, or no order and no hold."""
    trip = world.trip(world.traveller())
    sandbox = world.flights if provider == "flights" else world.payments
    sandbox.faults.arm(Fault(match=match, kind="hold_before", times=1))
    with world.working():
        world.tick()
        until(lambda: sandbox.faults.held == 1)
        if off == "flag":
            world.set_flags({**FLAGS, "auto_booking_pipeline_enabled": False})
        else:
            world.rows("select engine.set_kill_switch(true, 'test')")
        sandbox.faults.clear()
        until(world.at_rest)
    if state == "FAILED":
        attempt = assert_no_trace(world, trip)
        assert "booking is off" in attempt["error_message"]
        return
    assert world.attempt(trip)["state"] == state
    (intent,) = world.intents(trip)
    assert intent["captured"] == intent["amount"]
    assert len(world.orders(trip)) == 1
