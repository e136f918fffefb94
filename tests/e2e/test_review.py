"""Decisions of a person: what the queue shows, what may be done, and that once is once.

The oracle is the sandboxes' own truth: orders at Duffel, payment intents at Stripe.
"""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import psycopg
import pytest

from sidecar.flights import Flights
from tests.conftest import Connect
from tests.e2e.cases import (
    ORDER,
    book,
    command,
    decide,
    kinds,
    possible,
    queue,
    state,
    uncertain,
)
from tests.factories import World, until
from tests.sandbox.control import Fault

REVIEW = "select public.review_attempt(%s, %s, %s, %s)"


def released(world: World, trip: UUID) -> bool:
    """Tell whether the one payment of the trip holds nothing any more."""
    (intent,) = world.intents(trip)
    return bool(intent["status"] == "canceled" and intent["held"] == 0)


def look(world: World, trip: UUID) -> None:
    """Work until Duffel was asked about the trip's order once more."""
    attempt = world.attempt(trip)
    asked = world.value("select clock_timestamp()")
    world.rows(
        "select engine.enqueue_read('look_order', a.offer_id, jsonb_build_object("
        "'offer_id', a.offer_id, 'order_id', a.order_id), a, now())"
        " from public.booking_attempts as a where a.id = %s",
        attempt["id"],
    )
    with world.working():
        until(
            lambda: world.rows(
                "select 1 from engine.provider_calls where operation = 'look_order'"
                " and booking_attempt_id = %s and state = 'DONE' and finished_at > %s",
                attempt["id"],
                asked,
            )
        )


# -- what the queue shows ------------------------------------------------------------


def test_the_queue_shows_what_was_sent_what_came_back_and_what_both_say(
    world: World, connect: Connect
) -> None:
    """Gathered by itself when the review begins; an operator needs no other window."""
    trip = uncertain(world, "drop_after")
    case = (
        connect("skylatch_operator")
        .execute("select to_jsonb(q) from public.review_queue as q")
        .fetchall()
    )
    ((row,),) = case
    assert row["kind"] == "ATTEMPT"
    assert row["trip_request_id"] == str(trip)
    sent = {call["operation"]: call for call in row["sent"]}
    assert sent["create_order"]["verdict"] == "UNKNOWN"
    assert sent["create_order"]["tries"] == 1
    assert sent["create_payment"]["key"].endswith(":create_payment")
    assert sent["confirm_payment"]["request_id"].startswith("req_")
    (order,) = world.orders(trip)
    assert [o["id"] for o in row["evidence"]["order"]["says"]] == [order["id"]]
    assert row["evidence"]["payment"]["says"]["status"] == "requires_capture"
    assert row["evidence_at"] is not None
    text = json.dumps(row)
    for secret in ("Amelia", "Earhart", "amelia@", "+4420", "1987-07-24", "_secret_"):
        assert secret not in text
    assert all(action["does"] for action in row["actions"])


def test_a_late_report_is_in_the_queue(world: World) -> None:
    """It may be the only trace of an order."""
    trip = uncertain(world, "drop_before")
    call = world.row(
        "select * from engine.provider_calls where operation = %s",
        "create_order",
    )
    world.rows(
        "select engine.settle_call(row(%s, %s, 201, null, %s::jsonb, null, null),"
        " false, 'late', now())",
        call["id"],
        call["epoch"],
        json.dumps({"data": {"id": "ord_late"}}),
    )
    heard = queue(world, "ATTEMPT")["heard"]
    late = [e for e in heard if e["what"].startswith("create_order: a late report")]
    assert [e["detail"]["object"] for e in late] == ["ord_late"]
    assert world.attempt(trip)["order_hint"] == "ord_late"


# -- guards --------------------------------------------------------------------------


def test_nothing_is_released_while_an_order_may_exist(world: World) -> None:
    """Duffel shows the order: neither VOID nor RELEASE, whatever the person says."""
    trip = uncertain(world, "drop_after")
    case = queue(world, "ATTEMPT")
    assert "refresh_case" in str(possible(case)["VOID"])
    for action in ("VOID", "RELEASE"):
        with pytest.raises(psycopg.Error) as caught:
            decide(world, case, action)
        assert caught.value.sqlstate == "SK108"
        assert "refresh_case" in str(caught.value.diag.message_hint)
    (intent,) = world.intents(trip)
    assert intent["status"] == "requires_capture"
    assert state(world, trip) == "NEEDS_REVIEW"
    assert world.rows("select * from engine.review_actions") == []


