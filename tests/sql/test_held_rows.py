"""Nobody holds up anybody: a traveller keeps rows locked, and everybody else goes on.

A session that may not wait for anything (its statements end after seconds, a lock is
waited for much longer) shows that nothing was waited for; no test measures time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import uuid4

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.conftest import Connect
from tests.sql import test_protocol
from tests.sql.test_guards import another_trip, found, limit, search_again
from tests.sql.test_protocol import Row, Stage, Trip, answer

stage = test_protocol.stage

TRIP = "select from public.trip_requests where id = %(trip)s for update"
TRIP_CHANGED = (
    "update public.trip_requests set max_price = max_price + 1 where id = %(trip)s"
)
PROFILE = "select from public.traveler_profiles where user_id = %(user)s for update"
LIMIT = "select from public.spending_limits where user_id = %(user)s for update"


@contextmanager
def held(stage: Stage, trip: Trip, rows: str) -> Iterator[None]:
    """Let the trip's traveller hold rows of their own, as PostgREST's role would."""
    with stage.connect("authenticator", autocommit=False) as traveller:
        claims = json.dumps({"sub": str(trip.user_id), "role": "authenticated"})
        traveller.execute(
            "select set_config('request.jwt.claims', %s, false)", [claims]
        )
        traveller.execute("set role authenticated")
        cursor = traveller.execute(
            rows.encode(), {"trip": trip.trip_id, "user": trip.user_id}
        )
        assert cursor.rowcount > 0
        yield
        traveller.rollback()


def forbid_waiting(stage: Stage, *functions: str) -> None:
    """End every statement of the sidecar that waits for a lock; others have time."""
    for function in functions:
        stage.rows(f"alter function engine.{function} set lock_timeout = '60s'")
    stage.sql.execute("set statement_timeout = '20s'")
    stage.sidecar.execute("set statement_timeout = '20s'")


def driven(stage: Stage, many: int, operation: str) -> dict[Trip, Row]:
    """Bring so many trips to this call; return each with its call, claimed."""
    calls = {}
    for _ in range(many):
        trip = stage.trip()
        calls[trip] = stage.drive(trip, operation)
    return calls


def parted(rows: list[Row]) -> tuple[list[Row], list[int]]:
    """Return the calls that were handed on, and the ids of the reports set aside."""
    return (
        [row for row in rows if not row["is_set_aside"]],
        [row["call_id"] for row in rows if row["is_set_aside"]],
    )


# -- reports -------------------------------------------------------------------------


@pytest.mark.parametrize("rows", [TRIP, TRIP_CHANGED], ids=["for update", "update"])
@pytest.mark.parametrize("operation", ["get_offer", "create_payment", "create_order"])
def test_a_locked_trip_sets_aside_only_its_own_report(
    stage: Stage, operation: str, rows: str
) -> None:
    """The others are applied and committed at once, in the same call."""
    calls = driven(stage, 3, operation)
    trips = list(calls)
    if operation == "create_order":
        assert [stage.mark_sent(call) for call in calls.values()] == [None] * 3
    reports = {trip: stage.good_answer(call) for trip, call in calls.items()}
    forbid_waiting(stage, "finish_calls")
    with held(stage, trips[1], rows):
        handed_on, aside = parted(stage.finish(*reports.values()))
        assert {call["trip_request_id"] for call in handed_on} == {
            trips[0].trip_id,
            trips[2].trip_id,
        }
        assert aside == [reports[trips[1]]["call_id"]]
        # Tried again, it is set aside again: nothing of it is lost, nothing counted.
        assert parted(stage.finish(reports[trips[1]])) == ([], aside)
    (following,) = stage.finish(reports[trips[1]])
    assert following["trip_request_id"] == trips[1].trip_id
    assert stage.call(aside[0])["apply_failures"] == 0
    assert stage.violations() == []


def test_a_locked_limit_sets_aside_only_its_travellers_reports(stage: Stage) -> None:
    """Their other trips need it too; it is waited for once, and not for long."""
    greedy, other = stage.trip(), stage.trip()
    trips = [greedy, *(another_trip(stage, greedy, day=60 + day) for day in range(3))]
    limit(stage, greedy, 1000)
    limit(stage, other, 1000)
    calls = search_again(stage)
    reports = [
        found(calls[trip.trip_id], day)
        for trip, day in zip([*trips, other], [40, 60, 61, 62, 40], strict=True)
    ]
    with held(stage, greedy, LIMIT):
        handed_on, aside = parted(stage.finish(*reports))
        assert [call["trip_request_id"] for call in handed_on] == [other.trip_id]
        assert sorted(aside) == sorted(calls[trip.trip_id]["call_id"] for trip in trips)
    handed_on, aside = parted(stage.finish(*reports[:-1]))
    assert aside == []
    assert handed_on != []


def test_many_locked_limits_are_waited_for_half_a_second_together(
    stage: Stage,
) -> None:
    """Each wait in vain halves the next one: many who hold rows delay like two."""
    trips = [stage.trip() for _ in range(4)]
    for trip in trips:
        limit(stage, trip, 1000)
    calls = search_again(stage)
    reports = [found(calls[trip.trip_id], 40) for trip in trips]
    stage.rows(
        "create function public.patience() returns trigger language plpgsql as $$"
        " begin raise notice 'patience %%', current_setting('lock_timeout');"
        " return null; end $$"
    )
    stage.rows(
        "create trigger patience after insert on public.fare_history"
        " for each row execute function public.patience()"
    )
    heard: list[str] = []
    stage.sidecar.add_notice_handler(lambda d: heard.append(str(d.message_primary)))
    with (
        held(stage, trips[0], LIMIT),
        held(stage, trips[1], LIMIT),
        held(stage, trips[2], LIMIT),
        held(stage, trips[3], LIMIT),
    ):
        _, aside = parted(stage.finish(*reports))
    assert len(aside) == 4
    assert [one for one in heard if one.startswith("patience")] == [
        "patience 250ms",
        "patience 125ms",
        "patience 63ms",
        "patience 32ms",
    ]


def test_a_locked_profile_sets_aside_only_its_own_booking(stage: Stage) -> None:
    """The booking names its passenger, whose row the traveller holds."""
    calls = driven(stage, 2, "capture_payment")
    trips = list(calls)
    reports = [stage.good_answer(call) for call in calls.values()]
    with held(stage, trips[0], PROFILE):
        assert parted(stage.finish(*reports)) == ([], [reports[0]["call_id"]])
        assert stage.status(trips[1]) == "BOOKED"
    assert stage.finish(reports[0]) == []
    assert stage.status(trips[0]) == "BOOKED"
    assert stage.violations() == []


def test_a_report_that_cannot_be_applied_to_a_locked_trip_waits_like_any_other(
    stage: Stage,
) -> None:
    """Counting its failure needs the trip as well; nobody waits for that either."""
    calls = driven(stage, 2, "get_offer")
    trips = list(calls)
    reports = [stage.good_answer(call) for call in calls.values()]
    reports[0]["http_status"] = "teapot"
    with held(stage, trips[0], TRIP):
        handed_on, aside = parted(stage.finish(*reports))
        assert [call["trip_request_id"] for call in handed_on] == [trips[1].trip_id]
        assert aside == [reports[0]["call_id"]]
    assert stage.finish(reports[0]) == []
    assert stage.call(aside[0])["apply_failures"] == 1


# -- the final check before an order leaves -------------------------------------------


def test_an_order_of_a_locked_trip_is_not_sent_and_not_waited_for(
    stage: Stage,
) -> None:
    """The worker hears so at once; the order leaves, once, when the lock is gone."""
    trip = stage.trip()
    call = stage.drive(trip, "create_order")
    with held(stage, trip, TRIP):
        with pytest.raises(psycopg.errors.LockNotAvailable):
            stage.mark_sent(call)
        assert stage.call(call["call_id"])["state"] == "CLAIMED"
        not_sent = answer(call, None, None, error_code="not_sent")
        assert parted(stage.finish(not_sent)) == ([], [call["call_id"]])
    assert stage.finish(not_sent) == []
    assert stage.ready(trip) == ["create_order"]
    again = stage.claim_operation("create_order")
    assert stage.mark_sent(again) is None
    (capture,) = stage.finish(stage.good_answer(again))
    assert capture["operation"] == "capture_payment"


# -- what runs by itself ---------------------------------------------------------------


def test_recovery_passes_over_a_locked_trip(stage: Stage) -> None:
    """Everybody else's ended leases are settled; its own are, the next time."""
    trips = list(driven(stage, 3, "get_offer"))
    forbid_waiting(stage, "recover_calls")
    with held(stage, trips[1], TRIP):
        assert stage.recover() == 2
        assert [stage.ready(trip) for trip in trips] == [
            ["get_offer"],
            [],
            ["get_offer"],
        ]
    assert stage.recover() == 1
    assert stage.ready(trips[1]) == ["get_offer"]


