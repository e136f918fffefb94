"""Defects are reported once, from everywhere, and nothing personal with them."""

from __future__ import annotations

import gzip
import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests
import sentry_sdk
import structlog
import typer
from psycopg.conninfo import make_conninfo
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sidecar import __main__ as command_line
from sidecar import __version__, reporting, telemetry, threads
from sidecar.config import ServeSettings
from sidecar.db import Database
from sidecar.errors import ConfigError, SetupError
from sidecar.web import build_app
from tests.endpoint import served
from tests.factories import World, until
from tests.sandbox.server import running_in_thread

DSN = "http://public@127.0.0.1:1/1"
TOKEN = "a-token-of-the-test"
# Hexadecimal may look like the number of a card.
TRACE = "0af4242424242424242d8448eb21abcd"
# What must never leave, wherever it was.
CANARIES = [
    "Amelia",
    "Earhart",
    "1987-07-24",
    "4242424242424242",
    "amelia@example.com",
    "sk_test_51HabcdefGHIJ",
    "duffel_test_abc-DEF_ghi123",
    "whsec_0123456789abcdef",
    "sdk-12345678-1234-1234-1234-123456789abc",
    "pass-word",
    "X1234567",
]


class Kept(Transport):
    """A transport that keeps what would leave."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[dict[str, Any]] = []

    def capture_envelope(self, envelope: Envelope) -> None:
        """Keep one event as it is on the wire."""
        body = envelope.serialize()
        for item in body.splitlines():
            found = json.loads(item)
            if "event_id" in found and "level" in found:
                self.events.append(found)

    @property
    def text(self) -> str:
        """Everything that left, as text."""
        return json.dumps(self.events, ensure_ascii=False)

    def messages(self) -> list[str]:
        """Return what each event is called."""
        return [event["message"] for event in self.events]


@pytest.fixture(autouse=True)
def _restored(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Leave the process's logging and reporting as they were."""
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    for name in ("uvicorn", "uvicorn.error"):
        monkeypatch.setattr(logging.getLogger(name), "handlers", [])
        monkeypatch.setattr(logging.getLogger(name), "propagate", True)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    for name in os.environ:
        if name.startswith("SKYLATCH_"):
            monkeypatch.delenv(name)
    before = structlog.get_config()
    yield
    logging.captureWarnings(False)
    sentry_sdk.get_global_scope().set_client(None)
    structlog.configure(**before)


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Kept:
    """Report to a transport of the test, as a program that logs does."""
    monkeypatch.setenv("SKYLATCH_SENTRY_DSN", DSN)
    monkeypatch.setenv("SKYLATCH_COMMIT", "abc123")
    transport = Kept()
    reporting.start("work", transport=transport)
    telemetry.configure()
    reporting.attach()
    return transport


def test_nothing_personal_and_no_secret_leaves(kept: Kept) -> None:
    """Planted in exceptions and their causes, locals, fields, and loggers' texts."""
    planted = " ".join(CANARIES)

    def booking(passenger: str, headers: dict[str, str]) -> None:
        card = CANARIES[3]
        try:
            raise ValueError(f"no such passenger: {passenger} {headers} {card}")
        except ValueError as error:
            raise RuntimeError(planted) from error

    log = structlog.get_logger()
    try:
        booking(planted, {"Authorization": f"Bearer {CANARIES[5]}", "body": planted})
    except RuntimeError as error:
        log.exception("call.crashed", call=17, body=planted, passenger=CANARIES[0])
        logging.getLogger("asyncio").error("%s failed with %s", planted, error)
        logging.getLogger("x").error("lost: %s", planted, exc_info=KeyError(planted))
        error.add_note(planted)
    log.error(planted, subject=planted, detail=planted, **{CANARIES[0]: 1})
    log.error("report.failed", subject=CANARIES[3], call=CANARIES[3])
    assert len(kept.events) == 5
    for canary in CANARIES:
        assert canary not in kept.text, canary
    first = kept.events[0]
    assert first["message"] == "call.crashed"
    assert first["extra"] == {"call": "17"}
    types = [one["type"] for one in first["exception"]["values"]]
    assert types == ["ValueError", "RuntimeError"]
    frame = first["exception"]["values"][1]["stacktrace"]["frames"][-1]
    assert frame["function"] == "booking"
    assert "vars" not in kept.text


