"""Another history than the one that was compared: what waits, counts and confirms.

As after a promotion, `engine.history` names another timeline than the present one.
"""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest

from sidecar import flights
from tests.sql import test_protocol
from tests.sql.test_held_rows import TRIP, held, stray_orders
from tests.sql.test_protocol import Row, Stage, answer

stage = test_protocol.stage

CHANGED = "update engine.history set timeline = '00000000'"
PASSED = (
    "with h as (\n"
    "  update engine.history set noticed_at = noticed_at - interval '1 day'\n"
    ") update engine.scans set read_at = read_at - interval '1 day'"
)
PROBLEM = "select engine.history_problem() as problem"
WAITING = (
    *("get_offer", "create_payment", "confirm_payment", "create_order"),
    *("read_authorization", "read_holder", "cancel_payment", "read_void"),
)


def call_state(stage: Stage, call: Row) -> Row:
    """Return what the table says of a call."""
    return stage.row(
        "select state, tries, epoch from engine.provider_calls where id = %s",
        call["call_id"],
    )


def read(stage: Stage, scan: str, body: Row) -> Row:
    """Ask for a list, claim the call, and return the report with this answer."""
    stage.rows(f"select engine.start_scan('{scan}', clock_timestamp())")
    stage.rows("update engine.provider_calls set run_at = now() where state = 'READY'")
    (call,) = (c for c in stage.claim() if c["operation"] == f"scan_{scan}")
    return answer(call, 200, body)


@pytest.mark.parametrize("operation", WAITING[:4])
def test_no_call_of_an_attempt_without_an_order_is_claimed(
    stage: Stage, operation: str
) -> None:
    """Nor handed on; it waits untouched, and goes out when the history is confirmed."""
    trip = stage.trip()
    call = stage.drive(trip, operation)
    # Whoever held it is gone.
    stage.rows(
        "update engine.provider_calls set state = 'READY', lease_until = null,"
        " run_at = now() where id = %s",
        call["call_id"],
    )
    stage.rows(CHANGED)
    assert stage.claim() == []
    before = call_state(stage, call)
    assert stage.claim() == []
    assert call_state(stage, call) == before
    stage.rows("select engine.confirm_history(now())")
    assert [c["operation"] for c in stage.claim()] == [operation]


@pytest.mark.parametrize(
    "used_up",
    [
        "lease_until = now() - interval '1 hour', tries = 1000",
        "state = 'READY', lease_until = null,"
        " first_claimed_at = now() - interval '2 days'",
    ],
    ids=["tries", "key"],
)
def test_what_a_restored_attempt_has_used_up_does_not_end_it(
    stage: Stage, used_up: str
) -> None:
    """As of a backup that is days old: not before the lists were compared."""
    trip = stage.trip()
    stage.drive(trip, "create_payment")
    stage.rows(
        f"update engine.provider_calls set {used_up} where operation = 'create_payment'"
    )
    stage.rows(CHANGED)
    before = stage.attempt(trip)
    stage.rows("select engine.recover()")
    assert stage.attempt(trip) == before
    stage.rows("select engine.confirm_history(now())")
    stage.rows("select engine.recover()")
    assert stage.attempt(trip)["state"] == "FAILED"


def test_which_calls_wait_is_what_begins_and_what_lets_go(stage: Stage) -> None:
    """What looks, collects, cancels or returns goes on."""
    found = stage.rows("select operation from engine.operations where awaits_history")
    assert {row["operation"] for row in found} == set(WAITING)


def test_an_answer_of_the_former_history_moves_nothing(stage: Stage) -> None:
    """Whoever asked on the former server tells the new one: it is a late report."""
    trip = stage.trip()
    call = stage.drive(trip, "get_offer")
    stage.rows(CHANGED)
    before = stage.attempt(trip)
    assert stage.finish(answer(call, 404, {"errors": [{"code": "not_found"}]})) == []
    assert stage.attempt(trip) == before
    assert call_state(stage, call)["epoch"] > call["epoch"]
    (event,) = stage.events(trip, "late report")
    assert event["detail"]["http_status"] == 404


