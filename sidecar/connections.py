"""HTTP connections that tell "never sent" from "no answer", and that end on time.

`requests` blurs two things an order depends on. A TLS error may come from the
handshake, before anything left, or from reading the answer to what did. And its timeout
bounds each read, not the whole answer, so that a server which sends one byte a minute
is never given up.
"""

from __future__ import annotations

import http.client
import io
import socket
import time
from contextlib import suppress
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError
from urllib3.util.ssl_match_hostname import CertificateError

_SLACK_SECONDS = 5.0  # the whole answer may take this much longer than one read
# What is read of a body that nobody reads, so that its connection can be used again.
_SKIPPED_BYTES = 64 * 1024


class Adapter(HTTPAdapter):
    """Raises `NewConnectionError` for a failed handshake, and bounds whole answers."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Build the pools of our own connections."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}


class StatusSession(requests.Session):
    """Asks whoever is told something and has nothing to say but that it was taken.

    Of the answer there is the status alone. A body that does not end is left behind: it
    is neither waited for nor kept. A redirect raises TooManyRedirects: what is told is
    not for the place that it leads to, and a page to log in is no yes.
    """

    def __init__(self) -> None:
        super().__init__()
        # Of the last answer; None while there is none.
        self.status: int | None = None
        for scheme in ("http://", "https://"):
            self.mount(scheme, Adapter())

    def send(self, request: requests.PreparedRequest, **how: Any) -> requests.Response:
        """Send a request; the answer has no body."""
        self.status = None
        answer = super().send(request, **(how | {"stream": True}))
        with suppress(HTTPError, OSError):
            answer.raw.read(_SKIPPED_BYTES, decode_content=False)
        answer.close()
        self.status = answer.status_code
        if 300 <= answer.status_code < 400:
            raise requests.TooManyRedirects(f"status {answer.status_code}")
        return answer

    def get_redirect_target(self, _resp: requests.Response) -> str | None:
        """Return no place to follow to: to look at one, the body would be read."""
        return None


class _Reader(io.RawIOBase):
    """Reads a socket, each time for no longer than the deadline leaves."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._raw = sock.makefile("rb", buffering=0)
        self._timeout = sock.gettimeout() or 0.0
        self._deadline = time.monotonic() + self._timeout + _SLACK_SECONDS

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer took too long")
        self._socket.settimeout(min(left, self._timeout))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self.fp = io.BufferedReader(_Reader(sock))


class _Connection(HTTPConnection):
    response_class = _Response


class _TlsConnection(HTTPSConnection):
    response_class = _Response

    def connect(self) -> None:
        try:
            super().connect()
        except ConnectTimeoutError:
            raise
        except (OSError, HTTPError, CertificateError) as error:
            raise NewConnectionError(self, f"no TLS connection: {error}") from error


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection
