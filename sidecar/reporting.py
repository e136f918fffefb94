"""Defects on their way to Sentry: where, which, of which release; never whose.

Each log line at level error or critical is reported once, with the place in our code
and the ids that are safe to send; so is an error that ends a command. Texts of
exceptions and of foreign loggers stay in the log, because they quote values. So does
every variable, header and body. What is sent is built anew from an allowed list.

Without `SKYLATCH_SENTRY_DSN` nothing of this happens, and sentry-sdk is not imported.
"""

from __future__ import annotations

import logging
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import structlog

from sidecar import __version__
from sidecar.config import ReportingSettings, load
from sidecar.errors import ConfigError
from sidecar.redaction import redact

_TOLD = frozenset({"error", "critical", "exception", "fatal"})
# At most so many reports of one kind a minute: the others are in the log.
_MOST_PER_MINUTE = 20
_FLUSH_SECONDS = 3.0
# Fields of log lines that hold ids, codes and names of ours; others stay in the log.
_FIELDS = frozenset(
    {
        *("attempt", "call", "call_id", "case", "kind", "subject", "trip", "run"),
        *("operation", "provider", "http_status", "error_code", "request_id"),
        *("job", "thread", "worker", "seconds", "state", "status", "reports"),
    }
)
_FRAME = ("filename", "module", "function", "lineno", "in_app")
_KEPT = (
    *("event_id", "timestamp", "platform", "level", "release", "environment"),
    *("server_name", "sdk"),
)
_NAME = re.compile(r"[a-z0-9_]+(?:\.[a-z0-9_]+)*")
_CODE = re.compile(r"[A-Za-z0-9_.:/-]{1,80}")
# A number as long as a card's is no id of ours; no part of a UUID is that long.
_LONG_NUMBER = re.compile(r"\d{13,}")
_TRACE = re.compile(r"[0-9a-f]{32}")
_MARK = "_skylatch_reported"


def release(commit: str | None) -> str:
    """Return what runs: the version, and the commit if it is known."""
    return f"skylatch@{__version__}+{commit or _checked_out() or 'unknown'}"


def start(process: str, *, transport: Any = None) -> None:
    """Report the defects of this process from now on, if there is a DSN.

    Raises ConfigError for an invalid DSN. The call may be repeated: once logging was
    set up anew, `attach` has to be called again.
    """
    try:
        settings = load(ReportingSettings)
    except ConfigError as error:
        if "SENTRY_DSN" in str(error):
            raise
        return  # the command itself says what is wrong
    if settings.sentry_dsn is None:
        return
    import sentry_sdk  # noqa: PLC0415 - not without a DSN
    from sentry_sdk.integrations.atexit import AtexitIntegration  # noqa: PLC0415
    from sentry_sdk.integrations.logging import LoggingIntegration  # noqa: PLC0415
    from sentry_sdk.utils import BadDsn  # noqa: PLC0415

    try:
        sentry_sdk.init(
            dsn=settings.sentry_dsn.get_secret_value(),
            transport=transport,
            release=release(settings.commit),
            environment="live" if settings.live_mode else "test",
            default_integrations=False,
            auto_enabling_integrations=False,
            integrations=[
                LoggingIntegration(level=None, event_level=logging.ERROR),
                AtexitIntegration(callback=lambda _pending, _timeout: None),
            ],
            # Its `send_default_pii` is false, and setting it is deprecated.
            include_local_variables=False,
            include_source_context=False,
            max_request_body_size="never",
            max_breadcrumbs=0,
            auto_session_tracking=False,
            send_client_reports=False,
            before_send=_Gate(process).let_pass,
        )
    except (BadDsn, ValueError):  # a port or an IPv6 address that is none
        raise ConfigError("SKYLATCH_SENTRY_DSN: is no DSN of Sentry") from None
    attach()


def attach() -> None:
    """Listen to our own log lines at level error or critical."""
    if not _is_on():
        return
    processors = structlog.get_config()["processors"]
    if _tell not in processors:
        structlog.configure(processors=[_tell, *processors])


def report(error: BaseException) -> None:
    """Report an error that ends a command, unless a log line has reported it."""
    if _is_on():
        _send("uncaught", "fatal", (type(error), error, error.__traceback__), {})


def flush() -> None:
    """Wait a moment until all reports have left; called before an abrupt end."""
    if _is_on():
        sys.modules["sentry_sdk"].flush(timeout=_FLUSH_SECONDS)


def _is_on() -> bool:
    sentry = sys.modules.get("sentry_sdk")
    return sentry is not None and sentry.is_initialized()


