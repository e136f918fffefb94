"""How both providers are reached: one try, bounded in bytes and in time.

No retries, no redirects: Postgres decides what to do about a failure, and has to know
first whether the bytes left. A connection that was refused, that timed out or whose TLS
handshake failed means that they did not; any later failure is "no answer".

`requests` blurs two differences that an order depends on. A TLS error may come from the
handshake, before anything left, or from reading the answer to bytes that left. And its
timeout bounds each read, not the whole answer, so that a server which sends one byte a
minute is never given up. `Adapter` mends both.
"""

from __future__ import annotations

import http.client
import io
import json
import socket
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError
from urllib3.util.ssl_match_hostname import CertificateError

from sidecar import tracing
from sidecar.providers import Answer, Transport, word
from sidecar.setting_types import is_loopback

SUCCESS = range(200, 300)
_CONNECT_SECONDS = 5.0
_SLACK_SECONDS = 5.0  # the whole answer may take this much longer than one read
_CHUNK_BYTES = 65_536
# How much of an unwanted body is read, so that its connection can be used again.
_SKIPPED_BYTES = 64 * 1024


class NotReceivedError(Exception):
    """There is no whole answer; `answer` says why, in the engine's words."""

    def __init__(self, why: Transport, request_id: str | None = None) -> None:
        super().__init__(why)
        self.answer = Answer(error_code=why, request_id=request_id)


@dataclass(frozen=True, slots=True)
class Received:
    """One whole answer, not interpreted yet."""

    status: int
    content: bytes
    headers: Mapping[str, str]

    def body(self) -> Any:
        """Return the content as JSON; None for content that is no JSON."""
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError):
            return None


class Http:
    """Sends to one provider; safe to use from many threads."""

    def __init__(self, base_url: str, *, id_header: str) -> None:
        """Send to `base_url`, whose answers name their request in `id_header`."""
        # A proxy from the environment must not stand between us and a local sandbox.
        self._trust_env = not is_loopback(base_url)
        self._id_header = id_header
        self._local = threading.local()

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        seconds: float,
        most_bytes: int,
        deadline: float | None = None,
        session: requests.Session | None = None,
        **what: Any,
    ) -> Received:
        """Send one request; raises NotReceivedError unless a whole answer came back.

        `seconds` bounds each read of the answer, `most_bytes` its decoded size. Nothing
        is sent after `deadline` (monotonic seconds), nor read for long after it. The
        request goes over a connection that this thread keeps, or over that of
        `session`.
        """
        if deadline is not None:
            left = deadline - time.monotonic()
            if left <= 0:
                raise NotReceivedError("no_answer")
            seconds = min(seconds, left)
        try:
            response = (session or self._session()).request(
                method,
                url,
                headers={**headers, **tracing.headers()},
                timeout=(min(_CONNECT_SECONDS, seconds), seconds),
                allow_redirects=False,
                stream=True,
                **what,
            )
        except requests.ConnectTimeout:
            raise NotReceivedError("not_sent") from None
        except requests.ConnectionError as error:
            reason = getattr(error.args[0] if error.args else None, "reason", None)
            never_left = isinstance(reason, NewConnectionError)
            why: Transport = "not_sent" if never_left else "no_answer"
            raise NotReceivedError(why) from None
        except (requests.RequestException, HTTPError, OSError, ValueError):
            raise NotReceivedError("no_answer") from None
        # Closing drops the connection of an answer that was not read to its end.
        with response:
            return self._read(response, most_bytes)

    def new_session(self) -> requests.Session:
        """Return a session without a connection yet; the caller closes it."""
        session = requests.Session()
        session.mount("http://", Adapter())
        session.mount("https://", Adapter())
        # Our own credentials: a ~/.netrc would put its own in their place.
        session.auth = lambda request: request
        session.trust_env = self._trust_env
        return session

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = self.new_session()
        return session

    def _read(self, response: requests.Response, most_bytes: int) -> Received:
        content = bytearray()
        try:
            for chunk in response.iter_content(_CHUNK_BYTES):
                content += chunk
                if len(content) > most_bytes:
                    request_id = word(response.headers.get(self._id_header))
                    raise NotReceivedError("too_large", request_id)
        except (requests.RequestException, HTTPError, OSError, ValueError):
            raise NotReceivedError("no_answer") from None
        return Received(response.status_code, bytes(content), response.headers)


class Adapter(HTTPAdapter):
    """Raises `NewConnectionError` for a failed handshake, and bounds whole answers."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Build the pools of our own connections."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}


class StatusSession(requests.Session):
    """Sends messages whose answer matters by its status alone.

    The body of an answer is neither waited for nor kept, however long it is. A redirect
    raises TooManyRedirects: the message is not for the place that the redirect leads
    to, and a login page does not mean that the message was taken.
    """

    def __init__(self) -> None:
        super().__init__()
        # The status of the last answer; None while there is none.
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
        """Return no redirect target: to look for one, the body would be read."""
        return None


class _Reader(io.RawIOBase):
    """Reads a socket, each time no longer than the deadline allows."""

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
