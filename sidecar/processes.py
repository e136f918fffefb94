"""The programs that run until they are told to stop: `work`, `serve`, `run`.

    work    claims and makes calls, mirrors the flags; any number
    serve   callbacks, entry points, metrics; any number
    run     both in one process, whose `POST /wake` wakes its own worker
    courier delivers messages and nothing else; a worker does so too where its settings
            have a mail server or a key for webhooks

A worker that is told to stop claims no more, finishes and reports the calls under way,
and removes its heartbeat. An endpoint beside it goes on until then, so that callbacks
are taken meanwhile.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from types import FrameType
from typing import TYPE_CHECKING

import uvicorn
from fastapi import FastAPI

from sidecar import checks, config, threads
from sidecar.alive import Alive
from sidecar.db import Database
from sidecar.errors import ConfigError, SetupError
from sidecar.flags import build_mirror
from sidecar.flights import Flights
from sidecar.limits import Budgets, Locks, connect
from sidecar.messages import Courier, channels
from sidecar.metrics import Metrics, served
from sidecar.operations import Send
from sidecar.payments import Payments
from sidecar.setting_types import revealed
from sidecar.worker import Worker

if TYPE_CHECKING:
    from sidecar.exporting import Exporting

# A thread whose call is under way holds no connection, so this many connections serve
# any number of threads.
CONNECTIONS = 8


def work(settings: config.WorkSettings) -> None:
    """Make the calls that Postgres asks for, until SIGTERM."""
    with _exporting(settings, "work") as exported, _database(settings, "work") as base:
        _work(settings, base, Metrics("work"), exported)


def serve(settings: config.ServeSettings) -> None:
    """Serve the HTTP endpoint, until SIGTERM."""
    from sidecar.web import build_app  # noqa: PLC0415 - a worker alone has no need

    with _exporting(settings, "serve") as exported:
        # A caller should learn soon that the database is away.
        database = Database(
            settings.database_url.get_secret_value(), process="serve", patience=5.0
        )
        with contextlib.closing(database):
            checks.begin(database)
            app = build_app(settings, database)
            if exported:
                exported.watch(app)
            server = _server(settings, app)
            # uvicorn ends so where it cannot start.
            with contextlib.suppress(SystemExit):
                server.run()
            _require_started(settings, server)


def run(settings: config.RunSettings) -> None:
    """Do both in one process, until SIGTERM."""
    from sidecar.web import build_app  # noqa: PLC0415 - a worker alone has no need

    with _exporting(settings, "run") as exported, _database(settings, "run") as base:
        metrics = Metrics("run")

        @contextlib.contextmanager
        def endpoint(worker: Worker) -> Iterator[None]:
            app = build_app(
                settings,
                base,
                metrics=metrics,
                worker=worker,
                payments=_payments(settings),
            )
            if exported:
                exported.watch(app)
            with _serving(settings, app):
                yield

        _work(settings, base, metrics, exported, beside=endpoint)


def courier(settings: config.MessageSettings) -> None:
    """Deliver messages, until SIGTERM."""
    sends = channels(settings)
    if not sends:
        raise ConfigError(
            "set SKYLATCH_SMTP_URL, SKYLATCH_WEBHOOK_KEY or both: a courier without"
            " them delivers nothing"
        )
    database = Database(settings.database_url.get_secret_value(), process="courier")
    with contextlib.closing(database):
        checks.begin(database)
        stopping = threading.Event()
        on_stop(stopping.set)
        name = f"{socket.gethostname()}:{os.getpid()}:courier"
        build_courier(
            settings, database, sends, name=name, alive=Alive(settings.alive_file)
        ).run(stopping)


def build_courier(
    settings: config.MessageSettings,
    database: Database,
    sends: Mapping[str, Send],
    *,
    name: str,
    alive: Alive | None = None,
) -> Courier:
    """Return a courier wired from its settings."""
    return Courier(
        database,
        sends,
        name=name,
        threads=settings.couriers,
        poll_seconds=settings.poll_seconds,
        alive=alive,
    )


def build_worker(
    settings: config.WorkSettings, database: Database, metrics: Metrics
) -> Worker:
    """Return a worker wired from its settings."""
    redis_url = revealed(settings.redis_url)
    return Worker(
        database,
        flights=Flights(settings.duffel_url, settings.duffel_token.get_secret_value()),
        payments=_payments(settings),
        locks=Locks(connect(redis_url), metrics),
        budgets=Budgets(
            redis_url,
            searches_per_minute=settings.searches_per_minute,
            duffel_per_minute=settings.duffel_per_minute,
            stripe_per_second=settings.stripe_per_second,
            metrics=metrics,
        ),
        threads=settings.workers,
        search_threads=settings.search_workers,
        poll_seconds=settings.poll_seconds,
        metrics=metrics,
        alive=Alive(settings.alive_file),
    )


def _payments(settings: config.WorkSettings) -> Payments:
    return Payments(settings.stripe_url, settings.stripe_key.get_secret_value())


def on_stop(stop: Callable[[], object]) -> None:
    """Call `stop` at SIGTERM and SIGINT, from a thread of its own.

    The interrupted thread may hold the very lock of an event that `stop` sets.
    """

    def on_signal(_signal: int, _frame: FrameType | None) -> None:
        threading.Thread(target=stop).start()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)


@contextlib.contextmanager
def _nothing_beside(_worker: Worker) -> Iterator[None]:
    yield


def _work(
    settings: config.WorkSettings,
    database: Database,
    metrics: Metrics,
    exported: Exporting | None,
    *,
    beside: Callable[
        [Worker], contextlib.AbstractContextManager[None]
    ] = _nothing_beside,
) -> None:
    """Run a worker and the flag mirror, within the contexts that `beside` opens."""
    checks.begin(database)
    worker = build_worker(settings, database, metrics)
    stopping = threading.Event()

    def stop() -> None:
        stopping.set()
        worker.stop()

    on_stop(stop)
    flags = build_mirror(settings, database, worker.name)
    helpers = {"mirror": lambda: flags.run(stopping)}
    if exported:
        helpers["traces"] = lambda: exported.carry(database, stopping)
    sends = channels(settings)
    if sends:
        couriers = build_courier(settings, database, sends, name=worker.name)
        helpers["courier"] = lambda: couriers.run(stopping)
    with (
        beside(worker),
        served(metrics, host=settings.metrics_host, port=settings.metrics_port),
    ):
        started = [
            threads.start(helper, name=name, may_end=stopping.is_set)
            for name, helper in helpers.items()
        ]
        worker.run()
        for helper in started:
            helper.join(timeout=5)


@contextlib.contextmanager
def _database(settings: config.WorkSettings, process: str) -> Iterator[Database]:
    database = Database(
        settings.database_url.get_secret_value(),
        process=process,
        size=CONNECTIONS,
        listen_url=revealed(settings.listen_url),
    )
    with contextlib.closing(database):
        yield database


@contextlib.contextmanager
def _exporting(
    settings: config.DatabaseSettings, process: str
) -> Iterator[Exporting | None]:
    """Export the traces of a block, where an endpoint for traces is set."""
    endpoint = revealed(settings.otlp_endpoint)
    if endpoint is None:
        yield None
        return
    # A process that exports nothing does not load OpenTelemetry either.
    from sidecar.exporting import Exporting  # noqa: PLC0415

    with contextlib.closing(Exporting(endpoint, process=process)) as exported:
        yield exported


def _server(settings: config.ServeSettings, app: FastAPI) -> uvicorn.Server:
    from sidecar.serving import check_address, server_config  # noqa: PLC0415

    check_address(
        settings.http_host,
        settings.http_port,
        what="the endpoint",
        setting="SKYLATCH_HTTP_PORT or SKYLATCH_HTTP_HOST",
    )
    return uvicorn.Server(
        server_config(app, host=settings.http_host, port=settings.http_port)
    )


@contextlib.contextmanager
def _serving(settings: config.ServeSettings, app: FastAPI) -> Iterator[None]:
    """Serve `app` from a thread for the block, once it has started."""
    server = _server(settings, app)
    begun, done = threading.Event(), threading.Event()

    def serve_app() -> None:
        try:
            # uvicorn raises this where it cannot start.
            with contextlib.suppress(SystemExit):
                server.run()
        finally:
            begun.set()

    def may_end() -> bool:
        return done.is_set() or not server.started

    thread = threads.start(serve_app, name="endpoint", may_end=may_end)
    while not server.started and not begun.wait(0.02):
        pass
    _require_started(settings, server)
    try:
        yield
    finally:
        done.set()
        server.should_exit = True
        thread.join(timeout=15)


def _require_started(settings: config.ServeSettings, server: uvicorn.Server) -> None:
    if not server.started:
        raise SetupError(
            f"the endpoint did not start on port {settings.http_port} of"
            f" {settings.http_host} (SKYLATCH_HTTP_PORT, SKYLATCH_HTTP_HOST): the"
            " log says why"
        )