def test_an_order_that_the_former_history_sent_leaves_a_hint(stage: Stage) -> None:
    """Its answer is late too, and says where to look: it is not sent again."""
    trip = stage.trip()
    call = stage.drive(trip, "create_order")
    report = stage.good_answer(call)
    stage.rows(CHANGED)
    assert stage.finish(report) == []
    assert stage.attempt(trip)["order_hint"] == report["body"]["data"]["id"]
    assert stage.attempt(trip)["state"] == "ORDERING"
    stage.rows("select engine.confirm_history(now())")
    stage.rows(
        "update engine.provider_calls set lease_until = now() - interval '1 h'"
        " where lease_until is not null"
    )
    stage.rows("select engine.recover()")
    stage.rows("update engine.provider_calls set run_at = now()")
    again = stage.claim_operation("create_order")
    assert stage.mark_sent(again) == "an order of this attempt is known"
    assert stage.attempt(trip)["state"] == "ORDER_UNKNOWN"


def test_numbers_of_a_lost_history_do_not_come_again(stage: Stage) -> None:
    """A call that was lost and one that is made now never have the same number."""
    trip = stage.trip()
    lost = stage.drive(trip, "create_payment")["call_id"]
    stage.rows(CHANGED)
    assert stage.row("select engine.history_is_confirmed(now()) as known") == {
        "known": False
    }
    stage.rows("select engine.start_scan('orders', now())")
    numbers = "select max(id) as id from engine.provider_calls"
    made = stage.row(numbers)["id"]
    assert made > lost + 100_000
    # Once for each change, however often it is looked at.
    stage.rows("select engine.history_is_confirmed(now())")
    stage.rows("select engine.start_scan('payments', now())")
    assert stage.row(numbers)["id"] == made + 1


def test_an_order_that_was_claimed_before_the_change_is_not_sent(stage: Stage) -> None:
    """Asked before anybody has noticed it: the call waits, its try given back."""
    trip = stage.trip()
    call = stage.drive(trip, "create_order")
    stage.rows(CHANGED)
    reason = stage.mark_sent(call)
    assert reason is not None
    assert reason.startswith("waiting: this database was restored")
    assert call_state(stage, call) == {
        "state": "READY",
        "tries": 0,
        "epoch": call["epoch"],
    }
    assert stage.attempt(trip)["state"] == "ORDERING"


def test_an_order_of_a_trip_with_a_lost_attempt_is_not_sent(stage: Stage) -> None:
    """Though the history is confirmed: until the next lists."""
    trip = stage.trip()
    call = stage.drive(trip, "create_order")
    (order,) = stray_orders([trip])
    stage.rows(
        "select engine.note_lost(%s::uuid, %s, '{}', now())",
        order["metadata"]["attempt_id"],
        trip.trip_id,
    )
    reason = stage.mark_sent(call)
    assert reason is not None
    assert reason.startswith("waiting: An attempt of this trip")
    assert call_state(stage, call)["state"] == "READY"
    stage.rows("update engine.provider_calls set run_at = now()")
    stage.rows(
        "select engine.close_case(kind, object_id, 'test', 'a test', now())"
        " from engine.review_cases where kind = 'LOST_ATTEMPT'"
    )
    (again,) = stage.claim()
    assert stage.mark_sent(again) is None


def test_only_lists_that_were_asked_for_late_enough_confirm(stage: Stage) -> None:
    """And of those the payments, after the orders: an early one is read again."""
    # A backup of two days ago: further back than lists overlap.
    stage.rows("update engine.history set confirmed_at = now() - interval '2 days'")
    stage.rows(CHANGED)
    stage.rows("select engine.recover()")
    orders, payments = {"orders": []}, {"payment_intents": []}
    (waiting,) = stage.rows(
        "select c.run_at, h.noticed_at, c.payload ->> 'created_after' as since"
        " from engine.provider_calls as c, engine.history as h"
        " where c.operation = 'scan_orders'"
    )
    assert waiting["run_at"] - waiting["noticed_at"] >= timedelta(seconds=200)

    early = [read(stage, "orders", orders), read(stage, "payments", payments)]
    assert stage.finish(*early, hand_on=False) == []
    assert stage.row(PROBLEM)["problem"] is not None
    stage.rows(PASSED)
    stage.finish(read(stage, "payments", payments), hand_on=False)
    assert stage.row(PROBLEM)["problem"] is not None
    late = read(stage, "orders", orders)
    # As far back as the first: an early list moves no mark.
    since = stage.row(
        "select payload ->> 'created_after' as since from engine.provider_calls"
        " where operation = 'scan_orders'"
    )
    assert since["since"] <= waiting["since"]
    stage.finish(late, hand_on=False)
    assert stage.row(PROBLEM)["problem"] is not None
    stage.finish(read(stage, "payments", payments), hand_on=False)
    assert stage.row(PROBLEM)["problem"] is None


