"""What the watch keeps of broken promises, whom it tells, and what it reads for it."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from structlog.testing import capture_logs

from sidecar.alerts import AlertLog
from tests.conftest import Connect
from tests.factories import DECLINED, VISA, World, until
from tests.history import copy_booking
from tests.sql.test_protocol import Stage, answer, stage

__all__ = ["stage"]
# A promise that any attempt breaks by one update.
BREAK = "update public.booking_attempts set epoch = epoch + 50 where id = %s"
MEND = "update public.booking_attempts set epoch = epoch - 50 where id = %s"


def watch(stage: Stage, after: str = "1 minute") -> Any:
    """Look once more, as if so much time had passed since the last look."""
    stage.rows(
        "update engine.invariant_checks set checked_at = checked_at - %s::interval",
        after,
    )
    return stage.row("select engine.watch_invariants() as n")["n"]


def present(stage: Stage) -> list[str]:
    """Return the promises that are broken now, as far as the watch knows."""
    rows = stage.rows(
        "select invariant from engine.invariant_violations where gone_at is null"
    )
    return [row["invariant"] for row in rows]


def alerts(stage: Stage) -> dict[str, str]:
    """Return the open alerts, subject by kind, as the sidecar sees them."""
    rows = stage.sidecar.execute("select * from engine.open_alerts()").fetchall()
    return {row["kind"]: row["subject"] for row in rows}


def booked(stage: Stage) -> Any:
    """Book a trip; return its attempt's id."""
    trip = stage.trip()
    stage.book(trip)
    return stage.attempt(trip)["id"]


def unknown(stage: Stage) -> Any:
    """Order without an answer; return the attempt's id."""
    trip = stage.trip()
    order = stage.drive(trip, "create_order")
    stage.mark_sent(order)
    stage.finish(answer(order, 500))
    return stage.attempt(trip)["id"]


def test_a_broken_promise_is_recorded_until_it_holds_again(stage: Stage) -> None:
    """And remembered: it was once broken."""
    attempt = booked(stage)
    assert (watch(stage), present(stage), alerts(stage)) == (0, [], {})
    stage.rows(BREAK, attempt)
    assert watch(stage) == 1
    assert present(stage) == ["epochs never fall"]
    assert alerts(stage) == {"INVARIANT": f"epochs never fall: {attempt}"}
    stage.rows(MEND, attempt)
    assert watch(stage) == 0
    assert alerts(stage) == {}
    assert len(stage.rows("select from engine.invariant_violations")) == 1


def test_a_person_is_done_with_a_violation_that_stays(stage: Stage) -> None:
    """A fact of the past is no alert for ever; when it happens anew it is one again."""
    attempt = booked(stage)
    stage.rows(BREAK, attempt)
    watch(stage)
    case = stage.row("select id, kind from engine.review_cases")
    assert case["kind"] == "INVARIANT"
    with psycopg.connect(stage.dsn, autocommit=True) as operator:
        operator.execute("set role skylatch_operator")
        closed = "select resolve_case(%s, 'known', 'the fault of a test, mended')"
        operator.execute(closed, [case["id"]])
    assert watch(stage) == 1
    assert (present(stage), alerts(stage)) == (["epochs never fall"], {})
    stage.rows(MEND, attempt)
    assert watch(stage) == 0
    stage.rows(BREAK, attempt)
    assert watch(stage) == 1
    assert alerts(stage) == {"INVARIANT": f"epochs never fall: {attempt}"}
    stage.rows(MEND, attempt)
    watch(stage)
    assert stage.rows("select resolved_by from engine.review_cases order by id") == [
        {"resolved_by": "postgres as skylatch_operator"},
        {"resolved_by": "watch"},
    ]


def test_an_old_violation_is_present_until_it_was_looked_at_again(stage: Stage) -> None:
    """Each minute looks at what changed; what is older is looked at every ten."""
    attempt = booked(stage)
    stage.rows(BREAK, attempt)
    stage.rows(
        "update public.booking_attempts"
        " set state_changed_at = state_changed_at - interval '12 hours'"
    )
    assert watch(stage) == 1
    stage.rows(MEND, attempt)
    assert watch(stage, after="11 minutes") == 0


def test_the_watch_does_nothing_when_it_was_just_done(stage: Stage) -> None:
    """However many sidecars ask."""
    assert watch(stage) == 0
    stage.rows(BREAK, booked(stage))
    assert stage.row("select engine.watch_invariants() as n")["n"] is None
    assert present(stage) == []


def test_a_change_that_commits_after_a_check_is_seen_by_the_next(stage: Stage) -> None:
    """Its time lies before the check: the checks overlap."""
    attempt = booked(stage)
    with psycopg.connect(stage.dsn) as late:
        late.execute(BREAK.encode(), [attempt])
        assert watch(stage) == 0
        late.commit()
    assert watch(stage) == 1


