"""Faults of the engine's own surroundings: poison, breakers, replicas, clocks, deploys.

No provider and no sidecar: the tests speak for them, see test_protocol.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from psycopg.types.json import Jsonb

from sidecar.config import MessageSettings
from sidecar.deploy import deploy
from sidecar.flights import Flights
from sidecar.messages import channels
from sidecar.operations import outward_calls
from sidecar.payments import Payments
from tests.sql import test_protocol
from tests.sql.test_protocol import WORKER, Row, Stage, answer, refusal

stage = test_protocol.stage


def broken(stage: Stage, call: Row) -> Row:
    """Return a report that raises an error when it is applied."""
    return {**stage.good_answer(call), "http_status": "teapot"}


# -- poison --------------------------------------------------------------------------


def test_an_answer_that_cannot_be_handled_three_times_is_a_persons(
    stage: Stage,
) -> None:
    """The call is dead, the attempt parked with its case, and the queue goes on."""
    sick = stage.trip()
    call = stage.drive(sick, "get_offer")
    for tries in range(3):
        assert stage.call(call["call_id"])["apply_failures"] == tries
        assert stage.attempt(sick)["state"] == "REPRICING"
        if tries:
            stage.recover()
            call = stage.claim_operation("get_offer")
        stage.finish(broken(stage, call))
    row = stage.call(call["call_id"])
    assert (row["state"], row["verdict"]) == ("DEAD", "POISON")
    attempt = stage.attempt(sick)
    assert (attempt["state"], attempt["status"]) == ("NEEDS_REVIEW", "PENDING")
    (case,) = stage.rows("select * from engine.review_cases where resolved_at is null")
    assert (case["kind"], case["object_id"]) == ("ATTEMPT", str(attempt["id"]))
    (event,) = stage.events(sick, "freeze")
    assert event["to_state"] == "NEEDS_REVIEW"
    # What comes after it in the queue is none the worse for it.
    stage.book(stage.trip())


def test_a_search_that_cannot_be_handled_three_times_is_a_case(stage: Stage) -> None:
    """It has no attempt to park: a case of its own, and the trip stays pending."""
    trip = stage.trip()
    call = stage.drive(trip, "search")
    for tries in range(3):
        if tries:
            stage.recover()
            call = stage.claim_operation("search")
        stage.finish(broken(stage, call))
    assert stage.call(call["call_id"])["state"] == "DEAD"
    (case,) = stage.rows("select * from engine.review_cases")
    assert (case["kind"], case["object_id"]) == ("POISON", str(call["call_id"]))
    assert stage.status(trip) == "PENDING"


# -- a provider in trouble -----------------------------------------------------------


def failures(stage: Stage, operation: str, many: int) -> None:
    """Let so many searches of different trips fail in a row."""
    calls = stage.claim(limit=many)
    assert [call["operation"] for call in calls] == [operation] * many
    for call in calls:
        stage.finish(answer(call, 503, {}))


def breaker(stage: Stage, operation: str) -> Row | None:
    """Return an operation's breaker, with whether it is open."""
    rows = stage.rows(
        "select *, coalesce(open_until > clock_timestamp(), false) as open"
        " from engine.breakers where operation = %s",
        operation,
    )
    return rows[0] if rows else None


def make_due(stage: Stage) -> None:
    """Let every wait but a breaker's be over."""
    stage.rows("update engine.provider_calls set run_at = now() where state = 'READY'")


