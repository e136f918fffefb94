"""Wake-ups: hearing at once that there is work, where the connection allows it.

LISTEN belongs to one server session. A pooler in transaction mode takes the statement,
and the next moment the session serves another client: nothing fails, and nothing is
heard. So a listener sends itself a notification and checks that it arrives. A listener
that hears nothing says so in the log, with what to do; meanwhile work is found by
polling.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import psycopg
import structlog
from psycopg import sql

from sidecar.errors import EngineError
from sidecar.sessions import ENCODING, pin

_log = structlog.get_logger()
CHANNEL = "skylatch_calls"
DEAF = (
    "LISTEN hears nothing there: a pooler in transaction mode, or another database; set"
    " SKYLATCH_LISTEN_URL to an address that leads to the server itself, or to none;"
    " until then work is found once every SKYLATCH_POLL_SECONDS"
)
_PATIENCE_SECONDS = 5.0
_CALM_SECONDS = 0.05
_TRY_AGAIN_SECONDS = 600.0
# Notifies a channel from another session.
Notify = Callable[[str], object]


def wake_ups(url: str | None, notify: Notify, *, timeout: float) -> Iterator[None]:
    """Yield once for every wake-up, and at least every `timeout` seconds.

    Uses a connection of its own to `url` and reconnects for ever; a lost wake-up only
    costs the poll interval. Without a `url` nobody listens. Any login may notify as
    often as it likes: so after each wake-up comes a moment of rest, and all
    notifications meanwhile make one more wake-up, not thousands.
    """
    deaf_until = 0.0
    while True:
        if url is None or time.monotonic() < deaf_until:
            time.sleep(timeout)
            yield
            continue
        try:
            with connected(url) as connection:
                if not hears(connection, notify):
                    _log.warning("listen.deaf", hint=DEAF)
                    deaf_until = time.monotonic() + _TRY_AGAIN_SECONDS
                    continue
                _listen(connection, CHANNEL)
                yield
                while True:
                    for _ in connection.notifies(timeout=timeout, stop_after=1):
                        pass
                    yield
                    time.sleep(_CALM_SECONDS)
        except (psycopg.Error, EngineError):
            yield
            time.sleep(min(timeout, 1.0))


def connected(url: str) -> psycopg.Connection[Any]:
    """Return a session that may listen."""
    connection = psycopg.connect(url, autocommit=True, client_encoding=ENCODING)
    pin(connection)
    return connection


def hears(connection: psycopg.Connection[Any], notify: Notify) -> bool:
    """Tell whether a session hears what another session notifies."""
    # A channel of our own: nobody else is woken, and no other wake-up is heard.
    channel = f"skylatch_hears_{uuid4().hex}"
    _listen(connection, channel)
    notify(channel)
    if not list(connection.notifies(timeout=_PATIENCE_SECONDS, stop_after=1)):
        return False
    connection.execute(sql.SQL("unlisten {}").format(sql.Identifier(channel)))
    return True


def _listen(connection: psycopg.Connection[Any], channel: str) -> None:
    connection.execute(sql.SQL("listen {}").format(sql.Identifier(channel)))
