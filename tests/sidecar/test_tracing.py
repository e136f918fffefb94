"""What a call is about is bound to its context; exporting harms nobody."""

from __future__ import annotations

import json
import logging
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from pydantic import SecretStr
from structlog.testing import capture_logs
from typer.testing import CliRunner

from sidecar import tracing
from sidecar.__main__ import app as app_of_the_sidecar
from sidecar.config import ServeSettings
from sidecar.db import Call, Database
from sidecar.errors import SetupError
from sidecar.exporting import Exporting
from sidecar.web import build_app
from tests.factories import until
from tests.otlp import collecting
from tests.raw_server import RawServer, raw_server
from tests.sandbox.server import running_in_thread
from tests.sidecar.test_telemetry import _restored as _restored  # noqa: PLC0414
from tests.sidecar.test_telemetry import configured, lines
from tests.sql.test_protocol import Stage

TRACE = "0af7651916cd43dd8448eb211c80319c"


def call(number: int = 7, trace: str = TRACE, flags: str = "00") -> Call:
    """Return a claimed call of a trace."""
    return Call(
        call_id=number,
        epoch=1,
        operation="get_offer",
        trip_request_id=uuid4(),
        idempotency_key="k",
        marks_sent=False,
        request={},
        traceparent=f"00-{trace}-{number:016x}-{flags}",
        attempt_id=uuid4(),
    )


