"""Which call a thread works on: in its log lines, its HTTP headers and its spans.

The trace begins in Postgres and comes with the call (`engine.lease_calls`). The trace
is bound to the context, never to the process, so that threads cannot mix up theirs.
This module does not import OpenTelemetry: `sidecar.exporting` does, where spans are
exported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import TYPE_CHECKING

import structlog
from structlog.contextvars import bound_contextvars

from sidecar.providers import Answer

if TYPE_CHECKING:
    from sidecar.db import Call

_log = structlog.get_logger()
Hang = Callable[[str], AbstractContextManager[object]]
"""Lets the spans that a block makes hang under a traceparent."""

_traceparent: ContextVar[str | None] = ContextVar("traceparent", default=None)
_nothing: Hang = lambda _: nullcontext()  # noqa: E731
_hang: Hang = _nothing


def hang_spans(hang: Hang | None) -> None:
    """Set how spans get their parents, for the whole process; None: no spans."""
    global _hang  # noqa: PLW0603 - how, not under what
    _hang = hang or _nothing


def ids(call: Call) -> dict[str, str | int]:
    """Return the ids by which a log line names a call; missing ids are left out."""
    found: dict[str, str | int] = {"call": call.call_id, "operation": call.operation}
    if call.trip_request_id is not None:
        found["trip"] = str(call.trip_request_id)
    if call.attempt_id is not None:
        found["attempt"] = str(call.attempt_id)
    if call.traceparent is not None:
        found["trace_id"] = call.traceparent.split("-")[1]
    return found


@contextmanager
def at_work_on(call: Call) -> Iterator[None]:
    """Bind everything in the block to `call`."""
    token = _traceparent.set(call.traceparent)
    try:
        with (
            bound_contextvars(**ids(call)),
            _hang(call.traceparent) if call.traceparent else nullcontext(),
        ):
            yield
    finally:
        _traceparent.reset(token)


def headers() -> dict[str, str]:
    """Return the W3C header of the call that this thread works on, if it has a trace.

    Where spans are made, the instrumentation puts the request's own span in its place.
    """
    traceparent = _traceparent.get()
    return {"traceparent": traceparent} if traceparent else {}


def tell_answer(answer: Answer, *, seconds: float) -> None:
    """Log the line that ends a call that went out; `at_work_on` names the call."""
    found = {
        "http_status": answer.http_status,
        "error_code": answer.error_code,
        "request_id": answer.request_id,
        "ms": round(seconds * 1000),
    }
    status = answer.http_status
    if status in (401, 403):
        _log.error("call.unauthorized", **found)
    elif status is None or status == 429 or status >= 500:
        _log.warning("call.failed", **found)
    else:
        _log.info("call.answered", **found)