def test_an_old_look_is_no_proof_that_there_is_no_order(world: World) -> None:
    """A quarter of an hour, and Duffel is asked again."""
    trip = uncertain(world, "drop_before")
    case = queue(world, "ATTEMPT")
    assert possible(case)["VOID"] is None
    world.rows(
        "update engine.review_cases set evidence = jsonb_set(evidence,"
        " '{order,read_at}', to_jsonb(now() - interval '16 minutes'))"
    )
    with pytest.raises(psycopg.Error) as caught:
        decide(world, case, "VOID")
    assert caught.value.sqlstate == "SK108"
    world.rows("select public.refresh_case(%s)", case["case_id"])
    with world.working():
        until(lambda: possible(queue(world, "ATTEMPT"))["VOID"] is None)
        assert decide(world, case, "VOID") == "VOIDING"
        until(lambda: released(world, trip))


@pytest.mark.parametrize(
    ("decision", "code", "field"),
    [
        (("VOID", None, None), "SK016", "p_reason"),
        (("VOID", "  ", None), "SK016", "p_reason"),
        (("DELETE", "a reason", None), "SK012", "p_action"),
        ((None, "a reason", None), "SK012", "p_action"),
        (("ADOPT", "a reason", None), "SK017", "p_order_id"),
        (("ADOPT", "a reason", "'; --"), "SK017", "p_order_id"),
        (("VOID", "a reason", None), "SK107", "p_case_id"),
    ],
)
def test_a_decision_that_lacks_something_is_refused_by_the_field_that_lacks_it(
    connect: Connect, decision: tuple[str | None, ...], code: str, field: str
) -> None:
    """And nothing is on record."""
    operator = connect("skylatch_operator")
    with pytest.raises(psycopg.Error) as caught:
        operator.execute(REVIEW, [4711, *decision])
    assert caught.value.sqlstate == code
    assert caught.value.diag.column_name == field


def test_only_what_was_captured_is_refunded(world: World) -> None:
    """A hold is released, not refunded."""
    uncertain(world, "drop_before")
    case = queue(world, "ATTEMPT")
    with pytest.raises(psycopg.Error) as caught:
        decide(world, case, "REFUND")
    assert caught.value.sqlstate == "SK108"
    assert "nothing was captured" in str(caught.value.diag.message_detail)


# -- decisions -----------------------------------------------------------------------


def test_adopting_an_order_collects_its_money_and_confirms(world: World) -> None:
    """The order that the person names is read and checked like any other."""
    trip = uncertain(world, "drop_after")
    (order,) = world.orders(trip)
    outcome = decide(world, queue(world, "ATTEMPT"), "ADOPT", order["id"])
    assert outcome == "ORDER_UNKNOWN"
    with world.working():
        until(lambda: world.status(trip) == "BOOKED")
    (intent,) = world.intents(trip)
    assert intent["captured"] == intent["amount"]
    assert world.attempt(trip)["order_id"] == order["id"]
    assert kinds(world) == []
    assert world.violations() == []


def test_voiding_releases_the_hold_and_asks_the_traveller(world: World) -> None:
    """No order, no money, and the trip waits."""
    trip = uncertain(world, "drop_before")
    with world.working():
        decide(world, queue(world, "ATTEMPT"), "VOID")
        until(lambda: world.status(trip) == "ACTION_REQUIRED")
    assert released(world, trip)
    assert world.orders(trip) == []
    assert kinds(world) == []
    assert world.violations() == []


def test_releasing_a_trip_searches_and_books_it_again(world: World) -> None:
    """The first hold is gone before the second one is asked for."""
    trip = uncertain(world, "drop_before")
    with world.working():
        decide(world, queue(world, "ATTEMPT"), "RELEASE")
        until(lambda: world.status(trip) == "BOOKED")
    assert sorted(i["status"] for i in world.intents(trip)) == ["canceled", "succeeded"]
    assert len(world.orders(trip)) == 1
    assert world.violations() == []


def test_resuming_goes_on_where_it_stopped(world: World) -> None:
    """An order whose truth was not found is looked for again."""
    trip = uncertain(world, "drop_after")
    with world.working():
        assert decide(world, queue(world, "ATTEMPT"), "RESUME") == "ORDER_UNKNOWN"
        until(lambda: world.status(trip) == "BOOKED")
    assert world.violations() == []


def test_cancelling_in_review_undoes_the_order_and_the_payment(world: World) -> None:
    """An order that exists is cancelled at the airline before the hold is released."""
    trip = book(world)
    command(world, trip, "FREEZE")
    case = queue(world, "ATTEMPT")
    assert "CANCEL" in str(possible(case)["REFUND"])
    with world.working():
        decide(world, case, "CANCEL")
        until(lambda: state(world, trip) == "CANCELLED")
    (order,) = world.orders(trip)
    assert order["cancelled_at"] is not None
    assert kinds(world) == []
    assert world.violations() == []


