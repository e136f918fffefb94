"""The server below the HTTP endpoint, with a limit on everything that could last.

uvicorn bounds how long an idle connection stays, and not how long a request's head may
take. A client that sends one byte a minute, or nothing, would hold its connection for
ever, and enough such clients would hold all connections.
"""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from sidecar.errors import SetupError
from sidecar.waiting_room import Place, WaitingRoom, source_of

_HEAD_SECONDS = 5.0
_MAX_HEAD_BYTES = 16 * 1024
# Below the 1,024 files that a process may usually have open.
_MAX_CONNECTIONS = 512
_MAX_WAITING = 256


def check_address(host: str, port: int, *, what: str, setting: str) -> None:
    """Raise SetupError when `what` could not listen there, where `setting` put it.

    uvicorn only logs it, and ends the process.
    """
    try:
        for family, kind, protocol, _, address in socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        ):
            with socket.socket(family, kind, protocol) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                probe.bind(address)
    except OSError as error:
        raise SetupError(
            f"{what} did not start on port {port} of {host}: {error.strerror}: stop"
            f" what listens there, or set another {setting}"
        ) from None


def server_config(app: ASGIApp, *, host: str, port: int) -> uvicorn.Config:
    """Return the configuration that `serve` runs with."""
    room = WaitingRoom(_MAX_WAITING)

    class Protocol(_Impatient):
        waiting_room = room

    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http=Protocol,
        ws="none",
        # uvicorn's warnings go where ours go, in the same form.
        log_config=None,
        access_log=False,
        server_header=False,
        # The caller is the connected address, whatever the request's headers say.
        proxy_headers=False,
        h11_max_incomplete_event_size=_MAX_HEAD_BYTES,
        limit_concurrency=_MAX_CONNECTIONS,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=10,
    )


class _Impatient(H11Protocol):
    """Hangs up on connections from which no whole head of a request comes.

    A connection waits from its beginning to its first head, and from each answer to the
    next head. While it waits it has a place in the waiting room, and a deadline.
    """

    waiting_room: WaitingRoom
    _place: Place | None = None
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Begin to wait for the first head."""
        super().connection_made(transport)
        self._wait_or_not()

    def data_received(self, data: bytes) -> None:
        """Stop waiting when the head is whole."""
        super().data_received(data)
        self._wait_or_not()

    def on_response_complete(self) -> None:
        """Begin to wait for the next head."""
        super().on_response_complete()
        self._wait_or_not()

    def connection_lost(self, exc: Exception | None) -> None:
        """Give the place back."""
        super().connection_lost(exc)
        self._stop_waiting()

    def _wait_or_not(self) -> None:
        if self.conn.their_state is not h11.IDLE or self.transport.is_closing():
            self._stop_waiting()
        elif self._place is None:
            source = source_of(self.client[0] if self.client else None)
            self._deadline = self.loop.call_later(_HEAD_SECONDS, self._hang_up)
            self._place = self.waiting_room.enter(source, self._hang_up)

    def _stop_waiting(self) -> None:
        if self._place is not None:
            self.waiting_room.leave(self._place)
            self._place = None
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _hang_up(self) -> None:
        self._stop_waiting()
        if not self.transport.is_closing():
            self.transport.close()