def _tell(
    _logger: Any, method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Report a log line, as a processor in front of all others."""
    if method in _TOLD and _is_on():
        error = event.get("exc_info")
        if isinstance(error, BaseException):
            error = (type(error), error, error.__traceback__)
        elif error is True:
            error = sys.exc_info()
        level = "fatal" if method in {"critical", "fatal"} else "error"
        _send(str(event.get("event")), level, error or None, event)
    return event


def _send(name: str, level: str, error: Any, fields: Mapping[str, Any]) -> None:
    from sentry_sdk import get_client, get_isolation_scope  # noqa: PLC0415
    from sentry_sdk.utils import event_from_exception  # noqa: PLC0415

    event: Any = {}
    hint: dict[str, Any] = {}
    if error and error[1] is not None:
        event, hint = event_from_exception(error, client_options=get_client().options)
    event |= {"level": level, "message": name, "extra": dict(fields)}
    get_isolation_scope().capture_event(event, hint=hint)


class _Gate:
    """Lets through to Sentry each error once, few of a kind, and nothing personal."""

    def __init__(self, process: str) -> None:
        self._process = process
        self._lock = threading.Lock()
        self._minute = 0
        self._passed: Counter[tuple[str, ...]] = Counter()

    def let_pass(self, event: Any, hint: dict[str, Any]) -> Any:
        """Return what may be sent of an event, or None to send nothing."""
        error = (hint.get("exc_info") or (None, None, None))[1]
        if error is not None and not _is_first(error):
            return None
        kept = _allowed(event, error, self._process)
        types = [one["type"] for one in kept.get("exception", {}).get("values", [])]
        return kept if self._is_open((kept["message"], *types)) else None

    def _is_open(self, kind: tuple[str, ...]) -> bool:
        minute = int(time.monotonic() / 60)
        with self._lock:
            if minute != self._minute:
                self._minute = minute
                self._passed.clear()
            self._passed[kind] += 1
            return self._passed[kind] <= _MOST_PER_MINUTE


def _is_first(error: BaseException) -> bool:
    if getattr(error, _MARK, False):
        return False
    # An exception that takes no attribute may be reported twice.
    with suppress(AttributeError):
        setattr(error, _MARK, True)
    return True


def _allowed(
    event: dict[str, Any], error: BaseException | None, process: str
) -> dict[str, Any]:
    """Build the event that may leave from one that may not."""
    kept = {name: event[name] for name in _KEPT if name in event}
    said, logger = event.get("message"), str(event.get("logger") or "")
    is_ours = isinstance(said, str) and _NAME.fullmatch(said)
    kept["message"] = said if is_ours else f"logged by {logger or 'somebody'}"
    kept["extra"] = _fields(event.get("extra") or {})
    codes = {
        "process": process,
        "sqlstate": getattr(error, "sqlstate", None) or getattr(error, "code", None),
        "thread": threading.current_thread().name,
    }
    kept["tags"] = _fields(codes, frozenset(codes))
    trace = str(structlog.contextvars.get_contextvars().get("trace_id"))
    if _TRACE.fullmatch(trace):
        kept["tags"]["trace_id"] = trace
    found = event.get("exception", {}).get("values", [])
    if found:
        kept["exception"] = {"values": [_exception(one) for one in found]}
    result: dict[str, Any] = redact(kept)
    return result


def _fields(
    found: Mapping[str, Any], names: frozenset[str] = _FIELDS
) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for name, value in found.items():
        text = str(value)
        if (
            name in names
            and value is not None
            and _CODE.fullmatch(text)
            and not _LONG_NUMBER.search(text)
        ):
            kept[name] = text
    return kept


def _exception(found: dict[str, Any]) -> dict[str, Any]:
    frames = (found.get("stacktrace") or {}).get("frames", [])
    return {
        "type": found.get("type"),
        "module": found.get("module"),
        "mechanism": {"type": "generic", "handled": True},
        # Only places in the code: the release tells which source they are in.
        "stacktrace": {
            "frames": [
                {name: frame[name] for name in _FRAME if name in frame}
                for frame in frames
            ]
        },
    }


def _checked_out(run: Callable[..., Any] = subprocess.run) -> str | None:
    """Return the commit of the checkout that this runs from, if there is one."""
    root = Path(__file__).resolve().parents[1]
    if not (root / ".git").exists():
        return None
    try:
        told = run(
            ["git", "describe", "--always", "--dirty", "--abbrev=12"],
            cwd=root,
            capture_output=True,
            text=True,
            timeout=5,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return str(told.stdout).strip() or None
