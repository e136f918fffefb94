"""Structured logs on standard error: no secrets, no persons.

One JSON object a line, or, where a person sits at a terminal, a line for reading. The
names of our events are in `sidecar.log_events`.
"""

from __future__ import annotations

import logging
import sys
import threading
from types import TracebackType
from typing import Any

import structlog

from sidecar.log_events import mark_unlisted
from sidecar.redaction import redact


def _redact(
    _logger: Any, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    redacted: structlog.typing.EventDict = redact(dict(event))
    return redacted


# Fields of the context (`sidecar.tracing`) are in the lines of libraries too.
_FIRST: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def _last() -> list[structlog.typing.Processor]:
    render: structlog.typing.Processor = structlog.processors.JSONRenderer()
    if sys.stderr.isatty():
        render = structlog.dev.ConsoleRenderer(
            exception_formatter=structlog.dev.plain_traceback
        )
    return [structlog.processors.format_exc_info, _redact, render]


def keep_quiet() -> None:
    """Log no lost connections: a command that ends says by itself what is wrong."""
    logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)


def configure() -> None:
    """Write logs, the libraries' too, and uncaught exceptions to standard error."""
    last = _last()
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_FIRST,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.captureWarnings(True)
    logging.getLogger("psycopg.pool").setLevel(logging.NOTSET)
    structlog.configure(
        processors=[*_FIRST, mark_unlisted, *last],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    # Python itself would print the texts of exceptions as they are.
    sys.excepthook = _log_uncaught
    threading.excepthook = _log_thread


def _log_uncaught(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    structlog.get_logger().critical("uncaught", exc_info=(kind, error, trace))


def _log_thread(ended: threading.ExceptHookArgs) -> None:
    if ended.exc_value is None:
        return
    structlog.get_logger().critical(
        "thread.uncaught",
        thread=ended.thread.name if ended.thread else None,
        exc_info=(ended.exc_type, ended.exc_value, ended.exc_traceback),
    )
