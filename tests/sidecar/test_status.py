"""`sidecar status`: ten lines and an exit code: whether booking is on, and why."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from psycopg.conninfo import make_conninfo
from rich.console import Console

from sidecar import status_report
from tests.factories import FLAGS, World
from tests.raw_server import closed_port
from tests.sql.test_protocol import Stage, answer, stage

__all__ = ["stage"]
NAMES = [
    *("booking", "switch", "flags", "history", "providers"),
    *("jobs", "alerts", "frozen", "workers", "tick"),
]


def shown(dsn: str, *, as_json: bool = False) -> tuple[int, str]:
    """Return the exit code and what was printed."""
    console = Console(file=io.StringIO(), width=80)
    code = status_report.show(dsn, console, as_json=as_json)
    assert isinstance(console.file, io.StringIO)
    return code, console.file.getvalue()


def lines(world: World) -> tuple[int, dict[str, str]]:
    """Return the exit code and the lines by their names, as the watch's role."""
    code, text = shown(make_conninfo(world.dsn, user="skylatch_watch"))
    found = {line[:10].strip(): line[10:] for line in text.splitlines()}
    assert list(found) == NAMES
    return code, found


@pytest.fixture
def well(world: World) -> World:
    """Return a world in which a sidecar beats and every job was done."""
    world.let_cron_do_it()
    world.rows("select engine.heartbeat('here:1:abcdef', '0.1.0')")
    world.rows("select engine.beat_flags('file')")
    world.tick()
    world.rows(
        "update engine.job_beats set last_succeeded_at = clock_timestamp(),"
        " last_succeeded_by = 'pg_cron',"
        " cron_succeeded_at = clock_timestamp()"
    )
    return world


def test_a_job_that_nobody_has_done_yet_is_not_called_done(well: World) -> None:
    """After the first deploy it is neither done nor missed."""
    code, found = lines(well)
    assert (code, found["jobs"]) == (0, "all 5 are done")
    well.rows(
        "update engine.job_beats set last_succeeded_at = null,"
        " last_succeeded_by = null, cron_succeeded_at = null, since = clock_timestamp()"
        " where job in ('purge', 'recover')"
    )
    code, found = lines(well)
    assert (code, found["jobs"]) == (
        0,
        "3 of 5 are done; not yet since the first deploy: purge, recover",
    )


def test_all_is_well_is_ten_lines_and_zero(well: World) -> None:
    """One for each question that is asked at three in the morning."""
    code, found = lines(well)
    assert (code, found["booking"]) == (0, "on")
    assert found["switch"] == "kill switch released"
    assert found["history"] == "confirmed"
    assert found["alerts"] == "none is open"
    assert found["frozen"] == "no order"
    assert found["workers"].startswith("1 alive (0.1.0), database ")
    assert found["tick"].startswith("succeeded ")
    assert "auto_booking_emergency_disable serves false (FALLTHROUGH)" in found["flags"]
    assert "STOPS" not in found["flags"]


Break = Callable[[World], Any]
_OFF: dict[str, tuple[Break, str, str]] = {
    "kill switch": (
        lambda w: w.rows("select engine.set_kill_switch(true, 'a drill')"),
        "kill switch: a drill",
        "switch",
    ),
    "flag serves false": (
        lambda w: w.set_flags({**FLAGS, "auto_booking_pipeline_enabled": False}),
        "auto_booking_pipeline_enabled is off",
        "flags",
    ),
    "emergency serves true": (
        lambda w: w.set_flags({**FLAGS, "auto_booking_emergency_disable": True}),
        "auto_booking_emergency_disable is on",
        "flags",
    ),
    "stale": (
        lambda w: w.rows(
            "update engine.flag_sync set heartbeat_at = now() - interval '11 minutes'"
        ),
        "flags are stale",
        "flags",
    ),
    "restored": (
        lambda w: w.rows("update engine.history set timeline = 'another'"),
        "this database was restored",
        "history",
    ),
    "no sidecar": (
        lambda w: w.rows(
            "update engine.workers set seen_at = now() - interval '1 minute'"
        ),
        "no sidecar beats",
        "workers",
    ),
    "stopped": (
        lambda w: w.rows("select manage_auto_book_monitor('stop', 'a rest')"),
        "auto_book_monitor was stopped: a rest",
        "jobs",
    ),
}


@pytest.mark.parametrize("name", _OFF)
def test_what_stops_booking_is_said_first_and_is_one(well: World, name: str) -> None:
    """Whatever "on" says of a flag; and the line of that part says it too."""
    before = lines(well)[1]
    spoil, reason, part = _OFF[name]
    spoil(well)
    code, found = lines(well)
    assert code == 1
    assert found["booking"].startswith(f"OFF: {reason}")
    assert found[part] != before[part]


def test_what_somebody_wrote_makes_no_line_and_moves_no_cursor(well: World) -> None:
    """A reason is what it says and nothing else."""
    reason = "stop\x1b[2J\nbooking   on"
    well.rows("select engine.set_kill_switch(true, %s)", reason)
    _, told = lines(well)
    assert told["switch"].endswith("stop\N{REPLACEMENT CHARACTER}[2J booking on")
    assert told["booking"].startswith("OFF")


def test_a_flag_that_stops_booking_is_marked(well: World) -> None:
    """`on` is no answer: a switch that is on and serves true stops everything."""
    well.set_flags({**FLAGS, "auto_booking_emergency_disable": True})
    told = lines(well)[1]["flags"]
    assert "auto_booking_emergency_disable serves true (FALLTHROUGH), STOPS" in told
    assert "auto_booking_pipeline_enabled serves true (FALLTHROUGH);" in told


