"""How Stripe's SDK reaches the network: one try, in time, and no more than fits.

The SDK's own client bounds each read, not the whole answer, and reads whatever comes.
A call must end before its lease does, however many pages it takes, so every call has
one deadline that all of its requests share.
"""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests
import stripe
from urllib3.exceptions import HTTPError

from sidecar import tracing
from sidecar.config import is_loopback
from sidecar.connections import Adapter
from sidecar.providers import Answer, word

# With the time to connect and the slack of `sidecar.connections`, a call ends within
# its lease of 60 s (outward/create_payment.sql).
_CALL_SECONDS = 40.0
_CONNECT_SECONDS = 3.05
_READ_SECONDS = 30.0
# A page of a hundred events with whole objects in them has well below one megabyte.
_MAX_BYTES = 8 * 1024 * 1024
_CHUNK_BYTES = 65_536


class NoAnswerError(stripe.APIConnectionError):
    """The request may have left, and no answer came back in time."""

    def __init__(self, message: str) -> None:
        super().__init__(message)  # type: ignore[no-untyped-call]


class TooLargeError(NoAnswerError):
    """The answer has more bytes than any sound one."""


@dataclass(frozen=True, slots=True)
class Received:
    """What came back, before the SDK made anything of it."""

    status: int
    content: bytes
    headers: Mapping[str, str]

    def answer(self) -> Answer:
        """Return it word for word; the body is None unless it is a JSON object."""
        try:
            body = json.loads(self.content)
        except (ValueError, RecursionError):
            body = None
        return Answer(
            http_status=self.status,
            body=body if isinstance(body, dict) else None,
            request_id=word(self.headers.get("request-id")),
            retry_after=self._retry_after(),
        )

    def _retry_after(self) -> float | None:
        try:
            seconds = float(self.headers.get("retry-after", ""))
        except ValueError:
            return None
        refused = self.status >= 400 and math.isfinite(seconds) and seconds >= 0
        return seconds if refused else None


class Transport(stripe.HTTPClient):
    """Sends the SDK's requests; a session and a deadline for each thread."""

    name = "requests"

    def __init__(self, base_url: str) -> None:
        super().__init__()
        # A proxy from the environment must not stand before a local sandbox.
        self._trust_env = not is_loopback(base_url)
        self._local = threading.local()

    def begin(self) -> None:
        """Start the time of a call; its requests come from this thread."""
        self._local.deadline = time.monotonic() + _CALL_SECONDS
        self._local.received = None

    @property
    def received(self) -> Received | None:
        """The answer to this thread's last request, if there was one."""
        found: Received | None = self._local.received
        return found

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        """Send one request; raises NoAnswerError for anything but an answer."""
        self._local.received = None
        left = self._local.deadline - time.monotonic()
        if left <= 0:
            raise NoAnswerError("no time is left for this call")
        try:
            with self._session().request(
                method,
                url,
                headers={**(headers or {}), **tracing.headers()},
                data=post_data,
                timeout=(min(left, _CONNECT_SECONDS), min(left, _READ_SECONDS)),
                verify=stripe.ca_bundle_path,
                allow_redirects=False,
                stream=True,
            ) as response:
                content = _read(response)
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            raise NoAnswerError(f"no answer: {error}") from error
        received = Received(response.status_code, content, response.headers)
        self._local.received = received
        return content.decode(errors="replace"), received.status, received.headers

    def close(self) -> None:
        """Close this thread's connections."""
        session = getattr(self._local, "session", None)
        if session is not None:
            session.close()

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = requests.Session()
            session.mount("http://", Adapter())
            session.mount("https://", Adapter())
            session.trust_env = self._trust_env
            # Ours as it is: a ~/.netrc would put its own credentials in its place.
            session.auth = lambda request: request
        return session


def _read(response: requests.Response) -> bytes:
    content = bytearray()
    for chunk in response.iter_content(_CHUNK_BYTES):
        content += chunk
        if len(content) > _MAX_BYTES:
            raise TooLargeError(f"more than {_MAX_BYTES} bytes")
    return bytes(content)