def test_a_breaker_opens_after_failures_in_a_row_and_a_good_answer_closes_it(
    stage: Stage,
) -> None:
    """Meanwhile nothing of its kind is claimed; when the pause is over, one tries."""
    trips = [stage.trip() for _ in range(6)]
    stage.tick()
    failures(stage, "search", 4)
    assert breaker(stage, "search") is not None
    assert not breaker(stage, "search")["open"]  # type: ignore[index]
    make_due(stage)
    failures(stage, "search", 1)
    opened = breaker(stage, "search")
    assert opened is not None
    assert (opened["open"], opened["failures"]) == (True, 5)
    make_due(stage)
    assert stage.claim() == []
    assert all(stage.ready(trip) in (["search"], []) for trip in trips)
    # The pause is over: a failure opens it again, for longer.
    stage.rows("update engine.breakers set open_until = now()")
    (probe, *others) = stage.claim()
    clock = "select clock_timestamp() + interval '20 seconds' as at"
    before = stage.row(clock)["at"]
    stage.finish(answer(probe, None, error_code="no_answer"))
    again = breaker(stage, "search")
    assert again is not None
    assert (again["open"], again["failures"]) == (True, 6)
    assert before <= again["open_until"] <= stage.row(clock)["at"]
    assert again["changed_at"] == opened["changed_at"]
    # Those that tried beside it fail too: that is no other trial.
    for late in others[1:]:
        stage.finish(answer(late, 503, {}), hand_on=False)
    late_on = breaker(stage, "search")
    assert late_on is not None
    assert (late_on["failures"], late_on["open_until"]) == (6, again["open_until"])
    # And a good answer closes it for all.
    stage.finish(stage.good_answer(others[0]), hand_on=False)
    closed = breaker(stage, "search")
    assert closed is not None
    assert (closed["open"], closed["failures"]) == (False, 0)
    make_due(stage)
    assert "search" in {call["operation"] for call in stage.claim()}


def test_an_open_breaker_holds_up_nothing_that_was_begun(stage: Stage) -> None:
    """Who holds an authorization or an order goes on; only beginnings wait."""
    trip = stage.trip()
    call = stage.drive(trip, "confirm_payment")
    stage.rows(
        "insert into engine.breakers (operation, failures, open_until, changed_at)"
        " select operation, 9, now() + interval '1 hour', now() from engine.operations"
    )
    (order,) = stage.finish(stage.good_answer(call))
    assert stage.mark_sent(order) is None
    stage.finish(answer(order, None, error_code="no_answer"), hand_on=False)
    assert stage.attempt(trip)["state"] == "ORDER_UNKNOWN"
    make_due(stage)
    (find,) = [c for c in stage.claim() if c["trip_request_id"] == trip.trip_id]
    assert find["operation"] == "find_order"
    unbroken = {
        row["operation"]
        for row in stage.rows(
            "select operation from engine.operations where breaks_after is null"
        )
    }
    assert unbroken >= {
        "confirm_payment",
        "read_authorization",
        "find_order",
        "capture_payment",
        "read_capture",
        "cancel_payment",
        "read_void",
        "quote_cancellation",
        "confirm_cancellation",
        "read_cancellation",
        "create_refund",
        "find_refunds",
    }


def test_a_refusal_and_a_worker_that_went_away_open_no_breaker(stage: Stage) -> None:
    """Neither says that the provider is in trouble."""
    for _ in range(6):
        stage.trip()
    stage.tick()
    for call in stage.claim():
        stage.finish(refusal(call, 422, "validation_error"), hand_on=False)
    stage.rows("update engine.trip_searches set next_look_at = now()")
    stage.rows("update public.trip_requests set next_search_at = now()")
    stage.tick()
    assert len(stage.claim()) >= 5
    assert stage.recover() >= 5
    assert breaker(stage, "search") is None


# -- looking for an order ------------------------------------------------------------


def lose_the_order(stage: Stage) -> tuple[test_protocol.Trip, Row]:
    """Return a trip whose order's answer was lost, and its first look for it."""
    trip = stage.trip()
    call = stage.drive(trip, "create_order")
    assert stage.mark_sent(call) is None
    stage.finish(answer(call, None, error_code="no_answer"), hand_on=False)
    return trip, stage.claim_operation("find_order")


def test_an_order_is_looked_for_eagerly_at_first_and_then_for_a_day(
    stage: Stage,
) -> None:
    """By the waits that are written down; nothing is decided on an empty list."""
    trip, call = lose_the_order(stage)
    (row,) = stage.rows(
        "select waits from engine.operations where operation = 'find_order'"
    )
    waits = row["waits"]
    assert sum(waits, timedelta()) >= timedelta(hours=23)
    for wait in waits[:6]:
        stage.finish(answer(call, 200, {"orders": []}), hand_on=False)
        row = stage.row(
            "select run_at - clock_timestamp() as wait from engine.provider_calls"
            " where id = %s and state = 'READY'",
            call["call_id"],
        )
        assert wait / 2 - timedelta(seconds=5) <= row["wait"] <= wait
        assert stage.attempt(trip)["state"] == "ORDER_UNKNOWN"
        call = stage.claim_operation("find_order")