def test_a_source_that_is_gone_is_said_within_its_limit(well: World) -> None:
    """Booking goes on; somebody is asked to look."""
    well.rows("select engine.miss_flags('file', 'the file cannot be read: Missing')")
    code, found = lines(well)
    assert (code, found["booking"]) == (1, "on")
    assert "SOURCE GONE: the file cannot be read: Missing" in found["flags"]
    assert "FLAG_SOURCE_GONE file" in found["alerts"]
    well.rows("select engine.beat_flags('file')")
    assert lines(well)[0] == 0


def test_a_breaker_a_silent_cron_and_a_silent_worker_are_named(well: World) -> None:
    """Each in its line, with its numbers."""
    well.rows(
        "insert into engine.breakers (operation, failures, last_error, changed_at,"
        " open_until) values ('create_order', 6, '500', now(), now() + '1 minute')"
    )
    well.rows(
        "update engine.job_beats set cron_succeeded_at = now() - interval '1 hour'"
        " where job = 'recover'"
    )
    well.rows("select engine.heartbeat('there:2:ffffff', '0.1.0')")
    well.rows(
        "update engine.workers set seen_at = now() - interval '2 minutes'"
        " where worker like 'there%%'"
    )
    code, found = lines(well)
    assert code == 1
    assert found["providers"].startswith("create_order PAUSED for ")
    assert "(6 failures, the last 500)" in found["providers"]
    assert found["jobs"] == "recover: pg_cron is SILENT, left to sidecar"
    assert found["workers"].endswith("there:2:ffffff SILENT, last 2 min ago")
    assert found["alerts"].startswith("3 open: ")
    for kind, page in (
        ("CRON_SILENT recover", "jobsilent"),
        ("WORKER_SILENT there:2:ffffff", "sidecardown"),
        ("BREAKER_OPEN create_order", "breakeropen"),
    ):
        assert re.search(
            rf"{kind} \S+ \S+ ago \(docs/runbook.md#{page}\)", found["alerts"]
        )


def test_many_alerts_of_one_kind_hide_no_other(well: World) -> None:
    """Each kind is named once, with the oldest of it and its page."""
    well.rows("select engine.set_kill_switch(true, 'a drill')")
    well.rows(
        "insert into engine.breakers (operation, failures, last_error, changed_at,"
        " open_until) select o, 5, '500', now() - interval '9 minutes', now() +"
        " interval '1 minute' from unnest(array['search', 'get_offer', 'find_order',"
        " 'create_order', 'create_payment']) as o"
    )
    told = lines(well)[1]["alerts"]
    assert told.startswith(
        "6 open: BREAKER_OPEN 5 times, the oldest 9 min ago"
        " (docs/runbook.md#breakeropen); KILL_SWITCH booking "
    )
    assert told.endswith(" (docs/runbook.md#killswitchengaged)")


def test_frozen_orders_are_counted_with_the_oldest(stage: Stage) -> None:
    """And an unknown order is an alert once it is ten minutes old."""
    trip = stage.trip()
    order = stage.drive(trip, "create_order")
    stage.mark_sent(order)
    stage.finish(answer(order, 500))
    stage.rows(
        "update public.booking_attempts set state_changed_at = now() - '9 minutes'"
        "::interval"
    )
    asked = "select subject from engine.open_alerts() where kind = 'ORDER_UNKNOWN'"
    assert stage.rows(asked) == []
    stage.rows(
        "update public.booking_attempts set state_changed_at = now() - '11 minutes'"
        "::interval"
    )
    assert stage.rows(asked) == [{"subject": str(stage.attempt(trip)["id"])}]
    code, text = shown(make_conninfo(stage.dsn, user="skylatch_watch"))
    assert code == 1
    assert "1 ORDER_UNKNOWN, the oldest 11 min ago" in text


def test_json_is_what_the_database_says(well: World) -> None:
    """For programs; without a person in it."""
    code, text = shown(make_conninfo(well.dsn, user="skylatch_sidecar"), as_json=True)
    status = json.loads(text)
    assert (code, status["well"], status["booking"]) == (0, True, True)
    assert {flag["flag"] for flag in status["flags"]} == set(FLAGS)
    assert "user_id" not in text


def test_a_database_that_is_away_cannot_be_told_and_is_two() -> None:
    """Neither well nor ill: a monitor has to look elsewhere."""
    dsn = f"postgresql://skylatch_watch:pass-word@127.0.0.1:{closed_port()}/x"
    code, text = shown(dsn)
    assert (code, text.startswith("booking   UNKNOWN: ")) == (2, True)
    assert text.endswith("(docs/runbook.md#databaseunreachable)\n")
    assert "pass-word" not in text
    code, text = shown(dsn, as_json=True)
    assert (code, json.loads(text)["well"]) == (2, None)


def test_a_database_without_an_evaluator_says_so(well: World) -> None:
    """Somebody wants to see the other nine lines most of all then."""
    well.rows(
        "create or replace function engine.evaluate_flag(p_flag text, p_context text)"
        " returns jsonb language plpgsql stable as"
        " $$ begin raise exception 'no module named ldclient'; end $$"
    )
    code, found = lines(well)
    assert code == 1
    assert found["booking"] == (
        "OFF: the flags cannot be evaluated: no module named ldclient"
    )