def test_a_hold_about_to_lapse_opens_one_case_for_a_person(stage: Stage) -> None:
    """Not a second one when a person closed it; closed by itself once it is decided."""
    attempt = unknown(stage)
    stage.rows(
        "update public.booking_attempts"
        " set capture_before = now() + interval '11 hours'"
    )
    cases = (
        "select resolved_by from engine.review_cases"
        " where kind = 'AUTHORIZATION_LAPSING' order by id"
    )
    watch(stage)
    watch(stage)
    assert stage.rows(cases) == [{"resolved_by": None}]
    assert alerts(stage)["AUTHORIZATION_LAPSING"] == str(attempt)
    stage.rows("update public.booking_attempts set voided_at = now()")
    watch(stage)
    assert stage.rows(cases) == [{"resolved_by": "watch"}]
    assert "AUTHORIZATION_LAPSING" not in alerts(stage)
    stage.rows("update public.booking_attempts set voided_at = null")
    watch(stage)
    assert len(stage.rows(cases)) == 1


@pytest.mark.parametrize(
    ("kind", "subject", "statement"),
    [
        (
            "BREAKER_OPEN",
            "search",
            "insert into engine.breakers (operation, failures, open_until, last_error,"
            " changed_at) values ('search', 5, now() + interval '1 minute', '500',"
            " now())",
        ),
        (
            "CALLS_WAITING",
            "find_order",
            "update engine.provider_calls set run_at = now() - interval '6 minutes'"
            " where state = 'READY'",
        ),
        (
            "CALLS_DEAD",
            "find_order",
            "update engine.provider_calls set state = 'DEAD', finished_at = now()"
            " where state = 'READY'",
        ),
        (
            "CRON_SILENT",
            "recover",
            "update engine.job_beats"
            " set cron_succeeded_at = now() - interval '4 minutes'"
            " where job = 'recover'",
        ),
        (
            "CRON_SILENT",
            "purge_cron_log",
            "update engine.job_beats set scheduled_at = now() - interval '26 hours'"
            " where job = 'purge_cron_log'",
        ),
        (
            "JOB_SILENT",
            "watch_invariants",
            "update engine.job_beats set since = now() - interval '6 minutes',"
            " last_succeeded_at = null, last_succeeded_by = null"
            " where job = 'watch_invariants'",
        ),
        (
            "JOB_SILENT",
            "auto_book_monitor",
            "update engine.job_beats set since = now() - interval '1 day',"
            " last_succeeded_at = now() - interval '16 minutes',"
            " last_succeeded_by = 'skylatch_cron' where job = 'auto_book_monitor'",
        ),
        (
            "JOB_SILENT",
            "recover",
            "delete from engine.job_beats where job = 'recover'",
        ),
        (
            "JOB_STOPPED",
            "auto_book_monitor",
            "update engine.job_beats set since = now() - interval '1 day',"
            " stopped_at = now() - interval '1 day', stopped_by = 'somebody'"
            " where job = 'auto_book_monitor'",
        ),
    ],
)
def test_what_hangs_or_is_silent_is_an_alert(
    stage: Stage, kind: str, subject: str, statement: str
) -> None:
    """One for each operation, however many calls."""
    unknown(stage)
    assert alerts(stage) == {}
    stage.rows(statement)
    assert alerts(stage) == {kind: subject}


def dead_calls(stage: Stage) -> list[str]:
    """Return what is said of calls without an answer."""
    return [
        row["detail"]
        for row in stage.rows(
            "select detail from engine.open_alerts() where kind = 'CALLS_DEAD'"
        )
    ]


def test_dead_calls_name_their_trips_and_end_when_each_has_an_answer(
    stage: Stage,
) -> None:
    """An answer to another trip is none of theirs; not a day of exit code 1."""
    trips = []
    for _ in range(5):
        trips.append(stage.trip())
        stage.drive(trips[-1], "get_offer")
    *broken, other = trips
    answered = (
        "update engine.provider_calls set state = 'DONE', finished_at = now(),"
        " verdict = 'OK' where trip_request_id = %s and operation = 'search'"
    )
    stage.rows(
        "update engine.provider_calls set state = 'DEAD', finished_at = now()"
        " where operation = 'get_offer' and trip_request_id = any (%s)",
        [trip.trip_id for trip in broken],
    )
    stage.rows(answered, other.trip_id)
    first, *_, last = sorted(str(trip.trip_id) for trip in broken)
    (detail,) = dead_calls(stage)
    assert detail.startswith(f"4 calls ended without an answer, of trip {first}, ")
    assert detail.endswith(" and 1 more")
    assert last not in detail
    for trip in broken[1:]:
        stage.rows(answered, trip.trip_id)
    assert dead_calls(stage) == [
        f"1 calls ended without an answer, of trip {broken[0].trip_id}"
    ]
    stage.rows(answered, broken[0].trip_id)
    assert dead_calls(stage) == []