LISTED: dict[str, tuple[list[Row | None], str]] = {
    "ours": ([{}], "CAPTURING"),
    "ours, beside a stranger's": (
        [{"offer_id": "off_x", "metadata": {"attempt_id": "x"}}, {}],
        "CAPTURING",
    ),
    "nothing": ([], "ORDER_UNKNOWN"),
    "a stranger's": (
        [{"offer_id": "off_x", "metadata": {"attempt_id": "x"}}],
        "ORDER_UNKNOWN",
    ),
    "no object": ([None], "ORDER_UNKNOWN"),
    "ours, not finished yet": ([{"booking_reference": None}], "ORDER_UNKNOWN"),
    "with our mark, of another offer": ([{"offer_id": "off_x"}], "NEEDS_REVIEW"),
    "of our offer, with another mark": (
        [{"metadata": {"attempt_id": "x"}}],
        "NEEDS_REVIEW",
    ),
    "of our offer, without a mark": ([{"metadata": None}], "NEEDS_REVIEW"),
    "two of ours": ([{}, {"id": "ord_2"}], "NEEDS_REVIEW"),
    "ours, at another price": ([{"total_amount": "100.01"}], "NEEDS_REVIEW"),
    "ours, in another currency": ([{"total_currency": "EUR"}], "NEEDS_REVIEW"),
    "ours, cancelled": ([{"cancelled_at": "2026-11-23T07:00:00Z"}], "VOIDING"),
}


@pytest.mark.parametrize("what", LISTED)
def test_an_order_is_adopted_only_when_it_is_the_one_that_was_asked_for(
    stage: Stage, what: str
) -> None:
    """Offer, mark, price and currency are compared on every row of the list."""
    trip, call = lose_the_order(stage)
    attempt = stage.attempt(trip)
    ours = {
        "id": "ord_1",
        "booking_reference": "RZPNX8",
        "offer_id": attempt["offer_id"],
        "total_amount": str(attempt["agreed_amount"]),
        "total_currency": attempt["currency"],
        "cancelled_at": None,
        "metadata": {"attempt_id": str(attempt["id"])},
    }
    changes, state = LISTED[what]
    orders = [None if change is None else {**ours, **change} for change in changes]
    stage.finish(answer(call, 200, {"orders": orders}))
    assert stage.attempt(trip)["state"] == state


@pytest.mark.parametrize("ends_by", ["the deadline", "the last wait"])
def test_an_order_that_is_not_found_in_time_is_a_persons(
    stage: Stage, ends_by: str
) -> None:
    """Neither ordered again nor released: parked, with a case."""
    trip, call = lose_the_order(stage)
    if ends_by == "the deadline":
        stage.rows("update public.booking_attempts set deadline_at = now()")
    else:
        stage.rows(
            "update engine.provider_calls set tries = ("
            "  select cardinality(waits) + 1 from engine.operations"
            "  where operation = 'find_order') where id = %s",
            call["call_id"],
        )
    stage.finish(answer(call, 200, {"orders": []}), hand_on=False)
    attempt = stage.attempt(trip)
    assert (attempt["state"], attempt["status"]) == ("NEEDS_REVIEW", "PENDING")
    (case,) = stage.rows("select * from engine.review_cases where resolved_at is null")
    assert case["kind"] == "ATTEMPT"
    orders = "select count(*) as n from engine.provider_calls where operation = %s"
    assert stage.row(orders, "create_order")["n"] == 1


def test_the_wait_for_an_order_ends_well_before_the_hold_does(stage: Stage) -> None:
    """Half a day is left to a person to collect or to release."""
    trip = stage.trip()
    call = stage.drive(trip, "create_order")
    stage.rows(
        "update public.booking_attempts"
        " set capture_before = now() + interval '20 hours'"
    )
    assert stage.mark_sent(call) is None
    stage.finish(answer(call, None, error_code="no_answer"), hand_on=False)
    attempt = stage.attempt(trip)
    assert attempt["capture_before"] - attempt["deadline_at"] == timedelta(hours=12)


# -- idempotency keys grow old -------------------------------------------------------

KEYED = {
    "create_payment": ("UNKNOWN", "EXHAUSTED", "DEAD"),
    "confirm_payment": ("UNKNOWN", "EXHAUSTED", "DEAD"),
    "capture_payment": ("UNKNOWN", "EXHAUSTED", "DEAD"),
}


