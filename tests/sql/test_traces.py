"""Traces inside the database: where ids come from, what is written, who takes it."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest
from psycopg.types.json import Jsonb

from tests.bench.traces import good
from tests.sql.test_protocol import Row, Stage

TAKE = "select * from engine.take_spans(5000)"


@pytest.fixture
def stage(database: str) -> Iterator[Stage]:
    """Return a database in which the test is every sidecar and both providers."""
    stage = Stage(database)
    yield stage
    stage.close()


def sample(stage: Stage, ratio: float) -> None:
    """Sample so much from now on; somebody exports."""
    stage.rows("select engine.set_trace_settings('test', %s::numeric)", ratio)
    stage.sidecar.execute(TAKE).fetchall()


def claim(stage: Stage) -> Row:
    """Claim the one call that is due, with its trace."""
    (call,) = stage.sidecar.execute(
        "select * from engine.claim_calls('sidecar:1', 10, 10, true)"
    ).fetchall()
    found: Row = call
    return found


def step(stage: Stage, call: Row) -> list[Row]:
    """Answer a claimed call well; return the next one, claimed."""
    bare = {**call, "request": call["request"]["request"]}
    if call["marks_sent"]:
        stage.sidecar.execute(
            "select engine.mark_sent(%s, %s)", [call["call_id"], call["epoch"]]
        )
    return stage.sidecar.execute(
        "select * from engine.finish_calls('sidecar:1', %s, true, true)",
        [Jsonb([good(bare)])],
    ).fetchall()


def book(stage: Stage) -> list[str]:
    """Book one trip; return the traceparents that its calls were sent with."""
    stage.trip()
    stage.tick()
    calls = [claim(stage)]
    while following := step(stage, calls[-1]):
        calls += following
    return [call["request"]["traceparent"] for call in calls]


def test_nothing_is_written_where_nobody_exports(stage: Stage) -> None:
    """Nor two minutes after the last who did; the ids are there all the same."""
    for seen in ("null", "clock_timestamp() - interval '2 minutes 1 second'"):
        stage.rows(
            f"update engine.trace_settings set ratio = 1, exporter_seen_at = {seen}"
        )
        found = book(stage)
        assert len({one.split("-")[1] for one in found}) == 1
        assert {one.split("-")[3] for one in found} == {"00"}
    assert stage.rows("select from engine.spans") == []


def test_a_trace_is_sampled_as_a_whole_or_not_at_all(stage: Stage) -> None:
    """What was decided when it was born holds, whatever is set meanwhile."""
    sample(stage, 1)
    stage.trip()
    stage.tick()
    sample(stage, 0)
    calls = [claim(stage)]
    while following := step(stage, calls[-1]):
        calls += following
    assert {call["request"]["traceparent"][-3:] for call in calls} == {"-01"}
    spans = stage.sidecar.execute(TAKE).fetchall()
    # That of the tick was taken with the change of the setting.
    assert {span["name"] for span in spans} == {
        *("call", "settle", "ingest", "decide", "rank", "begin", "step")
    }
    assert {span["trace_id"] for span in spans} == {
        UUID(calls[0]["request"]["traceparent"].split("-")[1])
    }
    ids = [span["span_id"] for span in spans]
    assert len(set(ids)) == len(ids)
    assert stage.sidecar.execute(TAKE).fetchall() == []
    assert {one[-3:] for one in book(stage)} == {"-00"}


def test_one_trace_in_two_is_sampled_at_a_half(stage: Stage) -> None:
    """Between a quarter and three quarters of 200: wrong once in 10^12 runs."""
    sample(stage, 0.5)
    sampled = stage.row(
        "select count(*) filter (where random() < engine.trace_ratio(now())) as n"
        " from generate_series(1, 200)"
    )["n"]
    assert 50 < sampled < 150


def test_an_attempt_that_was_asked_for_has_a_trace_of_its_own(stage: Stage) -> None:
    """It names the search that found its offer, whose trace has ended."""
    trip = stage.trip(auto_book_enabled=False)
    stage.rows("select public.duffel_search(%s)", trip.trip_id)
    search = claim(stage)
    assert step(stage, search) == []
    stage.rows(
        "update public.trip_requests set auto_book_enabled = true where id = %s",
        trip.trip_id,
    )
    sample(stage, 1)
    stage.rows("select public.auto_book_production(%s)", trip.trip_id)
    found = search["request"]["traceparent"].split("-")[1]
    attempt = stage.attempt(trip)
    assert attempt["trace_id"].hex != found
    (begin,) = stage.sidecar.execute(TAKE).fetchall()
    assert (begin["name"], begin["trace_id"]) == ("begin", attempt["trace_id"])
    assert begin["attributes"]["link"].split("-")[1] == found
    event = stage.row(
        "select * from engine.booking_events where to_state = 'REPRICING'"
    )
    assert event["correlation_id"] == attempt["trace_id"].hex
    assert event["detail"]["found_by"] == begin["attributes"]["link"]


def test_an_attempt_of_before_goes_on_under_its_own_id(stage: Stage) -> None:
    """With the body that its provider knows, and no header; nothing else is missing."""
    stage.trip()
    stage.tick()
    (first,) = step(stage, claim(stage))
    stage.rows(
        "update public.booking_attempts set trace_id = null, trace_sampled = null"
    )
    stage.rows("update engine.provider_calls set trace_id = null, trace_sampled = null")
    calls = [first]
    while following := step(stage, calls[-1]):
        calls += following
    assert {call["request"]["traceparent"] for call in calls[1:]} == {None}
    marks = [
        call["request"]["request"]["metadata"]
        for call in calls
        if "metadata" in call["request"]["request"]
    ]
    assert len(marks) == 2
    assert all("trace_id" not in mark for mark in marks)
    attempt = stage.row("select * from public.booking_attempts")
    assert attempt["status"] == "SUCCESS"
    events = stage.rows(
        "select * from engine.booking_events where from_state is not null order by id"
    )
    assert {event["correlation_id"] for event in events} == {attempt["id"].hex}
    assert events[0]["detail"]["cause"] == f"call:{first['call_id']}"
    assert stage.rows("select * from engine.trace_story(%s)", attempt["id"]) != []


def test_a_sidecar_of_before_gets_its_calls_as_always(stage: Stage) -> None:
    """The request itself, and no column more."""
    stage.trip()
    stage.tick()
    (call,) = stage.sidecar.execute(
        "select * from engine.claim_calls('sidecar:1', 10, 10)"
    ).fetchall()
    assert "slices" in call["request"]
    assert list(call) == [
        *("call_id", "epoch", "operation", "trip_request_id", "idempotency_key"),
        *("marks_sent", "request"),
    ]


def test_a_warning_of_the_server_names_the_trace(stage: Stage) -> None:
    """Whoever reads the server's log finds the rest."""
    stage.trip()
    stage.tick()
    call = claim(stage)
    told: list[str] = []
    stage.sidecar.add_notice_handler(lambda d: told.append(d.message_primary or ""))
    report = {**good({**call, "request": call["request"]["request"]}), "state": "DONE"}
    stage.sidecar.execute(
        "select * from engine.finish_calls('sidecar:1', %s, true)", [Jsonb([report])]
    )
    trace = call["request"]["traceparent"].split("-")[1]
    assert any(f"(trace {trace}) not applied" in line for line in told)


