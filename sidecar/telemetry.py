"""Structured logs: one JSON object a line on standard error, no secrets, no persons."""

from __future__ import annotations

import logging
import sys
import threading
from types import TracebackType
from typing import Any

import structlog

from sidecar.redaction import redact


def _redact(
    _logger: Any, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    redacted: structlog.typing.EventDict = redact(dict(event))
    return redacted


_FIRST: list[structlog.typing.Processor] = [
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
_LAST: list[structlog.typing.Processor] = [
    structlog.processors.format_exc_info,
    _redact,
    structlog.processors.JSONRenderer(default=lambda value: redact(repr(value))),
]


def keep_quiet() -> None:
    """Leave it to a command that ends to say, once, why there is no connection."""
    logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)


def configure() -> None:
    """Send what we, the libraries and uncaught exceptions say to standard error."""
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_FIRST,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_LAST],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.captureWarnings(True)
    logging.getLogger("psycopg.pool").setLevel(logging.NOTSET)
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, *_FIRST, *_LAST],
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
