"""Exports traces over OTLP: this process's spans, and those that Postgres wrote down.

This module is imported, and OpenTelemetry with it, only where an endpoint is set.
Postgres decided what is sampled when the trace began, so no trace begins here: a span
is kept if its parent is. Texts of exceptions are not exported.
"""

from __future__ import annotations

import logging
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

from sidecar import __version__, threads, tracing
from sidecar.db import Database
from sidecar.errors import EngineError
from sidecar.http import StatusSession
from sidecar.pool import Row, describe
from sidecar.redaction import redact

_log = structlog.get_logger()
_SAMPLED = TraceFlags(TraceFlags.SAMPLED)
_EVERY_SECONDS = 2.0
_LAST_SECONDS = 5.0
_BATCH = 500
# The answers after which the same spans may be taken later: OTLP's own four, and those
# that a wrong setting causes. Any other refusal is meant for the spans themselves.
_TAKEN_LATER = frozenset({401, 403, 404, 429, 502, 503, 504})
# The library's own log names the endpoint, which may hold a secret, at every try.
_LIBRARY = logging.getLogger("opentelemetry.exporter")
_TRACEPARENT_PARTS = 4
# Apart from its traceparent, a statement's attributes are the same each time.
_COMMENT = {
    "db_driver": False,
    "dbapi_threadsafety": False,
    "dbapi_level": False,
    "libpq_version": False,
    "driver_paramstyle": False,
}


class Exporting:
    """Exports for one process, from when it is made until `close`.

    Connections are instrumented when they are made, so this object must be made before
    them.
    """

    def __init__(self, endpoint: str, *, process: str) -> None:
        _LIBRARY.setLevel(logging.CRITICAL)
        self._carried = _Endpoint(endpoint)
        self.provider = TracerProvider(
            sampler=ParentBased(root=ALWAYS_OFF),
            resource=_resource(process),
            shutdown_on_exit=False,
        )
        self.provider.add_span_processor(
            BatchSpanProcessor(_Wordless(_Endpoint(endpoint)))
        )
        RequestsInstrumentor().instrument(tracer_provider=self.provider)
        PsycopgInstrumentor().instrument(
            tracer_provider=self.provider,
            enable_commenter=True,
            commenter_options=_COMMENT,
        )
        tracing.hang_spans(_hang)

    def close(self) -> None:
        """Export what is left, and leave the libraries as they were.

        This lasts a moment at the most: the library alone would try for half a minute,
        and a service manager does not wait that long for a process to stop.
        """
        tracing.hang_spans(None)
        RequestsInstrumentor().uninstrument()
        PsycopgInstrumentor().uninstrument()
        ending = threads.start(
            self.provider.shutdown, name="traces-end", may_end=lambda: True
        )
        ending.join(timeout=_LAST_SECONDS)
        self._carried.shutdown()
        _LIBRARY.setLevel(logging.NOTSET)

    def watch(self, app: FastAPI) -> None:
        """Make a span of each request of an entry point, inside of the intake.

        The other paths need no token, so anybody could claim any trace there.
        """
        app.add_middleware(
            OpenTelemetryMiddleware,
            tracer_provider=self.provider,
            excluded_urls="^(?!.*/rpc/)",
            exclude_spans=["receive", "send"],
        )

    def carry(self, database: Database, stopping: threading.Event) -> None:
        """Export what Postgres wrote down, every two seconds, until stopped.

        Spans that the endpoint may take later are kept, and no more are taken
        meanwhile: after two minutes in which nobody takes spans, Postgres writes no
        more. Spans that the endpoint will never take are dropped, because they would
        keep all others from leaving.
        """
        waiting: list[Row] = []
        while True:
            last = stopping.is_set()
            try:
                if not waiting:
                    waiting = database.take_spans(_BATCH)
            except (psycopg.Error, EngineError) as error:
                self._carried.tell(describe(error))
            else:
                full = len(waiting) == _BATCH
                problem = self._carried.send([_span(row) for row in waiting])
                if problem is None or self._carried.is_refused:
                    waiting = []
                if problem is None and full and not last:
                    continue
            if last:
                return
            stopping.wait(_EVERY_SECONDS)


class _Endpoint:
    """Where spans go; logs once when spans stop leaving, and once when they leave."""

    def __init__(self, url: str) -> None:
        self._session = StatusSession()
        self._otlp = OTLPSpanExporter(
            endpoint=f"{url.rstrip('/')}/v1/traces", session=self._session
        )
        self._is_up = True

    @property
    def is_refused(self) -> bool:
        """Tell whether the spans that were sent last will not be taken later either."""
        status = self._session.status
        return status is not None and status >= 400 and status not in _TAKEN_LATER

    def send(self, spans: Sequence[ReadableSpan]) -> str | None:
        """Export some spans, or none; return why the endpoint did not take them."""
        problem = self._export(spans) if spans else None
        self.tell(problem)
        return problem

    def tell(self, problem: str | None) -> None:
        """Log why no span leaves, or with None that spans leave again."""
        if (problem is None) != self._is_up:
            self._is_up = problem is None
            if problem is None:
                _log.info("traces.exported")
            else:
                _log.warning("traces.not_exported", reason=problem)

    def shutdown(self) -> None:
        """Give up what is under way."""
        self._otlp.shutdown()  # type: ignore[no-untyped-call]

    def _export(self, spans: Sequence[ReadableSpan]) -> str | None:
        self._session.status = None
        with suppress_instrumentation():
            try:
                if self._otlp.export(spans) is SpanExportResult.SUCCESS:
                    return None
            except Exception as error:  # noqa: BLE001 - what only looks on ends no worker
                return type(error).__name__
        status = self._session.status
        return f"the endpoint answered {status}" if status else "no answer"


class _Wordless(SpanExporter):
    """Exports spans without the texts of exceptions, which may quote a row."""

    def __init__(self, inner: _Endpoint) -> None:
        self._inner = inner

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        problem = self._inner.send([_wordless(span) for span in spans])
        return SpanExportResult.FAILURE if problem else SpanExportResult.SUCCESS

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
        attributes=redact(
            {f"skylatch.{name}": value for name, value in attributes.items()}
        ),
        links=() if link is None else (Link(link),),
        start_time=_nanoseconds(row["started_at"]),
        end_time=_nanoseconds(row["ended_at"]),
    )


def _context(trace_id: UUID, span_id: int) -> SpanContext:
    return SpanContext(trace_id.int, span_id, is_remote=True, trace_flags=_SAMPLED)


def _nanoseconds(at: datetime) -> int:
    return int(at.timestamp() * 1_000_000) * 1000