def test_a_second_change_begins_anew(stage: Stage) -> None:
    """Promoted twice: what was asked for after the first proves nothing any more."""
    stage.rows(CHANGED)
    stage.rows("select engine.recover()")
    stage.rows(PASSED)
    stage.rows("update engine.history set noticed = 'another one'")
    before = stage.row("select noticed_at from engine.history")["noticed_at"]
    stage.rows("select engine.history_is_confirmed(now())")
    assert stage.row("select noticed_at from engine.history")["noticed_at"] > before


def test_who_holds_a_trip_keeps_no_history_from_being_confirmed(stage: Stage) -> None:
    """The trip alone waits, by a case that needs no lock of theirs."""
    trip = stage.trip()
    stage.rows(CHANGED)
    stage.rows("select engine.recover()")
    stage.rows(PASSED)
    with held(stage, trip, TRIP):
        report = read(stage, "orders", {"orders": stray_orders([trip])})
        # Long enough in vain.
        stage.rows(
            "update engine.provider_calls set claimed_at = claimed_at"
            " + interval '1 second' - interval '30 seconds'"
        )
        stage.finish(report, hand_on=False)
        stage.finish(read(stage, "payments", {"payment_intents": []}), hand_on=False)
        assert stage.row(PROBLEM)["problem"] is None
        (case,) = stage.rows("select kind, trip_request_id from engine.review_cases")
        assert case == {"kind": "LOST_ATTEMPT", "trip_request_id": trip.trip_id}
        assert stage.row(
            "select engine.has_live_attempt(%s, %s) as live", trip.user_id, trip.trip_id
        )["live"]


def test_a_history_that_nobody_compares_is_an_alert(stage: Stage) -> None:
    """Booking has stopped, and does not go on by itself."""
    alert = "select kind from engine.open_alerts() where kind = 'HISTORY_UNCONFIRMED'"
    stage.rows(CHANGED)
    stage.rows("select engine.history_is_confirmed(now())")
    assert stage.rows(alert) == []
    stage.rows(PASSED)
    assert len(stage.rows(alert)) == 1
    stage.rows("select engine.confirm_history(now())")
    assert stage.rows(alert) == []


@pytest.mark.parametrize("margin", ["199 seconds", "61 minutes", "-1 minute"])
def test_a_margin_outside_its_bounds_is_refused(stage: Stage, margin: str) -> None:
    """Not shorter than an order may take: by the setting, and by the table."""
    with pytest.raises(psycopg.Error) as refused:
        stage.rows(
            "select engine.set_money_settings("
            "'why', p_in_flight_margin => %s::interval)",
            margin,
        )
    assert refused.value.sqlstate == "SK023"
    assert refused.value.diag.column_name == "in_flight_margin"
    with pytest.raises(psycopg.errors.CheckViolation):
        stage.rows(
            "update engine.money_settings set in_flight_margin = %s::interval", margin
        )


def test_the_margin_outlives_every_order(stage: Stage) -> None:
    """The least of it is the lease of an order, and that its client's time limit."""
    least = stage.row(
        "select max(lease) as lease from engine.operations where marks_sent"
    )["lease"]
    assert least > timedelta(seconds=flights._READ_SECONDS["create_order"])
    stage.rows(
        "select engine.set_money_settings('why', p_in_flight_margin => %s)", least
    )
    assert stage.row("select in_flight_margin as kept from engine.money_settings") == {
        "kept": least
    }
