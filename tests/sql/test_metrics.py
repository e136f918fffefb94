"""What the database counts and measures: exactly, cheaply, and nobody waits for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from sidecar.local.cluster import Cluster
from tests.bench.plans import buffers, explained, indexes, nodes
from tests.conftest import Connect
from tests.history import copy_booking
from tests.sql import cloned_database
from tests.sql.test_protocol import Stage, answer, stage

__all__ = ["stage"]
# What grows with travellers and time.
BIG = {
    "booking_attempts",
    "booking_events",
    "fare_history",
    "flight_bookings",
    "flight_offers",
    "provider_calls",
    "provider_events",
    "review_cases",
    "trip_requests",
}
ATTEMPTS = 20_000
# What else a past leaves behind, and nothing of it is open.
OVER = (
    """
    insert into engine.provider_events (
      provider, event_id, type, object_id, received_at, received_by, state, applied_at,
      outcome
    )
    select
      'stripe', 'evt_' || n, 'charge.updated', 'ch_' || n, now() - interval '2 days',
      'webhook', 'APPLIED', now() - interval '2 days', 'seen'
    from generate_series(1, %s) as n
    """,
    """
    insert into engine.review_cases (
      kind, object_id, opened_at, summary, resolved_at, resolved_by, resolution
    )
    select
      'ATTEMPT', n::text, now() - interval '2 days', 'a test', now(), 'watch', 'decided'
    from generate_series(1, %s) as n
    """,
    """
    insert into public.fare_history (
      user_id, trip_request_id, search_round, searched_at, origin, destination,
      departure_date, offers
    )
    select
      h.user_id, h.trip_request_id, 1, now() - n * interval '1 hour', 'LHR', 'JFK',
      h.departure_date, 0
    from generate_series(1, %s) as n
    cross join (select * from public.fare_history limit 1) as h
    """,
)


def counted(stage: Stage, name: str, **labels: str) -> Any:
    """Return what the counter says, of one series."""
    rows = stage.sidecar.execute("select * from engine.metrics()").fetchall()
    (found,) = (r["value"] for r in rows if (r["name"], r["labels"]) == (name, labels))
    return found


# -- counters ------------------------------------------------------------------------


def test_a_booking_is_counted_once_each_way(stage: Stage) -> None:
    """Its end, its order, its capture, its money and each of its answers."""
    trip = stage.trip()
    stage.book(trip)
    for name in (
        "auto_booking_success_total",
        "duffel_order_success_total",
        "stripe_capture_success_total",
    ):
        assert counted(stage, name) == 1
    amount = stage.attempt(trip)["captured_amount"]
    for movement in ("authorized", "captured"):
        moved = {"movement": movement, "currency": "GBP"}
        assert counted(stage, "skylatch_money_total", **moved) == amount
    for operation in ("search", "get_offer", "create_order", "capture_payment"):
        labels = {"operation": operation, "verdict": "OK"}
        assert counted(stage, "skylatch_provider_answers_total", **labels) == 1
    assert counted(stage, "skylatch_searches_total", outcome="answered") == 1
    assert counted(stage, "skylatch_offers_total", reason="fits") >= 1


def test_what_was_counted_survives_being_added_up(stage: Stage) -> None:
    """No count is lost, doubled or seen to fall, and the parts do not pile up."""
    stage.book(stage.trip())
    stage.book(stage.trip())
    before = totals(stage)
    assert before["auto_booking_success_total", "{}"] == 2
    for _ in range(2):
        stage.rows("select engine.sum_counters()")
        assert totals(stage) == before
    assert stage.row("select count(*) as n from engine.counter_parts")["n"] == 0
    stage.book(stage.trip())
    assert totals(stage)["auto_booking_success_total", "{}"] == 3


def totals(stage: Stage) -> dict[tuple[str, str], Any]:
    """Return every counter by name and labels."""
    rows = stage.rows("select name, labels::text, value from engine.metrics()")
    return {
        (r["name"], r["labels"]): r["value"]
        for r in rows
        if r["name"].endswith("_total")
    }


def test_a_step_that_rolls_back_is_not_counted(stage: Stage) -> None:
    """What is counted has happened."""
    call = stage.drive(stage.trip(), "capture_payment")
    before = totals(stage)
    with stage.connect("skylatch_sidecar", autocommit=False) as other:
        stage.finish(stage.good_answer(call), connection=other)
        other.rollback()
    assert totals(stage) == before


def test_no_booking_waits_while_counters_are_added_up(stage: Stage) -> None:
    """A booking commits beside a recovery that is in the middle of it."""
    stage.book(stage.trip())
    with stage.connect("postgres", autocommit=False) as adding:
        adding.execute("select engine.sum_counters()")
        stage.rows("set lock_timeout = '1s'")
        stage.sidecar.execute("set lock_timeout = '1s'")
        stage.book(stage.trip())
        adding.commit()
    assert counted(stage, "auto_booking_success_total") == 2


def test_two_bookings_do_not_wait_for_each_other(stage: Stage) -> None:
    """Both are in the middle of the same counters."""
    calls = [stage.drive(stage.trip(), "capture_payment") for _ in range(2)]
    with (
        stage.connect("skylatch_sidecar", autocommit=False) as first,
        stage.connect("skylatch_sidecar", autocommit=False) as second,
    ):
        second.execute("set local lock_timeout = '1s'")
        stage.finish(stage.good_answer(calls[0]), connection=first)
        stage.finish(stage.good_answer(calls[1]), connection=second)
        second.commit()
        first.commit()
    assert counted(stage, "auto_booking_success_total") == 2


def test_a_code_that_nobody_knows_is_no_label(stage: Stage) -> None:
    """A provider's own words are not put on a metric."""
    call = stage.drive(stage.trip(), "confirm_payment")
    error = {"code": "amelia_earhart", "decline_code": "amelia_earhart"}
    (undo,) = stage.finish(answer(call, 402, {"error": error}))
    stage.finish(stage.good_answer(undo))
    assert counted(stage, "auto_booking_failure_total", reason="other") == 1
    rows = stage.rows("select labels::text from engine.metrics()")
    assert not any("amelia" in row["labels"] for row in rows)


