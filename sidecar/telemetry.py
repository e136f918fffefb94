"""Structured logs: one JSON object a line on standard error, no secrets, no persons."""

from __future__ import annotations

import logging
import re
import sys
from typing import Any

import structlog

# Anything that looks like a credential, wherever it slipped in.
_SECRET = re.compile(r"\b(?:sk|rk|whsec|duffel)_(?:live|test)?_?[A-Za-z0-9_-]{8,}")


def _redact(
    _logger: Any, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    for key, value in event.items():
        event[key] = _clean(value)
    return event


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return _SECRET.sub("[redacted]", value)
    if isinstance(value, dict):
        return {_clean(key): _clean(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(one) for one in value]
    return value


_FIRST: list[structlog.typing.Processor] = [
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
_LAST: list[structlog.typing.Processor] = [
    structlog.processors.format_exc_info,
    _redact,
    structlog.processors.JSONRenderer(default=lambda value: _clean(repr(value))),
]


def configure() -> None:
    """Send structlog and the standard library's warnings to standard error."""
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_FIRST,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_LAST],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, *_FIRST, *_LAST],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
