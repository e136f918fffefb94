"""Somebody that traces are exported to: OTLP over HTTP, as a collector takes it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
)
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.sandbox.server import running_in_thread


@dataclass(frozen=True, slots=True)
class Span:
    """One span as it arrived; ids are hexadecimal, times seconds since 1970."""

    service: str
    trace_id: str
    span_id: str
    parent_id: str
    name: str
    started: float
    ended: float
    attributes: dict[str, str]
    links: tuple[str, ...] = ()  # trace ids

    @property
    def label(self) -> str:
        """What a tree shows of it."""
        if self.service != "skylatch-postgres":
            return f"{self.name} ({self.service})"
        words = [
            self.attributes.get(f"skylatch.{name}", "")
            for name in ("operation", "type", "from", "to", "status")
        ]
        tried = self.attributes.get("skylatch.try")
        words.append(f"try {tried}" if tried else "")
        words.append("recovered" if self.attributes.get("skylatch.recovered") else "")
        return " ".join(word for word in [self.name, *words] if word)


@dataclass
class Collector:
    """Keeps what came; refuses it while `status` is not 200."""

    url: str = ""
    status: int = 200
    requests: int = 0
    raw: bytes = b""
    _spans: list[Span] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def spans(self, trace_id: str | None = None) -> list[Span]:
        """Return the spans of one trace or all, in the order of their beginnings."""
        with self._lock:
            found = [s for s in self._spans if trace_id in (None, s.trace_id)]
        return sorted(found, key=lambda span: (span.started, -span.ended))

    def tree(self, trace_id: str) -> str:
        """Return the spans of a trace as text, each below the one it hangs under."""
        spans = self.spans(trace_id)
        known = {span.span_id for span in spans}
        lines: list[str] = []

        def show(span: Span, depth: int) -> None:
            ms = (span.ended - span.started) * 1000
            lines.append(f"{'  ' * depth}{span.label}  {ms:.1f} ms")
            for child in spans:
                if child.parent_id == span.span_id:
                    show(child, depth + 1)

        for span in spans:
            if span.parent_id not in known:
                show(span, 0)
        return "\n".join(lines)

    async def take(self, request: Request) -> Response:
        """Serve one export."""
        body = await request.body()
        with self._lock:
            self.requests += 1
            if self.status == 200:
                self.raw += body
                self._spans += _read(body)
        return Response(status_code=self.status)


def _read(body: bytes) -> Iterator[Span]:
    for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
        service = _values(resource.resource.attributes)["service.name"]
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield Span(
                    service=service,
                    trace_id=span.trace_id.hex(),
                    span_id=span.span_id.hex(),
                    parent_id=span.parent_span_id.hex(),
                    name=span.name,
                    started=span.start_time_unix_nano / 1e9,
                    ended=span.end_time_unix_nano / 1e9,
                    attributes=_values(span.attributes),
                    links=tuple(link.trace_id.hex() for link in span.links),
                )


def _values(pairs: Any) -> dict[str, str]:
    found = {}
    for pair in pairs:
        kind = pair.value.WhichOneof("value")
        value = getattr(pair.value, kind) if kind else None
        found[pair.key] = "" if value in (None, False) else str(value)
    return found


@contextmanager
def collecting() -> Iterator[Collector]:
    """Serve a collector for the block."""
    collector = Collector()
    routes = [Route("/v1/traces", collector.take, methods=["POST"])]
    with running_in_thread(Starlette(routes=routes)) as url:
        collector.url = url
        yield collector
