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
        if isinstance(value, str):
            event[key] = _SECRET.sub("[redacted]", value)
    return event


def configure() -> None:
    """Send structlog and the standard library's warnings to standard error."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _redact,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
