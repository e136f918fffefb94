"""Exports traces over OTLP: this process's spans, and those that Postgres wrote down.

Only where an endpoint is set is this module imported, and OpenTelemetry with it. What
is sampled was decided in Postgres when the trace was born, so nothing begins a trace
here: a span is kept if the one it hangs under is. Texts of exceptions are not exported.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

import psycopg
import structlog
from fastapi import FastAPI
from opentelemetry import context, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware
from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
from opentelemetry.instrumentation.requests import RequestsInstrumentor
from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import (
    BatchSpanProcessor,
    SpanExporter,
    SpanExportResult,
)
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBased
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, Status, TraceFlags

from sidecar import __version__, tracing
from sidecar.db import Database, Row, describe
from sidecar.errors import EngineError
from sidecar.redaction import redact

_log = structlog.get_logger()
_SAMPLED = TraceFlags(TraceFlags.SAMPLED)
_EVERY_SECONDS = 2.0
_BATCH = 500
_TRACEPARENT_PARTS = 4
# What a statement says of itself, beside its traceparent, is the same each time.
_COMMENT = {
    "db_driver": False,
    "dbapi_threadsafety": False,
    "dbapi_level": False,
    "libpq_version": False,
    "driver_paramstyle": False,
}


class Exporting:
    """Exports for one process, from when it is made until `close`.

    Connections are instrumented as they are made: it has to be there before them.
    """

    def __init__(self, endpoint: str, *, process: str) -> None:
        self._otlp = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
        self.provider = TracerProvider(
            sampler=ParentBased(root=ALWAYS_OFF), resource=_resource(process)
        )
        self.provider.add_span_processor(BatchSpanProcessor(_Wordless(self._otlp)))
        RequestsInstrumentor().instrument(tracer_provider=self.provider)
        PsycopgInstrumentor().instrument(
            tracer_provider=self.provider,
            enable_commenter=True,
            commenter_options=_COMMENT,
        )
        tracing.hang_spans(_hang)

    def close(self) -> None:
        """Export what is left, and leave the libraries as they were."""
        tracing.hang_spans(None)
        RequestsInstrumentor().uninstrument()
        PsycopgInstrumentor().uninstrument()
        self.provider.shutdown()

    def watch(self, app: FastAPI) -> None:
        """Make a span of each request of an entry point, inside of the intake.

        The other paths need no token, and whoever asks for them may claim any trace.
        """
        app.add_middleware(
            OpenTelemetryMiddleware,
            tracer_provider=self.provider,
            excluded_urls="^(?!.*/rpc/)",
            exclude_spans=["receive", "send"],
        )

    def carry(self, database: Database, stopping: threading.Event) -> None:
        """Export what Postgres wrote down, every two seconds, until stopped.

        What could not be exported is kept, and meanwhile no more is taken: after two
        minutes without anybody who takes them Postgres writes no more spans.
        """
        waiting: list[Row] = []
        is_up = True
        while True:
            last = stopping.is_set()
            problem = None
            try:
                if not waiting:
                    waiting = database.take_spans(_BATCH)
            except (psycopg.Error, EngineError) as error:
                problem = describe(error)
            if waiting and problem is None:
                full = len(waiting) == _BATCH
                if self._export([_span(row) for row in waiting]):
                    waiting = []
                    if full and not last:
                        continue
                else:
                    problem = "the endpoint did not take them"
            if (problem is None) != is_up:
                is_up = problem is None
                if is_up:
                    _log.info("traces.exported")
                else:
                    _log.warning("traces.not_exported", reason=problem)
            if last:
                return
            stopping.wait(_EVERY_SECONDS)

    def _export(self, spans: Sequence[ReadableSpan]) -> bool:
        with suppress_instrumentation():
            try:
                return self._otlp.export(spans) is SpanExportResult.SUCCESS
            except Exception:  # noqa: BLE001 - what only looks on ends no worker
                return False


class _Wordless(SpanExporter):
    """Exports spans without the texts of exceptions, which may quote a row."""

    def __init__(self, inner: SpanExporter) -> None:
        self._inner = inner

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return self._inner.export([_wordless(span) for span in spans])

    def shutdown(self) -> None:
        self._inner.shutdown()


def _wordless(span: ReadableSpan) -> ReadableSpan:
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=redact(dict(span.attributes or {})),
        links=span.links,
        kind=span.kind,
        instrumentation_scope=span.instrumentation_scope,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
    )


def _resource(process: str) -> Resource:
    return Resource.create(
        {"service.name": f"skylatch-{process}", "service.version": __version__}
    )


_POSTGRES = _resource("postgres")


@contextmanager
def _hang(traceparent: str) -> Iterator[None]:
    found = _read(traceparent)
    if found is None:
        yield
        return
    token = context.attach(trace.set_span_in_context(NonRecordingSpan(found)))
    try:
        yield
    finally:
        context.detach(token)


def _read(traceparent: str) -> SpanContext | None:
    parts = traceparent.split("-")
    if len(parts) != _TRACEPARENT_PARTS:
        return None
    _, trace_id, span_id, flags = parts
    return SpanContext(
        int(trace_id, 16),
        int(span_id, 16),
        is_remote=True,
        trace_flags=TraceFlags(int(flags, 16)),
    )


def _span(row: Row) -> ReadableSpan:
    """Return a span of Postgres (`engine.take_spans`) as OpenTelemetry has them."""
    attributes = dict(row["attributes"])
    link = _read(attributes.get("link", ""))
    parent = row["parent_id"]
    return ReadableSpan(
        name=row["name"],
        context=_context(row["trace_id"], row["span_id"]),
        parent=None if parent is None else _context(row["trace_id"], parent),
        resource=_POSTGRES,
        attributes={f"skylatch.{name}": value for name, value in attributes.items()},
        links=() if link is None else (Link(link),),
        start_time=_nanoseconds(row["started_at"]),
        end_time=_nanoseconds(row["ended_at"]),
    )


def _context(trace_id: UUID, span_id: int) -> SpanContext:
    return SpanContext(trace_id.int, span_id, is_remote=True, trace_flags=_SAMPLED)


def _nanoseconds(at: datetime) -> int:
    return int(at.timestamp() * 1_000_000) * 1000