def test_spans_that_nobody_takes_are_removed(stage: Stage) -> None:
    """An hour later, or when there are too many."""
    stage.rows(
        "insert into engine.spans (trace_id, span_id, name, started_at, ended_at)"
        " select gen_random_uuid(), n, 'tick', now() - interval '1 hour' * n,"
        " now() - interval '1 hour' * n from generate_series(0, 2) as n"
    )
    stage.rows("select engine.purge()")
    assert [s["span_id"] for s in stage.rows("select * from engine.spans")] == [0]
    stage.rows("select setval('engine.spans_id_seq', 100001)")
    stage.rows(
        "insert into engine.spans (trace_id, span_id, name, started_at, ended_at)"
        " values (gen_random_uuid(), 3, 'tick', now(), now())"
    )
    stage.rows("select engine.purge()")
    assert [s["span_id"] for s in stage.rows("select * from engine.spans")] == [3]


def test_two_who_export_share_what_there_is(stage: Stage) -> None:
    """Neither waits for the other, and no span is exported twice."""
    stage.rows(
        "insert into engine.spans (trace_id, span_id, name, started_at, ended_at)"
        " select gen_random_uuid(), n, 'tick', now(), now()"
        " from generate_series(1, 5) as n"
    )
    with stage.connect("skylatch_sidecar", autocommit=False) as other:
        first = other.execute("select * from engine.take_spans(2)").fetchall()
        second = stage.sidecar.execute(TAKE).fetchall()
    assert sorted(span["span_id"] for span in first + second) == [1, 2, 3, 4, 5]