def test_a_double_click_decides_once(world: World, connect: Connect) -> None:
    """The same answer, and no second entry, however late the second click."""
    trip = uncertain(world, "drop_before")
    case = queue(world, "ATTEMPT")
    operator = connect("skylatch_operator")
    question = [case["case_id"], "VOID", "no order, says the airline", None]
    first = operator.execute(REVIEW, question).fetchall()
    assert operator.execute(REVIEW, question).fetchall() == first
    with world.working():
        until(lambda: world.status(trip) == "ACTION_REQUIRED")
    assert operator.execute(REVIEW, question).fetchall() == first
    (entry,) = world.rows("select * from engine.review_actions")
    assert (entry["action"], entry["reason"]) == ("VOID", "no order, says the airline")
    assert "skylatch_operator" in entry["actor"]
    (event,) = world.rows(
        "select * from engine.booking_events where reason = 'a person decided: VOID'"
    )
    assert event["detail"]["reason"] == "no order, says the airline"


def test_two_operators_at_once_decide_once(world: World, connect: Connect) -> None:
    """The second waits for the first, then hears what came of it or that it is late."""
    trip = uncertain(world, "drop_before")
    case_id = queue(world, "ATTEMPT")["case_id"]
    first = connect("skylatch_operator", autocommit=False)
    answers: list[object] = []

    def click(connection: psycopg.Connection[tuple[str]], action: str) -> None:
        try:
            row = connection.execute(REVIEW, [case_id, action, "seen", None]).fetchone()
            answers.append(row and row[0])
        except psycopg.Error as error:
            answers.append(error.sqlstate)

    click(first, "VOID")
    others = [
        threading.Thread(target=click, args=(connect("skylatch_operator"), action))
        for action in ("VOID", "RELEASE")
    ]
    for other in others:
        other.start()
    until(
        lambda: (
            world.value(
                "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
                " and query like '%%review_attempt%%' and datname = current_database()"
            )
            == 2
        )
    )
    first.commit()
    for other in others:
        other.join()
    assert answers[0] == "VOIDING"
    assert sorted(map(str, answers[1:])) == ["SK108", "VOIDING"]
    assert world.value("select count(*) from engine.review_actions") == 1
    with world.working():
        until(lambda: world.status(trip) == "ACTION_REQUIRED")


def test_what_was_decided_cannot_be_rewritten(connect: Connect) -> None:
    """Not even by the owner."""
    owner = connect("skylatch_owner")
    for statement in (
        "update engine.review_actions set reason = 'another'",
        "delete from engine.review_actions",
        "truncate engine.review_actions",
    ):
        with pytest.raises(psycopg.Error) as caught:
            owner.execute(statement.encode())
        assert caught.value.sqlstate == "SK302"


def test_a_case_settled_by_hand_is_closed_with_its_reason(
    world: World, connect: Connect
) -> None:
    """But an attempt in review is not done with by saying so."""
    uncertain(world, "drop_before")
    world.rows("select engine.open_case('DISPUTE', 'dp_1', null, 'lost', '{}', now())")
    operator = connect("skylatch_operator")
    resolve = "select public.resolve_case(%s, %s, %s)"
    dispute = queue(world, "DISPUTE")["case_id"]
    for missing in ("p_reason", "p_resolution"):
        values = {"p_resolution": "lost", "p_reason": "paid it"} | {missing: ""}
        with pytest.raises(psycopg.Error) as caught:
            operator.execute(resolve, [dispute, *values.values()])
        assert (caught.value.sqlstate, caught.value.diag.column_name) == (
            "SK016",
            missing,
        )
    question = [dispute, "dispute lost", "the bank decided"]
    first = operator.execute(resolve, question).fetchall()
    assert (
        operator.execute(resolve, question).fetchall() == first == [("dispute lost",)]
    )
    assert kinds(world) == ["ATTEMPT"]
    with pytest.raises(psycopg.Error) as caught:
        operator.execute(resolve, [queue(world, "ATTEMPT")["case_id"], "done", "done"])
    assert caught.value.sqlstate == "SK108"


# -- the airline acts ----------------------------------------------------------------


def test_a_booking_that_the_airline_cancels_asks_the_traveller_and_a_person(
    world: World,
) -> None:
    """Nothing is refunded by itself; the person refunds once, of what was captured."""
    trip = book(world)
    (order,) = world.orders(trip)
    world.flights.airline_cancels(order["id"])
    look(world, trip)
    booking = world.row("select * from public.flight_bookings")
    assert booking["status"] == "CANCELLED"
    assert booking["cancelled_at"] is not None
    assert "airline cancelled" in booking["attention"]
    assert world.status(trip) == "ACTION_REQUIRED"
    (intent,) = world.intents(trip)
    assert intent["refunded"] == 0
    look(world, trip)
    assert kinds(world) == ["AIRLINE_CANCELLATION"]
    case = queue(world, "AIRLINE_CANCELLATION")
    captured = world.attempt(trip)["captured_amount"]
    assert Decimal(case["evidence"]["captured"]) == captured
    with world.working():
        first = decide(world, case, "REFUND")
        assert first == "REFUNDING"
        until(lambda: state(world, trip) == "CANCELLED")
    assert decide(world, case, "REFUND") == first
    (intent,) = world.intents(trip)
    assert intent["refunded"] == intent["captured"] == intent["amount"]
    assert kinds(world) == []
    assert world.row("select status from public.flight_bookings") == {
        "status": "REFUNDED"
    }
    assert world.violations() == []