def test_a_refund_and_a_void_are_money_that_moved(stage: Stage) -> None:
    """A hold that is let go, by its currency."""
    call = stage.drive(stage.trip(), "create_order")
    stage.mark_sent(call)
    gone = {"errors": [{"code": "offer_no_longer_available"}]}
    (undo,) = stage.finish(answer(call, 422, gone))
    stage.finish(stage.good_answer(undo))
    labels = {"movement": "voided", "currency": "GBP"}
    assert counted(stage, "skylatch_money_total", **labels) > 0
    assert counted(stage, "duffel_order_failure_total") == 1
    reason = "offer_no_longer_available"
    assert counted(stage, "auto_booking_failure_total", reason=reason) == 1


# -- what is open --------------------------------------------------------------------


def test_an_unknown_order_is_counted_with_its_age(stage: Stage) -> None:
    """And the queue, while what looks for it waits."""
    trip = stage.trip()
    order = stage.drive(trip, "create_order")
    stage.mark_sent(order)
    stage.finish(answer(order, 500), hand_on=False)
    stage.rows(
        "update public.booking_attempts set state_changed_at = now() - interval '1 h'"
    )
    assert counted(stage, "skylatch_attempts", state="ORDER_UNKNOWN") == 1
    age = counted(stage, "skylatch_attempts_oldest_seconds", state="ORDER_UNKNOWN")
    assert 3600 <= age < 3900
    stage.rows("update engine.provider_calls set run_at = now() - interval '1 h'")
    assert counted(stage, "skylatch_queue_depth", queue="booking") == 1
    assert counted(stage, "skylatch_queue_oldest_seconds", queue="booking") >= 3600


def test_the_switches_are_told_as_they_are(stage: Stage) -> None:
    """Booking is off for everybody, and each of its reasons has its own number."""
    assert counted(stage, "skylatch_booking_on") == 1
    flag = {"flag": "auto_booking_pipeline_enabled"}
    assert counted(stage, "skylatch_flag_served", **flag) == 1
    stage.rows("select engine.set_kill_switch(true, 'a test')")
    assert counted(stage, "skylatch_kill_switch") == 1
    assert counted(stage, "skylatch_booking_on") == 0
    stage.rows("update engine.flag_sync set heartbeat_at = now() - interval '1 hour'")
    assert counted(stage, "skylatch_flags_stale") == 1
    assert counted(stage, "skylatch_flags_age_seconds") >= 3600
    stage.rows("delete from engine.flag_data")
    stage.rows("update engine.flag_sync set generation = generation + 1")
    assert counted(stage, "skylatch_flag_served", **flag) == -1
    stage.rows("delete from engine.kill_switch")
    assert counted(stage, "skylatch_kill_switch") == 1


def test_asking_for_metrics_is_no_use_of_a_flag(stage: Stage) -> None:
    """Which flags are asked for is told by what asks on a traveller's behalf."""
    stage.rows("select engine.is_enabled('price_optimization', null, false)")
    used = "select flag, evaluations::int as n from engine.flag_usage_parts"
    assert stage.rows(used) == []
    stage.rows("select * from engine.metrics()")
    assert stage.rows(used) == [{"flag": "price_optimization", "n": 1}]
    stage.rows("select * from engine.metrics()")
    assert stage.rows(used) == [{"flag": "price_optimization", "n": 1}]