def test_an_event_of_a_locked_trip_holds_up_no_other(stage: Stage) -> None:
    """The others are applied; it stays received, and is applied later."""
    trips = list(driven(stage, 3, "capture_payment"))
    attempts = {trip: stage.attempt(trip) for trip in trips}
    events = [
        {
            "event_id": f"evt_{number}",
            "type": "payment_intent.succeeded",
            "object_id": attempts[trip]["payment_intent_id"],
        }
        for number, trip in enumerate(trips)
    ]
    stage.sidecar.execute(
        "select engine.receive_events('stripe', %s, 'webhook')", [Jsonb(events)]
    )
    state = "select state from engine.provider_events order by event_id"
    apply = "select engine.apply_events(100, clock_timestamp() + %s::interval)"
    forbid_waiting(stage, "apply_events")
    with held(stage, trips[1], TRIP):
        stage.rows(apply, "0 s")
        assert [row["state"] for row in stage.rows(state)] == [
            "APPLIED",
            "RECEIVED",
            "APPLIED",
        ]
    stage.rows(apply, "1 hour")
    assert [row["state"] for row in stage.rows(state)] == ["APPLIED"] * 3


def test_a_tick_passes_over_a_locked_trip(stage: Stage) -> None:
    """It searches for everybody else, and waits for nobody."""
    trips = [stage.trip() for _ in range(3)]
    forbid_waiting(stage, "run_monitor")
    with held(stage, trips[1], TRIP):
        stage.tick()
        assert [stage.ready(trip) for trip in trips] == [["search"], [], ["search"]]