def test_a_report_says_of_which_release_environment_and_trace(kept: Kept) -> None:
    """So that it is found beside its log lines."""
    with structlog.contextvars.bound_contextvars(trace_id=TRACE):
        structlog.get_logger().error("job.failed", job="recover")
    (event,) = kept.events
    assert event["release"] == f"skylatch@{__version__}+abc123"
    assert event["environment"] == "test"
    assert event["tags"]["trace_id"] == TRACE
    assert event["tags"]["process"] == "work"
    assert event["extra"] == {"job": "recover"}
    assert event["level"] == "error"


def test_an_error_of_the_database_is_told_by_its_code(
    kept: Kept, database: str
) -> None:
    """Its message may quote a row; its code cannot."""
    with psycopg.connect(database) as connection:
        try:
            connection.execute("select date '1987-07-24 Amelia'")
        except psycopg.Error:
            structlog.get_logger().exception("report.failed")
    (event,) = kept.events
    assert event["tags"]["sqlstate"] == "22007"
    assert "Amelia" not in kept.text


def test_the_commit_is_the_checkouts_or_unknown(tmp_path: Path) -> None:
    """Told when it was built, else asked of git, else not made up."""
    assert reporting.release("1a2b3c") == f"skylatch@{__version__}+1a2b3c"

    def fails(*_args: object, **_options: object) -> None:
        raise subprocess.CalledProcessError(128, "git")

    assert reporting._checked_out(fails) is None
    said = subprocess.CompletedProcess([], 0, stdout="0.1.0-3-gabc-dirty\n")
    found = reporting._checked_out(lambda *_a, **_o: said)
    assert found in {"0.1.0-3-gabc-dirty", None}


def test_a_flood_of_one_kind_is_cut_and_another_kind_still_comes(kept: Kept) -> None:
    """A quota that one defect eats hides the next."""
    log = structlog.get_logger()
    for number in range(100):
        log.error("job.failed", call=number)
    log.error("call.unknown_operation")
    # A minute may begin between two of them.
    assert 20 <= kept.messages().count("job.failed") <= 40
    assert kept.messages()[-1] == "call.unknown_operation"


def test_warnings_are_not_reported(kept: Kept) -> None:
    """Levels mean something: a 503 is a warning."""
    structlog.get_logger().warning("claim.failed")
    logging.getLogger("psycopg.pool").warning("cannot connect")
    assert kept.events == []


def test_without_a_dsn_sentry_is_not_even_imported() -> None:
    """Neither by a command, nor by what it imports."""
    told = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from sidecar import __main__, reporting, web, alert_relay;"
            " reporting.start('work'); reporting.attach(); reporting.flush();"
            " reporting.report(ValueError()); print('sentry_sdk' in sys.modules)",
        ],
        capture_output=True,
        text=True,
        check=True,
        env={k: v for k, v in os.environ.items() if not k.startswith("SKYLATCH_")},
    )
    assert told.stdout == "False\n"


@pytest.mark.parametrize(
    "dsn",
    [
        "not-a-dsn-at-all",
        "https://not-a-dsn@here:99999/1",
        "https://not-a-dsn@here:no/1",
        "https://not-a-dsn@[::1/1",
    ],
)
def test_a_dsn_that_is_none_is_refused_without_being_repeated(
    monkeypatch: pytest.MonkeyPatch, dsn: str
) -> None:
    """Reports that go nowhere would be found out when they are needed."""
    monkeypatch.setenv("SKYLATCH_SENTRY_DSN", dsn)
    with pytest.raises(ConfigError, match="SKYLATCH_SENTRY_DSN") as raised:
        reporting.start("work")
    assert "not-a-dsn" not in str(raised.value)