@pytest.mark.parametrize("operation", KEYED)
def test_a_call_is_never_repeated_under_a_key_that_may_be_forgotten(
    stage: Stage, operation: str
) -> None:
    """The provider would execute it anew: it is settled instead, by reading."""
    trip = stage.trip()
    call = stage.drive(trip, operation)
    stage.finish(refusal(call, 429, "rate_limit"), hand_on=False)
    assert stage.ready(trip) == [operation]
    stage.rows(
        "update engine.provider_calls"
        " set run_at = now(), first_claimed_at = now() - interval '23 hours 1 minute'"
        " where id = %s",
        call["call_id"],
    )
    assert [c for c in stage.claim() if c["call_id"] == call["call_id"]] == []
    before = stage.call(call["call_id"])["tries"]
    stage.recover(later=timedelta(0))
    row = stage.call(call["call_id"])
    assert row["error_code"] == "key_expired"
    assert row["state"] not in ("READY", "CLAIMED")
    assert row["tries"] == before
    assert operation not in stage.ready(trip)


# -- where and when the engine runs --------------------------------------------------


def test_nothing_is_begun_or_sent_on_a_replica(stage: Stage) -> None:
    """What cannot write cannot claim, and nothing is sent that was not claimed."""
    trip = stage.trip()
    call = stage.drive(trip, "create_order")
    before = stage.everything()
    asked = {
        "skylatch_sidecar": [
            ("select * from engine.claim_calls(%s, 9, 9)", [WORKER]),
            ("select engine.mark_sent(%s, %s)", [call["call_id"], call["epoch"]]),
            ("select public.auto_book_production(%s)", [trip.trip_id]),
            ("select public.duffel_search(%s)", [trip.trip_id]),
        ],
        "skylatch_cron": [
            ("select engine.recover()", []),
            ("select public.auto_book_monitor()", []),
        ],
    }
    for role, statements in asked.items():
        with psycopg.connect(
            make_conninfo(
                stage.dsn, user=role, options="-c default_transaction_read_only=on"
            ),
            autocommit=True,
        ) as replica:
            for statement, arguments in statements:
                with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
                    replica.execute(statement.encode(), arguments)
    assert stage.everything() == before


def test_a_clock_that_steps_back_ends_no_lease_early_and_forgets_none(
    stage: Stage,
) -> None:
    """An hour back: nothing is claimed twice; when time has passed, it is recovered."""
    trip = stage.trip()
    call = stage.drive(trip, "get_offer")
    assert stage.recover(later=-timedelta(hours=1)) == 0
    assert stage.claim() == []
    assert stage.call(call["call_id"])["state"] == "CLAIMED"
    assert stage.recover() == 1
    assert stage.ready(trip) == ["get_offer"]


def test_a_deploy_in_mid_saga_loses_nothing(stage: Stage) -> None:
    """Old work is finished by new code: a claimed call is still its worker's."""
    trip = stage.trip()
    call = stage.drive(trip, "create_order")
    assert stage.mark_sent(call) is None
    before = stage.everything()
    deploy(stage.dsn, cron=False)
    assert stage.everything() == before
    (capture,) = stage.finish(stage.good_answer(call))
    assert stage.finish(stage.good_answer(capture)) == []
    assert stage.status(trip) == "BOOKED"


# Every state that an attempt may be found in, as released; a new one is added here.
RELEASED_STATES = {
    "REPRICING",
    "CREATING_PAYMENT",
    "AUTHORIZING",
    "ORDERING",
    "ORDER_UNKNOWN",
    "CAPTURING",
    "VOIDING",
    "CONFIRMED",
    "FAILED",
}


def test_a_state_once_released_is_still_known_and_led_out_of(stage: Stage) -> None:
    """A database may hold an attempt in it, from before the deploy."""
    states = {
        row["state"]: row["is_final"]
        for row in stage.rows("select * from engine.saga_states")
    }
    assert set(states) >= RELEASED_STATES
    for state in RELEASED_STATES - {s for s, final in states.items() if final}:
        assert stage.rows(
            "select from engine.saga_transitions where state = %s"
            " and next_state <> state and verdict = 'OK'",
            state,
        ), state


# -- people --------------------------------------------------------------------------


# What `on delete restrict` raises from PostgreSQL 18 on, and before.
IN_USE = (psycopg.errors.RestrictViolation, psycopg.errors.ForeignKeyViolation)