def test_who_watches_the_same_as_a_locked_trip_asks_for_it_at_the_same_tick(
    stage: Stage,
) -> None:
    """Of identical searches one leads: never one whose traveller keeps it locked."""
    watching = [stage.trip() for _ in range(2)]
    assert len(search_again(stage)) == 2
    stage.rows(
        "update engine.provider_calls set state = 'DONE', verdict = 'OK',"
        " lease_until = null, finished_at = now()"
    )
    stage.rows(
        "update engine.trip_searches set offers = 3, cheapest = 900, currency = 'GBP',"
        " last_looked_at = now() - interval '1 hour',"
        " last_searched_at = now() - interval '1 hour'"
    )
    # Never looked, so that it leads; and another one that would lead after it.
    greedy = stage.trip()
    another_trip(stage, greedy, day=40)
    stage.rows("update public.trip_requests set next_search_at = now()")
    stage.rows("update engine.trip_searches set next_look_at = now()")
    with held(stage, greedy, "select from public.trip_requests for update"):
        stage.tick()
        assert sorted(len(stage.ready(trip)) for trip in watching) == [0, 1]
        assert stage.ready(greedy) == []


def stray_orders(trips: list[Trip]) -> list[Row]:
    """Return an order for each trip of which no attempt knows."""
    return [
        {
            "id": f"ord_{number}",
            "offer_id": f"off_{number}",
            "created_at": "2026-01-01T00:00:00Z",
            "cancelled_at": None,
            "metadata": {
                "attempt_id": str(uuid4()),
                "trip_request_id": str(trip.trip_id),
            },
        }
        for number, trip in enumerate(trips)
    ]


def stray_payments(trips: list[Trip]) -> list[Row]:
    """Return a payment for each trip of which no attempt knows."""
    return [
        {
            "id": f"pi_{number}",
            "status": "requires_capture",
            "created": 1700000000,
            "amount_received": 0,
            "metadata": {
                "attempt_id": str(uuid4()),
                "trip_request_id": str(trip.trip_id),
            },
        }
        for number, trip in enumerate(trips)
    ]


LISTS: dict[str, tuple[str, Callable[[list[Trip]], list[Row]]]] = {
    "orders": ("orders", stray_orders),
    "payments": ("payment_intents", stray_payments),
}


@pytest.mark.parametrize("scan", LISTS)
def test_a_locked_trip_is_passed_over_by_a_scan_and_found_by_the_next(
    stage: Stage, scan: str
) -> None:
    """Tried again at first; then the list is compared to its end, and read again."""
    name, strays = LISTS[scan]
    trips = [stage.trip() for _ in range(2)]
    body = {name: strays(trips)}
    cases = (
        "select trip_request_id from engine.review_cases where kind like 'ORPHAN%%'"
        " order by id"
    )
    scanned = (
        "select scanned_to, finished_at > now() - interval '1 minute' as done"
        f" from engine.scans where scan = '{scan}'"
    )

    stage.rows("update engine.history set confirmed_at = now() - interval '1 day'")
    asked: list[object] = []

    def read() -> Row:
        stage.rows(f"select engine.start_scan('{scan}', clock_timestamp())")
        stage.rows("update engine.provider_calls set run_at = now()")
        (call,) = (c for c in stage.claim() if c["operation"] == f"scan_{scan}")
        asked.append(stage.call(call["call_id"])["payload"]["created_after"])
        return answer(call, 200, body)

    def compare(report: Row) -> Row:
        assert stage.finish(report, hand_on=False) == []
        return stage.row(scanned)

    with held(stage, trips[0], TRIP):
        report = read()
        assert parted(stage.finish(report)) == ([], [report["call_id"]])
        stage.rows(
            "update engine.provider_calls set claimed_at = now() - interval '30 s'"
        )
        first = compare(report)
        assert first["done"]
        assert stage.rows(cases) == [{"trip_request_id": trips[1].trip_id}]
        assert stage.status(trips[1]) == "ACTION_REQUIRED"
        again = "select run_at from engine.provider_calls where state = 'READY'"
        assert len(stage.rows(f"{again} and operation = 'scan_{scan}'")) == 1
    assert first["scanned_to"] < compare(read())["scanned_to"]
    # It reached as far back as the one that had passed something over.
    assert asked[0] == asked[1]
    assert {row["trip_request_id"] for row in stage.rows(cases)} == {
        trip.trip_id for trip in trips
    }
    assert stage.status(trips[0]) == "ACTION_REQUIRED"