# -- every entry point -----------------------------------------------------------------


def broken(*_args: object, **_options: object) -> Any:
    """Be the defect."""
    raise RuntimeError("a defect of the test, of Amelia Earhart")


COMMANDS = {
    command.name or getattr(command.callback, "__name__", "").replace("_", "-"): command
    for command in command_line.app.registered_commands
}


@pytest.mark.parametrize("error", [RuntimeError, SetupError])
@pytest.mark.parametrize("name", sorted({*COMMANDS, "flags show"} - {"local"}))
def test_every_command_reports_what_ends_it(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    error: type[Exception],
) -> None:
    """Once, whether it is an error of ours or not; `local` is for developers."""
    monkeypatch.setenv("SKYLATCH_SENTRY_DSN", DSN)
    transport = Kept()
    start = reporting.start
    monkeypatch.setattr(
        reporting, "start", lambda process: start(process, transport=transport)
    )

    def fails() -> None:
        if name in {"run", "work", "serve", "alert-relay"}:
            command_line._begin()
        raise error("a defect of Amelia Earhart")

    app = typer.Typer(pretty_exceptions_enable=False)
    app.callback(invoke_without_command=True)(command_line.main)
    group, _, inner = name.rpartition(" ")
    if group:
        flags = typer.Typer()
        flags.command(inner)(fails)
        flags.command("other")(fails)
        app.add_typer(flags, name=group)
    else:
        app.command(name)(fails)
    monkeypatch.setattr(command_line, "app", app)
    monkeypatch.setattr(sys, "argv", ["sidecar", *name.split()])
    with pytest.raises((SystemExit, error)) as raised:
        command_line.main_program()
    if raised.type is error:
        # What Python does last with it.
        sys.excepthook(raised.type, raised.value, raised.tb)
    (event,) = transport.events
    assert event["tags"]["process"] == name.split(maxsplit=1)[0]
    assert event["level"] == "fatal"
    assert "Amelia" not in transport.text


