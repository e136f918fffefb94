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
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError
from urllib3.util.ssl_match_hostname import CertificateError

_SLACK_SECONDS = 5.0  # the whole answer may take this much longer than one read


class Adapter(HTTPAdapter):
    """Raises `NewConnectionError` for a failed handshake, and bounds whole answers."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Build the pools of our own connections."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}


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