def test_the_watch_opens_the_others_cases_beside_a_locked_trip(stage: Stage) -> None:
    """A hold that lapses is told of for everybody else; for this one a minute later."""
    calls = driven(stage, 3, "create_order")
    trips = list(calls)
    for order in calls.values():
        stage.mark_sent(order)
        stage.finish(answer(order, 500))
    stage.rows(
        "update public.booking_attempts"
        " set capture_before = now() + interval '11 hours'"
    )
    cases = (
        "select trip_request_id from engine.review_cases"
        " where kind = 'AUTHORIZATION_LAPSING'"
    )
    watch = "select engine.watch_invariants() as n"
    with held(stage, trips[1], TRIP):
        assert stage.row(watch)["n"] is not None
        assert {row["trip_request_id"] for row in stage.rows(cases)} == {
            trips[0].trip_id,
            trips[2].trip_id,
        }
    stage.rows(
        "update engine.invariant_checks set checked_at = now() - interval '2 min'"
    )
    stage.rows(watch)
    assert len(stage.rows(cases)) == 3


# -- how long anybody may hold a row ---------------------------------------------------


def test_a_travellers_login_cannot_hold_a_row_for_long(
    stage: Stage, connect: Connect
) -> None:
    """Limits of the login, and of the roles that PostgREST takes on after it."""
    names = ["statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"]
    if stage.sql.info.server_version >= 170000:
        names.append("transaction_timeout")
    login = connect("authenticator")
    for name in names:
        (value,) = login.execute(f"select current_setting('{name}')").fetchone() or ()
        assert value not in ("0", None), name
    for role in ("anon", "authenticated", "service_role"):
        row = stage.row("select rolconfig from pg_roles where rolname = %s", role)
        assert {one.partition("=")[0] for one in row["rolconfig"]} >= set(names), role


CALLS = {
    "explain": "select public.explain_trip(%(trip)s)",
    "cancel": "select public.cancel_trip(%(trip)s)",
    "consent": "select public.consent_to_trip(%(trip)s, '2026-11')",
    "remove": "select public.remove_passenger(%(trip)s, %(trip)s)",
    "limit": "select public.remove_spending_limit('GBP', 'total')",
    "search": "select public.duffel_search(%(trip)s)",
    "book": "select public.auto_book_production(%(trip)s)",
    "refund": "select public.cancel_booking(%(trip)s)",
    "state": "select public.create_trip_request(p_origins => '{LHR}',"
    " p_destinations => '{JFK}', p_departure_from => current_date + 40,"
    " p_max_price => 100, p_currency => 'GBP', p_passengers => array[%(trip)s::uuid])",
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_travellers_call_that_meets_a_lock_says_try_again(
    stage: Stage, connect: Connect, call: str
) -> None:
    """In words and with a code of ours, whatever it was that it waited for."""
    trip = stage.trip()
    holder = connect(autocommit=False)
    holder.execute(
        "lock table public.trip_requests, public.spending_limits,"
        " public.flight_bookings in access exclusive mode"
    )
    caller = connect("authenticated", user_id=trip.user_id)
    caller.execute("set lock_timeout = '50ms'")
    with pytest.raises(psycopg.Error) as caught:
        caller.execute(call.encode(), {"trip": trip.trip_id})
    assert caught.value.sqlstate == "SK311"
    assert json.loads(caught.value.diag.message_detail or "") == {"sqlstate": "55P03"}
    assert "can be made again" in (caught.value.diag.message_hint or "")


@pytest.mark.parametrize("sqlstate", ["40P01", "40001"])
def test_a_travellers_call_that_ends_in_a_deadlock_says_try_again(
    stage: Stage, connect: Connect, sqlstate: str
) -> None:
    """Or in a decision that was overtaken."""
    trip = stage.trip()
    connect().execute(
        "create or replace function engine.lock_trip(p_trip_id uuid)"
        " returns public.trip_requests language plpgsql as $$ begin"
        f" raise exception using errcode = '{sqlstate}'; end $$".encode()
    )
    caller = connect("authenticated", user_id=trip.user_id)
    with pytest.raises(psycopg.Error) as caught:
        caller.execute("select public.cancel_trip(%s)", [trip.trip_id])
    assert caught.value.sqlstate == "SK311"