def test_a_change_of_the_airline_is_shown_once_and_never_accepted(world: World) -> None:
    """One case per change; when it was acted on elsewhere, the case closes."""
    trip = book(world)
    (order,) = world.orders(trip)
    first = world.flights.airline_moves(order["id"], 90)
    look(world, trip)
    look(world, trip)
    case = queue(world, "AIRLINE_CHANGE")
    assert case["object_id"] == first
    booking = world.row("select * from public.flight_bookings")
    assert booking["status"] == "CONFIRMED"
    assert "changed" in booking["attention"]
    flights = Flights(world.flights_url, "duffel_test_fixture")
    (change,) = flights.get_order(order["id"], "test").body["data"][
        "airline_initiated_changes"
    ]
    assert change["action_taken"] is None
    world.value(
        "select public.resolve_case(%s, 'told the traveller', 'by phone')",
        case["case_id"],
    )
    look(world, trip)
    assert kinds(world) == []


def test_a_flight_that_an_airline_moved_takes_its_new_hours(world: World) -> None:
    """What is kept is what the provider's own order says, and the traveller is told."""
    trip = book(world)
    (order,) = world.orders(trip)
    world.flights.airline_moves(order["id"], 24 * 60)
    look(world, trip)
    flights = Flights(world.flights_url, "duffel_test_fixture")
    now = flights.get_order(order["id"], "test").body["data"]
    kept = world.attempt(trip)["itinerary"]
    names = ("departing_at", "arriving_at")
    assert [
        [[flight[name] for name in names] for flight in one["segments"]] for one in kept
    ] == [
        [[flight[name] for name in names] for flight in one["segments"]]
        for one in now["slices"]
    ]
    (leaves,) = world.rows(
        "select lower(t.during) - lower(o.during) as by"
        " from public.booking_attempts as a"
        " join public.flight_offers as f on f.id = a.flight_offer_id,"
        " engine.flight_times(a.itinerary) as t (during),"
        " engine.flight_times(f.itinerary) as o (during)"
    )
    assert leaves["by"] == timedelta(days=1)
    assert "changed" in world.value("select attention from public.flight_bookings")
    assert world.violations() == []


def test_an_older_read_undoes_nothing(world: World) -> None:
    """A booking that is cancelled stays so, and evidence only grows younger."""
    trip = book(world)
    (order,) = world.orders(trip)
    world.flights.airline_cancels(order["id"])
    look(world, trip)
    before = queue(world, "AIRLINE_CANCELLATION")["evidence"]
    stale = {**order, "cancelled_at": None}
    world.rows(
        "select engine.record_evidence(c, %s::jsonb, now()),"
        " engine.note_order(c, %s::jsonb, now())"
        ' from (select (jsonb_populate_record(p, \'{"claimed_at":'
        ' "2026-01-01T00:00:00Z"}\')).* from engine.provider_calls as p'
        " where p.operation = 'look_order') as c",
        json.dumps({"orders": [stale]}),
        json.dumps({"orders": [stale]}),
    )
    assert queue(world, "AIRLINE_CANCELLATION")["evidence"] == before
    assert world.row("select status from public.flight_bookings") == {
        "status": "CANCELLED"
    }


def test_an_order_that_shows_up_wakes_the_attempt_that_waits_for_it(
    world: World,
) -> None:
    """A look sets the hint and the saga looks for itself: once booked, once paid."""
    trip = world.trip(world.traveller())
    world.flights.faults.arm(Fault(match=ORDER, kind="drop_after"))
    world.flights.set_orders_visibility(3600)
    with world.working():
        world.tick()
        until(lambda: state(world, trip) == "ORDER_UNKNOWN")
        until(
            lambda: world.value(
                "select count(*) from engine.provider_calls where operation ="
                " 'find_order' and state = 'READY' and tries > 2"
            )
        )
    world.rows(
        "update engine.provider_calls set run_at = now() + interval '1 hour'"
        " where operation = 'find_order'"
    )
    world.flights.clock.advance(3601)
    look(world, trip)
    with world.working():
        until(lambda: world.status(trip) == "BOOKED")
    assert len(world.orders(trip)) == 1
    (intent,) = world.intents(trip)
    assert intent["captured"] == intent["amount"]