def test_the_lines_of_a_block_name_its_call_those_of_libraries_too(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """And no line after it does."""
    log = configured()
    with tracing.at_work_on(call()):
        log.info("call.answered")
        logging.getLogger("urllib3.connectionpool").warning("Retrying")
        assert tracing.headers()["traceparent"].startswith(f"00-{TRACE}-")
    log.info("worker.stopped")
    assert tracing.headers() == {}
    ours, theirs, after = lines(capsys)
    for line in (ours, theirs):
        assert (line["trace_id"], line["call"]) == (TRACE, 7)
        assert {"trip", "attempt", "operation"} <= set(line)
    assert not {"trace_id", "call", "trip"} & set(after)


def test_threads_do_not_mix_theirs_up() -> None:
    """Each has its own, however their work is interleaved."""
    meeting = threading.Barrier(8)
    wrong: list[str] = []

    def work(number: int) -> None:
        trace = f"{number:032x}"
        for _ in range(50):
            with tracing.at_work_on(call(number, trace)):
                meeting.wait(timeout=30)
                if tracing.headers()["traceparent"].split("-")[1] != trace:
                    wrong.append(trace)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_whoever_exports_nothing_does_not_load_opentelemetry() -> None:
    """Neither the worker nor the endpoint; other libraries load parts of it."""
    code = (
        "import sys, sidecar.__main__, sidecar.worker, sidecar.web, sidecar.serving;"
        "print([name for name in sys.modules if name == 'sidecar.exporting' or"
        " name.startswith(('opentelemetry.sdk.trace', 'opentelemetry.exporter',"
        " 'opentelemetry.instrumentation'))])"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"


def test_what_could_not_be_exported_is_exported_later(database: str) -> None:
    """Meanwhile no more is taken: whoever cannot export is not there to sample for."""
    with (
        collecting() as collector,
        psycopg.connect(database, autocommit=True) as superuser,
    ):
        # A wrong setting: they may be taken later.
        collector.status = 401
        superuser.execute(
            "insert into engine.spans (trace_id, span_id, name, started_at, ended_at)"
            " values (%s, 1, 'tick', '2026-01-02 03:04:05.000006Z', '2026-01-02Z')",
            [UUID(TRACE)],
        )
        exported = Exporting(collector.url, process="work")
        sidecar = Database(make_conninfo(database, user="skylatch_sidecar"))
        stopping = threading.Event()
        carrier = threading.Thread(target=exported.carry, args=(sidecar, stopping))
        # A test that fails does not wait for it for ever.
        carrier.daemon = True
        carrier.start()
        until(lambda: collector.requests >= 2)
        superuser.execute(
            "insert into engine.spans (trace_id, span_id, name, started_at, ended_at)"
            " values (%s, 2, 'tick', now(), now())",
            [UUID(TRACE)],
        )
        assert collector.spans() == []
        collector.status = 200
        until(lambda: len(collector.spans()) == 2)
        stopping.set()
        carrier.join()
        sidecar.close()
        exported.close()
    first = collector.spans(TRACE)[0]
    assert (first.service, first.name, first.span_id) == (
        "skylatch-postgres",
        "tick",
        "0000000000000001",
    )
    assert f"{first.started:.6f}" == "1767323045.000006"


def a_span(number: int, **attributes: str) -> dict[str, Any]:
    """Return a span as Postgres hands it out."""
    now = datetime.now(UTC)
    return {
        "trace_id": UUID(TRACE),
        "span_id": number,
        "parent_id": None,
        "name": "call",
        "started_at": now,
        "ended_at": now,
        "attributes": attributes,
    }


class Spans:
    """A database that hands out these spans, one batch after the other."""

    def __init__(self, *batches: list[dict[str, Any]]) -> None:
        self.batches = list(batches)

    def take_spans(self, _limit: int) -> list[dict[str, Any]]:
        """Hand out one batch."""
        return self.batches.pop(0) if self.batches else []


@contextmanager
def carrying(url: str, spans: Spans) -> Iterator[None]:
    """Carry spans to `url` for the block."""
    exported = Exporting(url, process="work")
    stopping = threading.Event()
    carrier = threading.Thread(target=exported.carry, args=(spans, stopping))
    carrier.start()
    try:
        yield
    finally:
        stopping.set()
        carrier.join()
        exported.close()


def test_spans_that_will_never_be_taken_keep_no_others_from_leaving() -> None:
    """The endpoint says that something is wrong with them; nothing personal leaves."""
    spans = Spans([a_span(1)])
    with collecting() as collector:
        collector.status = 400
        with capture_logs() as logs, carrying(collector.url, spans):
            until(lambda: logs)
            collector.status = 200
            spans.batches.append([a_span(2, error_code="amelia@example.com")])
            until(collector.spans)
            (span,) = collector.spans()
    assert span.span_id.endswith("2")
    assert span.attributes["skylatch.error_code"] == "[redacted]"
    assert [one["event"] for one in logs] == ["traces.not_exported", "traces.exported"]
    assert logs[0]["reason"] == "the endpoint answered 400"


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 302 Found\r\nLocation: /login\r\n\r\n",
        b"HTTP/1.1 401 Who are you?\r\n\r\n",
    ],
    ids=["login", "unauthorized"],
)
def test_an_endpoint_that_is_none_is_said_once_without_its_address(
    answer: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    """A page to log in takes no spans, and its end is not waited for."""
    configured()

    def talk(server: RawServer, connection: socket.socket) -> None:
        server.read_request(connection)
        connection.sendall(answer)
        while not server.stopping.is_set():
            connection.sendall(b"x" * 65_536)

    with raw_server(talk) as server:
        spans = Spans([a_span(1)])
        with carrying(f"{server.url}/s3cr3t", spans):
            until(lambda: server.connections > 1)
    written = lines(capsys)
    # Whatever else the process has to say, of this it says one thing.
    told = [line for line in written if line["event"].startswith("traces.")]
    assert [(line["level"], line["event"]) for line in told] == [
        ("warning", "traces.not_exported")
    ], written
    assert "s3cr3t" not in str(written)


def test_who_is_to_end_does_not_wait_for_an_endpoint_that_is_away() -> None:
    """Its spans are given up: a process that is killed for them loses more."""
    program = (
        "import sys, threading; from sidecar import exporting, tracing\n"
        "exporting._LAST_SECONDS = 0.1\n"
        "exported = exporting.Exporting(sys.argv[1], process='work')\n"
        f"with tracing._hang('00-{TRACE}-b7ad6b7169203331-01'):\n"
        "    for _ in range(2000):\n"
        "        exported.provider.get_tracer('t').start_span('a').end()\n"
        "exported.close()\n"
        "print(any(one.name == 'traces-end' for one in threading.enumerate()))\n"
    )
    with raw_server(lambda server, _: server.stopping.wait(60) and None) as server:
        done = subprocess.run(
            [sys.executable, "-c", program, server.url],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
    assert done.stdout.endswith("True\n")


def test_a_span_has_no_text_of_an_exception_and_no_trace_begins_here(
    database: str,
) -> None:
    """An error's text may quote a row; what was not sampled is not exported."""
    with collecting() as collector:
        exported = Exporting(collector.url, process="work")
        connected = psycopg.connect(database, autocommit=True)
        try:
            for flags in ("00", "01", None):
                made = call(flags=flags or "01")
                with (
                    tracing.at_work_on(made) if flags else tracing.at_work_on(bare()),
                    pytest.raises(psycopg.Error),
                ):
                    connected.execute("select %s::uuid", ["can4ry"])
        finally:
            connected.close()
            exported.close()
        (span,) = collector.spans()
        assert (span.trace_id, span.parent_id) == (TRACE, f"{7:016x}")
        assert b"can4ry" not in collector.raw
        assert tracing.headers() == {}
        # The libraries are as they were.
        with psycopg.connect(database) as connection, tracing.at_work_on(call()):
            connection.execute("select 1")
        assert len(collector.spans()) == 1


def test_a_callers_trace_is_believed_behind_the_token_only(database: str) -> None:
    """Anybody may claim a trace; an application that may act for travellers has one."""
    sampled = {"traceparent": f"00-{TRACE}-00000000000000aa-01"}
    with collecting() as collector, ExitStack() as stack:
        exported = Exporting(collector.url, process="serve")
        stack.callback(exported.close)
        url = make_conninfo(database, user="skylatch_sidecar")
        sidecar = Database(url, process="serve")
        stack.callback(sidecar.close)
        app = build_app(
            ServeSettings(database_url=SecretStr(url), http_token=SecretStr("t" * 16)),
            sidecar,
        )
        exported.watch(app)
        address = stack.enter_context(running_in_thread(app))
        host, _, port = address.removeprefix("http://").partition(":")

        def ask(path: str, **headers: str) -> int:
            # Not by `requests`, which would put its own trace into the header.
            with closing(HTTPConnection(host, int(port), timeout=30)) as connection:
                connection.request("POST", path, headers={**sampled, **headers})
                return connection.getresponse().status

        for path in ("/livez", "/webhooks/stripe", "/rpc/auto_book_monitor"):
            assert ask(path) >= 400
        token = f"Bearer {'t' * 16}"
        assert ask("/rpc/auto_book_monitor", Authorization=token) == 200

        def names() -> set[str]:
            exported.provider.force_flush()
            return {span.name for span in collector.spans()}

        # A request's span ends after its answer has left.
        until(lambda: "POST /rpc/auto_book_monitor" in names())
        # Its statements hang below it; nobody else's request is there.
        assert names() == {"POST /rpc/auto_book_monitor", "select"}
        spans = collector.spans()
    assert {(one.trace_id, one.service) for one in spans} == {(TRACE, "skylatch-serve")}


def test_what_happened_under_an_id_is_told_to_an_operator(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By whichever id is at hand; one that nobody knows is said so."""
    stage = Stage(database)
    trip = stage.trip()
    stage.tick()
    stage.rows(
        "select engine.log_event(user_id, id, null, 'app', 'test', null, 'PAUSED', %s)"
        " from public.trip_requests",
        "mine\x1b[2J\n2026-11-30",
    )
    stage.close()
    monkeypatch.setenv("SKYLATCH_OPERATOR_URL", database)
    told = CliRunner().invoke(app_of_the_sidecar, ["trace", str(trip.trip_id)])
    assert told.exit_code == 0
    assert "call:1" in told.output
    assert "search ready" in told.output
    assert (
        "PAUSED mine\N{REPLACEMENT CHARACTER}[2J 2026-11-30  [test, app]" in told.output
    )
    unknown = CliRunner().invoke(app_of_the_sidecar, ["trace", TRACE])
    assert isinstance(unknown.exception, SetupError)
    assert "no trace, trip, attempt, booking, order or payment has" in str(
        unknown.exception
    )


def bare() -> Call:
    """Return a call from a database of before traces."""
    return Call(1, 1, "search", None, "k", False, {})


def test_a_statement_says_which_trace_it_is_of(database: str) -> None:
    """In pg_stat_activity, for whoever asks what the server is doing for whom."""
    with collecting() as collector:
        exported = Exporting(collector.url, process="work")
        try:
            with (
                psycopg.connect(database, autocommit=True) as connection,
                tracing.at_work_on(call(flags="01")),
            ):
                row = connection.execute(
                    "select query from pg_stat_activity where pid = pg_backend_pid()"
                ).fetchone()
        finally:
            exported.close()
    assert row is not None
    assert f"traceparent='00-{TRACE}-" in row[0]
    assert "prepare" not in json.dumps(row)