@pytest.mark.parametrize("operation", ["get_offer", "create_order", "capture_payment"])
def test_an_account_is_not_deleted_under_a_booking(
    stage: Stage, operation: str
) -> None:
    """Neither in mid-saga nor after: what was paid for stays on record."""
    trip = stage.trip()
    call = stage.drive(trip, operation)
    with pytest.raises(IN_USE):
        stage.rows("delete from auth.users where id = %s", trip.user_id)
    while call["operation"] != "capture_payment":
        call = stage.step(call)
    assert stage.finish(stage.good_answer(call)) == []
    assert stage.status(trip) == "BOOKED"
    with pytest.raises(IN_USE):
        stage.rows("delete from auth.users where id = %s", trip.user_id)


# -- credentials ---------------------------------------------------------------------

REFUSED: dict[str, tuple[int, Any]] = {
    "search": (401, {"errors": [{"code": "expired_access_token"}]}),
    "get_offer": (401, {"errors": [{"code": "access_token_not_found"}]}),
    "create_payment": (401, {"error": {"type": "invalid_request_error"}}),
    "create_order": (401, {"errors": [{"code": "expired_access_token"}]}),
}


@pytest.mark.parametrize("operation", REFUSED)
def test_a_credential_that_was_withdrawn_stops_every_new_booking(
    stage: Stage, operation: str
) -> None:
    """The kill switch is engaged with the reason; nothing is tried with it again."""
    trip = stage.trip()
    call = stage.drive(trip, operation)
    if call["marks_sent"]:
        assert stage.mark_sent(call) is None
    status, body = REFUSED[operation]
    stage.finish(answer(call, status, body), hand_on=False)
    switch = stage.row("select engaged, reason from engine.kill_switch")
    assert switch["engaged"]
    assert switch["reason"].startswith(f"{operation} refused")
    assert operation not in stage.ready(trip)
    expected = {"search": [], "create_order": ["VOIDING"]}.get(operation, ["FAILED"])
    states = stage.rows("select state from public.booking_attempts")
    assert [row["state"] for row in states] == expected
    with pytest.raises(psycopg.Error, match="switched off"):
        stage.rows("select public.duffel_search(%s)", trip.trip_id)


@pytest.mark.parametrize(
    "code", ["x" * 5000, "", "\x1b[2J amelia@example.com", {"a": 1}, None]
)
def test_what_a_provider_says_is_a_word_or_is_not_repeated(
    stage: Stage, code: object
) -> None:
    """No text of its own is kept or told, and none keeps the stop from being made."""
    call = stage.drive(stage.trip(), "get_offer")
    said = answer(call, 401, {"errors": [{"code": code}]}, request_id=f"{code}\n")
    stage.finish(said, hand_on=False)
    switch = stage.row("select engaged, reason from engine.kill_switch")
    assert switch == {"engaged": True, "reason": "get_offer refused: no_code"}
    kept = stage.row(
        "select error_code, request_id from engine.provider_calls where id = %s",
        call["call_id"],
    )
    assert kept == {"error_code": "no_code", "request_id": None}
    told = stage.row("select error_code from public.booking_attempts")
    assert told == {"error_code": "no_code"}


def test_a_word_of_a_provider_is_kept_as_it_is(stage: Stage) -> None:
    """A code that nobody knows, and the id that its support asks for."""
    call = stage.drive(stage.trip(), "get_offer")
    body = {"errors": [{"code": "brand_new-code.2"}]}
    stage.finish(answer(call, 404, body, request_id="req_1/Ab+c="), hand_on=False)
    kept = stage.row(
        "select error_code, request_id from engine.provider_calls where id = %s",
        call["call_id"],
    )
    assert kept == {"error_code": "brand_new-code.2", "request_id": "req_1/Ab+c="}


# -- the two lists of operations -----------------------------------------------------


def test_the_sidecar_can_make_every_call_the_engine_may_ask_for(stage: Stage) -> None:
    """And none that the engine does not know."""
    flights = Flights("http://127.0.0.1:1", "duffel_test_fixture")
    payments = Payments("http://127.0.0.1:1", "sk_test_fixture")
    known = stage.rows("select operation, provider from engine.operations")
    providers = {r["operation"] for r in known if r["provider"] not in ("mail", "app")}
    assert set(outward_calls(flights, payments)) == providers
    settings = MessageSettings(
        database_url="postgresql://localhost",
        smtp_url="smtp://localhost",
        webhook_key="a-key-of-a-test-that-is-long-enough-0001",
    )
    assert {r["operation"] for r in known} - providers == set(channels(settings))


