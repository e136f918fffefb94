"""GET /metrics: what a process measures and, at the endpoint, what Postgres knows too.

    worker    histograms, locks, budgets ──► loopback port, where a setting asks for one
    endpoint  engine.metrics() ──► one answer for all callers within two seconds

The counts of Postgres survive every restart. Those of a process begin at zero with the
process, which Prometheus understands.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Literal

import psycopg
import structlog
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    start_http_server,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from sidecar import __version__
from sidecar.db import Database
from sidecar.errors import EngineError, SetupError
from sidecar.metric_names import DECLARED, ENGINE, PROCESS_LABELS, Declared
from sidecar.pool import Row, describe

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
_log = structlog.get_logger()
# Buckets up to the time that Duffel may take for an order.
_BUCKETS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 40.0, 80.0, 130.0)
_FRESH_SECONDS = 2.0
# Less than the ten seconds that Prometheus gives a target.
_PATIENCE_SECONDS = 6.0


class Metrics(Collector):
    """What one process measures."""

    def __init__(self, process: Literal["run", "serve", "work"] = "work") -> None:
        self._registry = CollectorRegistry()
        self._calls = Histogram(
            *_told("skylatch_provider_call_seconds"),
            buckets=_BUCKETS,
            registry=self._registry,
        )
        self._acquired = self._counter("redis_lock_acquired_total")
        self._failed = self._counter("redis_lock_failed_total")
        self._waits = self._counter("skylatch_rate_waits_total")
        for lock in PROCESS_LABELS["lock"]:
            self._acquired.labels(lock)
            self._failed.labels(lock)
        for budget in PROCESS_LABELS["budget"]:
            self._waits.labels(budget)
        info = Gauge(*_told("skylatch_build_info"), registry=self._registry)
        info.labels(version=__version__, process=process).set(1)

    def collect(self) -> Iterator[Metric]:
        """Return everything but when each series began, which nobody needs."""
        for metric in self._registry.collect():
            metric.samples = [
                sample
                for sample in metric.samples
                if not sample.name.endswith("_created")
            ]
            yield metric

    def call_made(self, operation: str, seconds: float) -> None:
        """Count how long a provider took."""
        self._calls.labels(operation).observe(seconds)

    def lock_tried(self, name: str, *, held: bool) -> None:
        """Count a lock in Redis by what it is for, without naming a trip."""
        lock = name.partition(":")[0]
        known = lock if lock in PROCESS_LABELS["lock"] else "other"
        (self._acquired if held else self._failed).labels(known).inc()

    def rate_waited(self, budget: str) -> None:
        """Count a call that waits for a provider's rate budget."""
        self._waits.labels(budget).inc()

    def _counter(self, name: str) -> Counter:
        return Counter(*_told(name), registry=self._registry)


@contextmanager
def served(metrics: Metrics, *, host: str, port: int | None) -> Iterator[int | None]:
    """Serve a worker's own metrics for the block, where `port` asks for that.

    Yields the port. Raises SetupError when the port is taken.
    """
    if port is None:
        yield None
        return
    try:
        server, thread = start_http_server(port, host, metrics)
    except OSError as error:
        raise SetupError(
            f"metrics cannot be served on port {port} of {host} (SKYLATCH_METRICS_PORT,"
            f" SKYLATCH_METRICS_HOST): {error.strerror}"
        ) from error
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Scrapes:
    """The endpoint's answers: one question to the database at a time, shared."""

    def __init__(self, database: Database, metrics: Metrics) -> None:
        self._database = database
        self._metrics = metrics
        self._asking: asyncio.Task[bytes] | None = None
        self._told = b""
        self._fresh_until = 0.0
        self._is_away = False

    async def answer(self) -> bytes:
        """Return the exposition, two seconds old at most.

        A database that is away or does not answer is shown as a metric, never as an
        error.
        """
        if time.monotonic() < self._fresh_until:
            return self._told
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(asyncio.to_thread(self._ask))
        if self._is_away:
            # While the database is known to be away nobody waits for it; the next
            # caller finds out whether it is back.
            return self._told
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                return await asyncio.shield(self._asking)
        except TimeoutError:
            _log.warning("metrics.no_answer", seconds=_PATIENCE_SECONDS)
            self._is_away = True
            self._told = _render(self._metrics, None)
            return self._told

    def _ask(self) -> bytes:
        rows: list[Row] | None = None
        try:
            rows = self._database.metrics()
        except (psycopg.Error, EngineError) as error:
            _log.warning("metrics.failed", error=describe(error))
        self._is_away = rows is None
        self._told = _render(self._metrics, rows)
        self._fresh_until = time.monotonic() + _FRESH_SECONDS
        return self._told


class _Snapshot(Collector):
    """One scrape: of the process and, if the database answered, of the database."""

    def __init__(self, metrics: Metrics, rows: list[Row] | None) -> None:
        self._metrics = metrics
        self._rows = rows

    def collect(self) -> Iterable[Metric]:
        yield from self._metrics.collect()
        up = _family(DECLARED["skylatch_database_up"])
        up.add_sample(up.name, {}, 0.0 if self._rows is None else 1.0)
        yield up
        families = {one.name: _family(one) for one in ENGINE}
        for row in self._rows or []:
            # A newer database may have metrics that this process has no name for, and a
            # sum may be unknown, in a currency without a rate. The others are shown.
            declared = DECLARED.get(row["name"])
            if (
                declared is not None
                and row["labels"].keys() == declared.labels.keys()
                and None not in (row["value"], *row["labels"].values())
            ):
                families[declared.name].add_sample(
                    declared.name, row["labels"], float(row["value"])
                )
        yield from (family for family in families.values() if family.samples)


def _render(metrics: Metrics, rows: list[Row] | None) -> bytes:
    return generate_latest(_Snapshot(metrics, rows))


def _family(declared: Declared) -> Metric:
    name = declared.name
    if declared.kind == "counter":
        name = name.removesuffix("_total")
    return Metric(name, declared.meaning, declared.kind)


def _told(name: str) -> tuple[str, str, tuple[str, ...]]:
    declared = DECLARED[name]
    return declared.name, declared.meaning, tuple(declared.labels)