def test_a_thread_that_ends_by_surprise_is_reported_before_its_process_ends(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Workers' threads, the listener's, the mirror's, the inbox's: one function."""
    ended: list[int] = []
    flushed: list[str] = []
    flush = reporting.flush
    monkeypatch.setattr(reporting, "flush", lambda: (flush(), flushed.append("before")))
    monkeypatch.setattr(os, "_exit", ended.append)
    for name in ("_run_calls", "_report", "_listen", "_beat", "mirror", "inbox"):
        thread = threads.start(broken, name=name, may_end=lambda: False)
        thread.join()
    assert kept.messages() == ["thread.died"] * 6
    told = {event["extra"]["thread"] for event in kept.events}
    assert told == {"_run_calls", "_report", "_listen", "_beat", "mirror", "inbox"}
    assert len(flushed) == len(ended) == 6


def test_every_background_thread_is_started_by_that_function() -> None:
    """A thread that is not would die in silence, or be told by Python's hook alone."""
    root = Path(reporting.__file__).parent
    others = {
        path.relative_to(root).as_posix()
        for path in root.rglob("*.py")
        if "threading.Thread(" in path.read_text()
    }
    # processes: those of a signal, which only set an event. limits: those that renew a
    # lock for as long as one call lasts.
    assert others == {"threads.py", "processes.py", "limits.py"}


def test_an_error_in_any_other_thread_is_reported_by_the_hook(kept: Kept) -> None:
    """As the log tells it: `thread.uncaught`."""
    thread = threading.Thread(target=broken)
    thread.start()
    thread.join()
    assert kept.messages() == ["thread.uncaught"]


def test_a_call_that_crashes_is_reported(kept: Kept, world: World) -> None:
    """A defect between a claim and its report ends no thread."""
    world.trip(world.traveller())
    worker, database = world.build_worker()
    worker._make = broken  # type: ignore[method-assign]
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        world.tick()
        until(lambda: "call.crashed" in kept.messages())
    finally:
        worker.stop()
        thread.join()
        database.close()
    assert set(kept.messages()) == {"call.crashed"}
    assert kept.events[0]["exception"]["values"][-1]["type"] == "RuntimeError"


@pytest.mark.parametrize(
    "route",
    [
        ("GET", "/readyz", "check_version"),
        ("POST", "/rpc/duffel_search", "rpc"),
        ("POST", "/rpc/auto_book_production", "rpc"),
        ("POST", "/rpc/auto_book_monitor", "rpc"),
        ("POST", "/webhooks/stripe", "refuse_events"),
    ],
)
def test_every_route_reports_a_defect_once(
    kept: Kept,
    monkeypatch: pytest.MonkeyPatch,
    world: World,
    route: tuple[str, str, str],
) -> None:
    """With neither what was sent nor its headers; the caller gets no text either."""
    method, path, patched = route
    database = Database(make_conninfo(world.dsn, user="skylatch_sidecar"))
    settings = ServeSettings(
        database_url=make_conninfo(world.dsn, user="skylatch_sidecar"),  # type: ignore[arg-type]
        http_token=TOKEN,  # type: ignore[arg-type]
    )
    app = build_app(settings, database)
    if path.startswith("/webhooks"):
        monkeypatch.setattr(app.state.inbox, "_receive", broken)
    else:
        monkeypatch.setattr(Database, patched, broken)
    try:
        with served(app) as port:
            answer = requests.request(
                method,
                f"http://127.0.0.1:{port}{path}",
                headers={"Authorization": f"Bearer {TOKEN}"},
                json={"trip_request_id": "00000000-0000-0000-0000-0000000a3e1a"}
                if method == "POST"
                else None,
                timeout=30,
            )
            until(lambda: kept.events)
    finally:
        database.close()
    assert answer.status_code == 500
    assert "Amelia" not in answer.text
    (event,) = kept.events
    assert event["exception"]["values"][-1]["type"] == "RuntimeError"
    for canary in ("Amelia", TOKEN, "0000000a3e1a"):
        assert canary not in kept.text


def test_a_report_of_a_process_that_ends_at_once_arrives(tmp_path: Path) -> None:
    """Over HTTP, from a real process whose thread dies: it waits for the sending."""
    received: list[bytes] = []

    async def take(request: Request) -> Response:
        body = await request.body()
        is_packed = request.headers.get("content-encoding") == "gzip"
        received.append(gzip.decompress(body) if is_packed else body)
        return Response("{}")

    app = Starlette(routes=[Route("/api/1/envelope/", take, methods=["POST"])])
    with running_in_thread(app) as url:
        program = (
            "import time; from sidecar import reporting, telemetry, threads\n"
            "telemetry.configure(); reporting.start('work')\n"
            "def fail(): raise RuntimeError('of Amelia Earhart')\n"
            "threads.start(fail, name='mirror', may_end=lambda: False); time.sleep(60)"
        )
        ended = subprocess.run(
            [sys.executable, "-c", program],
            env={
                "PATH": os.environ["PATH"],
                "SKYLATCH_SENTRY_DSN": url.replace("://", "://public@") + "/1",
                "NO_PROXY": "127.0.0.1",
            },
            capture_output=True,
            check=False,
            timeout=60,
        )
    assert ended.returncode == threads.STATUS
    (body,) = received
    assert b"thread.died" in body
    assert b"Amelia" not in body


def test_what_is_logged_while_nothing_is_on_stays_here(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Off without a DSN: nothing is built, and the log is as it was."""
    telemetry.configure()
    processors = structlog.get_config()["processors"]
    reporting.start("work")
    reporting.attach()
    assert structlog.get_config()["processors"] == processors
    structlog.get_logger().error("job.failed")
    assert "job.failed" in capsys.readouterr().err
