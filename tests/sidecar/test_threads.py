"""A thread that ends by surprise ends its process; one that may end does not."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from psycopg.conninfo import make_conninfo

from sidecar import threads
from tests.factories import FLAGS, World, until
from tests.raw_server import closed_port

ROOT = Path(__file__).resolve().parents[2]
RUN = """
import sys
from importlib import import_module
from sidecar.__main__ import app

def fail(*args, **options):
    raise RuntimeError("a defect of the test")

module, _, name = sys.argv[1].partition(":")
owner = import_module(module)
*path, last = name.split(".")
for part in path:
    owner = getattr(owner, part)
if sys.argv[2] == "raises":
    setattr(owner, last, fail)
elif sys.argv[2] == "returns":
    setattr(owner, last, lambda *args, **options: None)
app([sys.argv[3]])
"""
# What each background thread of a worker calls, and the name it has.
WORKERS_THREADS = {
    "sidecar.alerts:AlertLog.update": "_beat",
    "sidecar.db:Database.notifications": "_listen",
    "sidecar.flags:FlagMirror._step": "mirror",
    "sidecar.set_aside:SetAside.take": "_report_again",
    # These run as the test's own function, under its name.
    "sidecar.worker:Worker._report": "fail",
    "sidecar.worker:Worker._run_calls": "fail",
}


@contextmanager
def program(
    world: World, tmp_path: Path, command: str, patched: str, how: str
) -> Iterator[tuple[subprocess.Popen[bytes], Path, int]]:
    """Run a command in which one function fails; yield it, its log and its port."""
    flags, log = tmp_path / "flags.json", tmp_path / "log"
    flags.write_text(json.dumps({"flagValues": FLAGS}))
    port = closed_port()
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("SKYLATCH_")}
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", RUN, patched, how, command],
            cwd=ROOT,
            env={
                **inherited,
                "SKYLATCH_DATABASE_URL": make_conninfo(
                    world.dsn, user="skylatch_sidecar"
                ),
                "SKYLATCH_DUFFEL_URL": world.flights_url,
                "SKYLATCH_DUFFEL_TOKEN": "duffel_test_fixture",
                "SKYLATCH_STRIPE_URL": world.payments_url,
                "SKYLATCH_STRIPE_KEY": "sk_test_fixture",
                "SKYLATCH_FLAGS_FILE": str(flags),
                "SKYLATCH_HTTP_PORT": str(port),
                "SKYLATCH_HTTP_TOKEN": "a-token-of-the-test",
            },
            stderr=output,
        )
    with process:
        try:
            yield process, log, port
        finally:
            if process.poll() is None:
                process.kill()


def deaths(log: Path) -> list[dict[str, str]]:
    """Return what the log says of threads that died."""
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    return [line for line in lines if line["event"] == "thread.died"]


@pytest.mark.parametrize("patched", WORKERS_THREADS)
def test_a_worker_whose_thread_dies_ends_for_the_service_manager(
    world: World, tmp_path: Path, patched: str
) -> None:
    """Not zero, so that it is started again; the log says which thread, and why."""
    with program(world, tmp_path, "work", patched, "raises") as (process, log, _):
        assert process.wait(timeout=60) == threads.STATUS
    death = deaths(log)[0]  # of several at once
    assert death["thread"] == WORKERS_THREADS[patched]
    assert "a defect of the test" in death["exception"]


def test_a_thread_that_just_returns_ends_its_process_too(
    world: World, tmp_path: Path
) -> None:
    """Silence is no better than an error."""
    patched = "sidecar.worker:Worker._beat"
    with program(world, tmp_path, "work", patched, "returns") as (process, log, _):
        assert process.wait(timeout=60) == threads.STATUS
    assert len(deaths(log)) == 1


def test_an_endpoint_whose_inbox_dies_ends_for_the_service_manager(
    world: World, tmp_path: Path
) -> None:
    """The thread begins with the first event, here a forged one."""
    patched = "sidecar.inbox:Inbox._flush"
    with program(world, tmp_path, "serve", patched, "raises") as (process, log, port):

        def knock() -> bool:
            request = urllib.request.Request(
                f"http://127.0.0.1:{port}/webhooks/stripe", data=b"{}"
            )
            try:
                urllib.request.urlopen(request, timeout=5).close()
            except urllib.error.HTTPError:
                return True
            except OSError:
                pass
            return process.poll() is not None

        until(knock, seconds=60)
        assert process.wait(timeout=60) == threads.STATUS
    assert [death["thread"] for death in deaths(log)] == ["inbox"]


def test_threads_that_may_end_end_no_process(world: World, tmp_path: Path) -> None:
    """A worker that is told to stop stops with zero."""
    nothing = "sidecar.worker:Worker"
    with program(world, tmp_path, "work", nothing, "works") as (process, log, _):
        until(lambda: world.rows("select worker from engine.workers"))
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    assert deaths(log) == []


def test_an_error_ends_the_process_even_where_the_thread_may_end() -> None:
    """What went wrong while stopping went wrong."""
    told: list[tuple[str, str]] = []

    def fail() -> None:
        raise ValueError("late")

    ended = threading.Event()

    def died(name: str, error: BaseException | None) -> None:
        told.append((name, repr(error)))
        ended.set()

    threads.start(fail, name="one", may_end=lambda: True, died=died)
    assert ended.wait(10)
    threads.start(lambda: None, name="two", may_end=lambda: True, died=died).join()
    assert told == [("one", "ValueError('late')")]