def test_a_parked_attempt_is_an_alert_without_a_name_in_it(stage: Stage) -> None:
    """Kind and id are enough to look it up."""
    trip = stage.trip()
    stage.drive(trip, "get_offer")
    attempt = stage.attempt(trip)["id"]
    stage.rows(
        "select engine.command_attempt(%s, %s, 'FREEZE', 'x', 'x', 'x', now())",
        trip.user_id,
        attempt,
    )
    (alert,) = stage.rows("select * from engine.open_alerts()")
    assert (alert["kind"], alert["detail"]) == ("REVIEW_CASE", f"ATTEMPT {attempt}")


def test_an_operator_reads_the_alerts(connect: Connect) -> None:
    """Without any table."""
    operator = connect("skylatch_operator")
    assert operator.execute("select * from engine.open_alerts()").fetchall() == []


def test_each_alert_is_logged_once_and_cleared_once(world: World) -> None:
    """At level error, so that whoever watches the log hears of it."""
    log = AlertLog()
    _, database = world.build_worker()
    with capture_logs() as entries:
        log.update(database.open_alerts())
        world.rows(
            "insert into engine.breakers (operation, failures, open_until, changed_at)"
            " values ('search', 5, now() + interval '1 minute', now())"
        )
        log.update(database.open_alerts())
        log.update(database.open_alerts())
        world.rows("delete from engine.breakers")
        log.update(database.open_alerts())
    database.close()
    assert [(e["event"], e["log_level"], e["kind"]) for e in entries] == [
        ("alert.raised", "error", "BREAKER_OPEN"),
        ("alert.cleared", "info", "BREAKER_OPEN"),
    ]
    assert entries[0]["page"] == "docs/runbook.md#breakeropen"


def test_a_sidecar_watches_where_pg_cron_does_not(world: World) -> None:
    """Its first heartbeat checks, and raises what it found."""
    world.rows("alter table public.fare_history no force row level security")
    with capture_logs() as entries, world.working():
        until(lambda: any(e["event"] == "alert.raised" for e in entries))
    (raised,) = (e for e in entries if e["event"] == "alert.raised")
    assert raised["kind"] == "INVARIANT"
    assert raised["subject"] == (
        "a traveller's rows are behind row level security: public.fare_history"
    )


@pytest.mark.parametrize("end", ["REFUNDED", "RESUMED", "REOPENED"])
def test_an_unusual_end_breaks_no_promise(world: World, end: str) -> None:
    """A booking cancelled and refunded, frozen and resumed; a failure opened again."""

    def command(verdict: str) -> None:
        attempt = world.attempt(trip)
        world.rows(
            "select engine.command_attempt(%s, %s, %s, 'ops', 'test', 'why', now())",
            attempt["user_id"],
            attempt["id"],
            verdict,
        )

    trip = world.trip(world.traveller(DECLINED if end == "REOPENED" else VISA))
    with world.working():
        world.tick()
        until(world.at_rest)
        world.rows("update public.booking_attempts set min_refund = 0")
        steps = {
            "REFUNDED": [("CANCEL", "CANCELLED")],
            "RESUMED": [("FREEZE", "NEEDS_REVIEW"), ("RESUME", "CONFIRMED")],
            "REOPENED": [("REOPEN", "NEEDS_REVIEW"), ("VOID", "FAILED")],
        }
        for verdict, state in steps[end]:
            command(verdict)
            until(world.at_rest)
            until(lambda: world.attempt(trip)["state"] == state)  # noqa: B023
            assert world.violations() == []


def test_a_check_reads_what_changed_not_what_there_is(stage: Stage) -> None:
    """Of the tables that grow, as many rows with a long past as with a short one."""
    trip = stage.trip()
    stage.book(trip)
    unknown(stage)

    def rows_read() -> dict[str, int]:
        with stage.sql.transaction():
            found = stage.rows(
                "select from engine.check_invariants(now() - interval '5 minutes')"
            )
            assert found == []
            return {
                row["relname"]: row["n"]
                for row in stage.rows(
                    "select relname, coalesce(seq_tup_read, 0)"
                    " + coalesce(idx_tup_fetch, 0) as n from pg_stat_xact_user_tables"
                    " where relname in ('booking_attempts', 'booking_events',"
                    " 'flight_bookings', 'flight_offers', 'provider_calls',"
                    " 'trip_requests')"
                )
            }

    copy_booking(stage.sql, trip.trip_id, 20_000)
    assert stage.violations() == []
    read = rows_read()
    assert read["booking_attempts"] > 0
    # A range of pages is the least that is read of the events.
    assert {table: n for table, n in read.items() if n > 10_000} == {}