# -- what the database refuses for a moment ------------------------------------------


def test_a_lock_that_could_not_be_had_in_time_is_no_fault_of_the_report(
    stage: Stage,
) -> None:
    """It is set aside, the others are applied; it is not counted as poison."""
    trip, other = stage.trip(), stage.trip()
    stage.tick()
    calls = {c["trip_request_id"]: c for c in stage.claim()}
    reports = [stage.good_answer(calls[t.trip_id]) for t in (trip, other)]
    with stage.connect("postgres", autocommit=False) as slow:
        slow.execute(
            "select from public.trip_requests where id = %s for update", [trip.trip_id]
        )
        rows = stage.finish(*reports)
        assert sorted((row["is_set_aside"], row["operation"]) for row in rows) == [
            (False, "get_offer"),
            (True, None),
        ]
        assert [row["call_id"] for row in rows if row["is_set_aside"]] == [
            calls[trip.trip_id]["call_id"]
        ]
    (following,) = stage.finish(reports[0])
    assert following["operation"] == "get_offer"
    assert following["trip_request_id"] == trip.trip_id
    counted = stage.rows("select apply_failures from engine.provider_calls")
    assert {row["apply_failures"] for row in counted} == {0}


# -- cards ---------------------------------------------------------------------------

UNWILLING = {
    "expired_card": {"error": {"code": "expired_card"}},
    "insufficient_funds": {
        "error": {"code": "card_declined", "decline_code": "insufficient_funds"}
    },
}


@pytest.mark.parametrize("code", UNWILLING)
def test_a_card_that_does_not_pay_buys_nothing_and_asks_the_traveller(
    stage: Stage, code: str
) -> None:
    """The hold is cancelled, no order was asked for, and the trip says what to do."""
    trip = stage.trip()
    call = stage.drive(trip, "confirm_payment")
    (void,) = stage.finish(answer(call, 402, UNWILLING[code]))
    assert void["operation"] == "cancel_payment"
    assert stage.finish(stage.good_answer(void)) == []
    attempt = stage.attempt(trip)
    assert (attempt["state"], attempt["error_code"]) == ("FAILED", code)
    assert stage.status(trip) == "ACTION_REQUIRED"
    made = stage.rows(
        "select from engine.provider_calls where operation like '%%order'"
    )
    assert made == []


def test_a_hold_of_less_than_was_agreed_orders_nothing(stage: Stage) -> None:
    """Read again to be sure, then a person decides, with the hold untouched."""
    trip = stage.trip()
    call = stage.drive(trip, "confirm_payment")
    for operation in ("confirm_payment", "read_authorization"):
        if call["operation"] != operation:
            call = stage.claim_operation(operation)
        report = stage.good_answer(call)
        report["body"]["amount"] = 5000
        assert stage.finish(report) == []
    assert stage.attempt(trip)["state"] == "NEEDS_REVIEW"
    assert "create_order" not in stage.ready(trip)