def test_the_alerts_that_are_counted_are_all_there_are(connect: Connect) -> None:
    """Kinds of alerts and of cases, as the functions and the tables have them."""
    owner = connect()
    (body,) = owner.execute(
        "select prosrc from pg_proc where proname = 'open_alerts'"
    ).fetchone() or ("",)
    (kinds,) = owner.execute(
        "select pg_get_constraintdef(oid) from pg_constraint"
        " where conname = 'review_cases_kind'"
    ).fetchone() or ("",)
    rows = owner.execute("select label, value from engine.metric_labels()").fetchall()
    closed = {label: {v for one, v in rows if one == label} for label, _ in rows}
    assert closed["alert"] == set(re.findall(r"select\s+'([A-Z_]+)',", body))
    assert closed["case"] == set(re.findall("'([A-Z_]+)'", kinds))
    assert len(rows) == len(set(rows))


# -- cost ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def past(
    cluster: Cluster, template: str, clone_name: Callable[[], str]
) -> Iterator[psycopg.Connection[Any]]:
    """Return a connection to a database with a long past and little to do."""
    with cloned_database(cluster, template, clone_name) as dsn:
        stage = Stage(dsn)
        trip = stage.trip()
        stage.book(trip)
        copy_booking(stage.sql, trip.trip_id, ATTEMPTS)
        for statement in OVER:
            stage.rows(statement, ATTEMPTS)
        stage.rows("analyze")
        stage.close()
        with psycopg.connect(dsn, autocommit=True, row_factory=dict_row) as connection:
            yield connection


SCRAPE = "select * from engine.metrics()"
STATUS = "select engine.pipeline_status()"
# By what each of them finds what is open.
USED = {
    SCRAPE: {
        "booking_attempts_state_idx",
        "provider_calls_ready_idx",
        "provider_calls_ready_other_idx",
        "provider_events_received_at_idx",
    },
    STATUS: {
        "booking_attempts_state_idx",
        "flight_bookings_next_look_at_idx",
        "provider_calls_dead_idx",
        "provider_calls_ready_idx",
        "provider_calls_ready_other_idx",
    },
}
asked = pytest.mark.parametrize("statement", [SCRAPE, STATUS], ids=["scrape", "status"])


@asked
def test_who_looks_reads_what_is_open_and_not_what_is_over(
    past: psycopg.Connection[Any], statement: str
) -> None:
    """No table that grows is read from end to end, in however many plans there are."""
    attempts = past.execute("select count(*) as n from booking_attempts").fetchone()
    assert attempts is not None
    assert attempts["n"] > ATTEMPTS
    explained(past, statement)  # plans of this session
    plans = explained(past, statement)
    read = {
        f"{node['Relation Name']}: {plan['Query Text']}"
        for plan in plans
        for node in nodes(plan)
        if node["Node Type"] == "Seq Scan" and node["Relation Name"] in BIG
    }
    assert read == set()
    assert indexes(plans) >= USED[statement]
    assert buffers(plans) < 2_000


@asked
def test_the_guard_sees_a_scan_inside_what_is_asked(
    past: psycopg.Connection[Any], statement: str
) -> None:
    """Without its index the attempts are read from end to end, and it says so."""
    with past.transaction(force_rollback=True):
        past.execute("drop index public.booking_attempts_state_idx")
        plans = explained(past, statement)
    scans = {
        node["Relation Name"]
        for plan in plans
        for node in nodes(plan)
        if node["Node Type"] == "Seq Scan"
    }
    assert "booking_attempts" in scans


def test_bookings_that_nobody_reads_are_not_all_counted(
    past: psycopg.Connection[Any],
) -> None:
    """After a night without a worker all are overdue, and each look costs the same."""
    alert = "select detail from engine.open_alerts() where kind = 'BOOKINGS_UNREAD'"
    with past.transaction(force_rollback=True):
        past.execute(
            "update public.flight_bookings as b set next_look_at = now() + case"
            " when n.n < 1000 then interval '-1 day' else interval '1 day' end"
            " from (select id, row_number() over () as n from public.flight_bookings)"
            " as n where n.id = b.id"
        )
        few = past.execute(alert.encode()).fetchone()
        past.execute(
            "update public.flight_bookings set next_look_at = now() - interval '1 day'"
        )
        past.execute("analyze public.flight_bookings")
        many = past.execute(alert.encode()).fetchone()
        plans = explained(past, "select * from engine.open_alerts()")
    assert few == {"detail": "999 bookings were to be read again"}
    assert many == {"detail": "1000 or more bookings were to be read again"}
    rows = {
        node["Actual Rows"]
        for plan in plans
        for node in nodes(plan)
        if node.get("Relation Name") == "flight_bookings"
    }
    assert rows == {1000}
