"""One id finds everything of a booking, wherever it was written down.

The tree of its spans is shown as text; `pytest -s` prints it.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import requests
from psycopg.conninfo import make_conninfo
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from sidecar import trace_report
from sidecar.db import Database
from sidecar.exporting import Exporting
from sidecar.http import Adapter
from tests.chaos.stories import lapse_leases
from tests.e2e.test_callbacks import Called
from tests.e2e.test_callbacks import called as called  # noqa: PLC0414 - a fixture
from tests.factories import World, running_world, sidecar_settings, until
from tests.otlp import Collector, collecting
from tests.sandbox.control import Fault

CONFIRM = "POST /v1/payment_intents/*/confirm"
BOOKINGS = 50


@pytest.fixture
def world(database: str) -> Iterator[World]:
    """Return a world of generated flights."""
    with running_world(database, recordings=False) as world:
        yield world


@pytest.fixture
def collector() -> Iterator[Collector]:
    """Serve somebody to export to."""
    with collecting() as collector:
        yield collector


@contextmanager
def exporting(world: World, collector: Collector) -> Iterator[None]:
    """Export every trace of the block; what is left is exported at its end."""
    world.rows("select engine.set_trace_settings('all of them, for a test', 1)")
    exported = Exporting(collector.url, process="work")
    database = Database(make_conninfo(world.dsn, user="skylatch_sidecar"))
    stopping = threading.Event()
    carrier = threading.Thread(target=exported.carry, args=(database, stopping))
    carrier.start()
    try:
        until(
            lambda: world.value(
                "select exporter_seen_at is not null from engine.trace_settings"
            )
        )
        yield
    finally:
        stopping.set()
        carrier.join()
        database.close()
        exported.close()


def trace_of(world: World, trip: UUID) -> str:
    """Return the id of a trip's newest attempt's trace, as it is written everywhere."""
    found: UUID = world.attempt(trip)["trace_id"]
    return found.hex


def outline(tree: str) -> list[str]:
    """Return a tree without its times."""
    return [re.sub(r"  [0-9.]+ ms$", "", line) for line in tree.splitlines()]


BOOKED = """\
tick
  call search try 1
    POST (skylatch-work)
    GET (skylatch-work)
    settle
      ingest
      decide BOOKING
        rank
        begin
          call get_offer try 1
            GET (skylatch-work)
            step get_offer REPRICING CREATING_PAYMENT
          call create_payment try 1
            POST (skylatch-work)
            step create_payment CREATING_PAYMENT AUTHORIZING
          call confirm_payment try 1
            POST (skylatch-work)
            step confirm_payment AUTHORIZING ORDERING
          call create_order try 1
            select (skylatch-work)
            POST (skylatch-work)
            step create_order ORDERING CAPTURING
          call capture_payment try 1
            POST (skylatch-work)
            step capture_payment CAPTURING CONFIRMED"""


# The same, from rows that are there without any spans.
TOLD = """\
search done
  search: ok
  REPRICING the
    get_offer done
      REPRICING → CREATING_PAYMENT
    create_payment done
      CREATING_PAYMENT → AUTHORIZING
    confirm_payment done
      AUTHORIZING → ORDERING
    create_order done
      ORDERING → CAPTURING
    capture_payment done
      CAPTURING → CONFIRMED"""
# A line of `sidecar trace` without its time, and without what differs each time.
_WORDS = re.compile(r"[0-9-]{10} [0-9:.]{12}  ( *(?:\w+ → \w+|\w+:? \w+))")


def test_one_id_finds_everything_of_a_booking(
    world: World, collector: Collector
) -> None:
    """Log lines, spans, rows, and what both providers keep, from tick to capture."""
    with capture_logs([merge_contextvars]) as lines, exporting(world, collector):
        trip = world.trip(world.traveller())
        with world.working():
            world.tick()
            until(lambda: world.status(trip) == "BOOKED")
    trace = trace_of(world, trip)
    tree = collector.tree(trace)
    print(f"\n{trace}\n{tree}")
    assert outline(tree) == BOOKED.splitlines()
    # Rows.
    events = world.rows("select * from engine.booking_events order by id")
    assert {event["correlation_id"] for event in events} == {trace}
    calls = world.rows(
        "select * from engine.provider_calls where user_id is not null order by id"
    )
    assert {call["trace_id"].hex for call in calls} == {trace}
    causes = {event["detail"]["cause"] for event in events}
    assert {f"call:{call['id']}" for call in calls} <= causes
    # Lines: each call ends in exactly one.
    told = [line for line in lines if "trip" in line]
    assert {line["event"] for line in told} == {"call.answered"}
    assert [line["operation"] for line in told] == [c["operation"] for c in calls]
    for line, call in zip(told, calls, strict=True):
        assert (line["trace_id"], line["call"]) == (trace, call["id"])
        assert line["trip"] == str(trip)
        assert (line["http_status"], line["request_id"]) == (
            call["http_status"],
            call["request_id"],
        )
        assert line["ms"] >= 0
    # The providers.
    (order,), (intent,) = world.orders(), world.intents()
    assert order["metadata"]["trace_id"] == intent["metadata"]["trace_id"] == trace
    # Real times: inside of each other as the tree says, by the clock of this machine.
    spans = {span.span_id: span for span in collector.spans(trace)}
    for span in spans.values():
        parent = spans.get(span.parent_id)
        assert parent is None or span.started >= parent.started - 0.05
        assert 0 <= span.ended - span.started < 60
    # The person who asks by any of its ids.
    attempt = world.attempt(trip)["id"]
    by_trace, by_attempt, by_trip = (
        world.rows("select * from engine.trace_story(%s)", found_by)
        for found_by in (trace, attempt, trip)
    )
    assert by_trace == by_attempt == by_trip
    assert len(by_trace) == len(events) + len(calls)
    told = list(trace_report.lines(by_trace))
    assert told[0] == f"trace {trace}, attempt 1"
    print("\n".join(told))
    assert [found[1] for line in told if (found := _WORDS.match(line))] == (
        TOLD.splitlines()
    )
    assert len(told) == 1 + len(by_trace)
    # No span has what a person is called by.
    for private in (b"Amelia", b"Earhart", b"1987-07-24", b"amelia@", b"5080160508"):
        assert private not in collector.raw


def test_a_tree_spans_a_callback_and_a_retry_on_another_sidecar(
    called: Called, collector: Collector, tmp_path: Path
) -> None:
    """A sidecar dies with a payment in the air; another one goes on in its trace."""
    world = called.world
    held = Fault(CONFIRM, "hold_after")
    world.payments.faults.arm(held)
    with exporting(world, collector), called.listening():
        trip = world.trip(world.traveller())
        environment = {
            **os.environ,
            **sidecar_settings(world, tmp_path),
            "SKYLATCH_OTLP_ENDPOINT": collector.url,
            "SKYLATCH_POLL_SECONDS": "0.1",
        }
        with (tmp_path / "log").open("wb") as log:
            dying = subprocess.Popen(
                [sys.executable, "-m", "sidecar", "work"], env=environment, stderr=log
            )
        try:
            world.tick()
            until(lambda: world.payments.faults.held, seconds=60)
        finally:
            dying.send_signal(signal.SIGKILL)
            dying.wait()
        world.payments.faults.clear()
        lapse_leases(world)
        with world.working():
            until(lambda: world.status(trip) == "BOOKED", seconds=60)
            until(called.heard)
    trace = trace_of(world, trip)
    tree = collector.tree(trace)
    print(f"\n{trace}\n{tree}")
    lines = [line.strip() for line in outline(tree)]
    assert lines[0] == "tick"
    assert "call confirm_payment try 1 recovered" in lines
    assert "call confirm_payment try 2" in lines
    assert any(line.startswith("callback order.created") for line in lines)
    assert "step capture_payment CAPTURING CONFIRMED" in lines
    workers = {
        span.attributes["skylatch.worker"]
        for span in collector.spans(trace)
        if span.attributes.get("skylatch.operation") == "confirm_payment"
        and "skylatch.worker" in span.attributes
    }
    assert len(workers) == 2
    # What it wrote itself names the same trace, and went on under the same key.
    written = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert {line["trace_id"] for line in written if "trip" in line} == {trace}
    assert not any("unlisted" in line for line in written)
    assert len(world.intents(trip)) == 1
    assert world.violations() == []


def test_fifty_bookings_at_once_share_no_id(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not in rows, headers, providers' metadata, or log lines; and nobody exports."""
    sent: list[tuple[str, Any]] = []
    send = Adapter.send

    def kept(self: Adapter, request: requests.PreparedRequest, **how: Any) -> Any:
        sent.append((request.headers.get("traceparent", ""), request.body))
        return send(self, request, **how)

    monkeypatch.setattr(Adapter, "send", kept)
    trips = [world.trip(world.traveller()) for _ in range(BOOKINGS)]
    with capture_logs([merge_contextvars]) as lines, world.working(sidecars=2):
        world.tick()
        until(lambda: all(world.status(t) == "BOOKED" for t in trips), seconds=240)
    traces = {trip: trace_of(world, trip) for trip in trips}
    assert len(set(traces.values())) == BOOKINGS
    rows = world.rows("select id, trace_id, epoch from engine.provider_calls")
    calls = {row["id"]: row["trace_id"].hex for row in rows}
    for line in lines:
        if "call" in line:
            assert line["trace_id"] == calls[line["call"]]
            # A look at an account has a trace of its own.
            assert "trip" not in line or line["trace_id"] == traces[UUID(line["trip"])]
    answered = Counter(line["call"] for line in lines if line["event"][:5] == "call.")
    # One line for each try, whatever it ends in.
    assert answered == {row["id"]: row["epoch"] for row in rows if row["epoch"]}
    for traceparent, body in sent:
        version, trace, span, flags = traceparent.split("-")
        # The span is the try of the call: its kind, its number, its try.
        call = (int(span, 16) >> 16) & (2**42 - 1)
        assert (version, trace, flags) == ("00", calls[call], "00")
        text = body.decode() if isinstance(body, bytes) else body or ""
        if "trace_id" in text:
            assert trace in text
    for thing in (*world.orders(), *world.intents()):
        trip = UUID(thing["metadata"]["trip_request_id"])
        assert thing["metadata"]["trace_id"] == traces[trip]
    for event in world.rows("select * from engine.booking_events"):
        assert event["correlation_id"] == traces[event["trip_request_id"]]
    assert world.value("select count(*) from engine.spans") == 0