@pytest.mark.parametrize(
    "changes",
    [
        {"total_amount": "100.01"},
        {"total_currency": "EUR"},
        {"offer_id": "off_x"},
        {"metadata": {"attempt_id": "x"}},
        {"metadata": None},
    ],
)
def test_an_order_that_is_not_the_one_that_was_asked_for_is_not_paid(
    stage: Stage, changes: Row
) -> None:
    """It exists, so it is recorded; nothing is captured, and a person decides."""
    trip = stage.trip()
    call = stage.drive(trip, "create_order")
    assert stage.mark_sent(call) is None
    report = stage.good_answer(call)
    report["body"]["data"].update(changes)
    assert stage.finish(report) == []
    attempt = stage.attempt(trip)
    assert attempt["state"] == "NEEDS_REVIEW"
    assert attempt["order_id"] == report["body"]["data"]["id"]
    assert "capture_payment" not in stage.ready(trip)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, "succeeded"),
        ({"status": "pending"}, "pending"),
        ({"status": "failed"}, "failed"),
        ({"amount": 9999}, "amount_mismatch"),
        ({"currency": "eur"}, "amount_mismatch"),
        ({"metadata": {}}, "none"),
    ],
)
def test_a_refund_is_found_by_its_mark_before_one_is_made(
    stage: Stage, changes: Row, code: str
) -> None:
    """What is there already is not asked for again, whoever lost its answer."""
    attempt = {"id": str(uuid4()), "refund_no": 1, "refund_amount": 100}
    refund = {
        "id": "re_1",
        "status": "succeeded",
        "amount": 10000,
        "currency": "gbp",
        "metadata": {"refund_id": f"{attempt['id']}:1"},
        **changes,
    }
    others = {**refund, "metadata": {"refund_id": f"{attempt['id']}:0"}}
    row = stage.row(
        "select engine.found_refund("
        " jsonb_populate_record(null::public.booking_attempts, %s), %s) as found",
        Jsonb({**attempt, "currency": "GBP"}),
        Jsonb({"refunds": [others, refund]}),
    )
    assert row["found"]["code"] == code
    assert row["found"]["refund"] == (None if code == "none" else refund)


# -- fares and orders ----------------------------------------------------------------


def test_a_fare_that_fell_is_held_and_ordered_at_the_lower_price(stage: Stage) -> None:
    """What is held, ordered and captured is what the offer costs now."""
    trip = stage.trip()
    call = stage.drive(trip, "get_offer")
    cheaper = test_protocol.offer(call["request"]["offer_id"], "80.00")
    (payment,) = stage.finish(answer(call, 200, {"data": cheaper}))
    assert stage.attempt(trip)["agreed_amount"] == 80
    assert (payment["request"]["amount"], payment["request"]["currency"]) == (
        8000,
        "gbp",
    )
    while payment["operation"] != "create_order":
        report = stage.good_answer(payment)
        report["body"]["amount"] = 8000
        (payment,) = stage.finish(report)
    assert payment["request"]["payments"] == [
        {"type": "balance", "amount": "80.00", "currency": "GBP"}
    ]
    assert stage.mark_sent(payment) is None
    report = stage.good_answer(payment)
    report["body"]["data"]["total_amount"] = "80.00"
    (capture,) = stage.finish(report)
    assert capture["request"]["amount_to_capture"] == 8000


def test_an_order_is_paid_when_it_is_made_and_never_held(stage: Stage) -> None:
    """No seat is kept on credit: there is no date to pay by that could be missed."""
    trip = stage.trip()
    call = stage.drive(trip, "create_order")
    assert call["request"]["type"] == "instant"
    assert [p["amount"] for p in call["request"]["payments"]] == ["100.00"]


def test_a_cancellation_whose_quote_expired_is_quoted_anew(stage: Stage) -> None:
    """Refused, read, found not cancelled: another quote, and only that is confirmed."""
    trip = stage.trip()
    stage.book(trip)
    booking = stage.row("select id from public.flight_bookings")
    stage.rows("select public.cancel_booking(%s)", booking["id"])

    def quote(number: int) -> Row:
        call = stage.claim_operation("quote_cancellation")
        body = {
            "id": f"ore_{number}",
            "refund_to": "balance",
            "refund_currency": "GBP",
            "refund_amount": "100.00",
        }
        stage.finish(answer(call, 200, {"data": body}), hand_on=False)
        confirm = stage.claim_operation("confirm_cancellation")
        assert confirm["request"] == {"cancellation_id": f"ore_{number}"}
        return confirm

    stage.finish(refusal_of_quote(quote(1)), hand_on=False)
    read = stage.claim_operation("read_cancellation")
    order = stage.attempt(trip)["order_id"]
    body = {"data": {"id": order, "cancelled_at": None}}
    stage.finish(answer(read, 200, body), hand_on=False)
    assert stage.attempt(trip)["state"] == "QUOTING_BOOKING"
    confirm = quote(2)
    body = {"data": {"id": "ore_2", "confirmed_at": "2026-11-23T10:00:00Z"}}
    stage.finish(answer(confirm, 200, body), hand_on=False)
    assert stage.attempt(trip)["state"] == "REFUNDING"


def refusal_of_quote(call: Row) -> Row:
    """Return Duffel's refusal of a quote that is too old."""
    return answer(call, 422, {"errors": [{"code": "order_cancellation_expired"}]})
