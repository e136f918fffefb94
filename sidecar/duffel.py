"""Duffel's transport, over plain `requests`: one HTTP try, one `Answer`, never a raise.

No retries, no redirects: what to do about a failure is decided in Postgres, which first
has to know whether the bytes left. `ConnectTimeout`, a refused connection and a failed
TLS handshake mean they did not (`sidecar.connections` tells the last from a TLS error
later on); everything else after that is "no answer".
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from urllib3.exceptions import NewConnectionError

from sidecar import tracing
from sidecar.config import is_loopback
from sidecar.connections import Adapter
from sidecar.providers import NO_ANSWER, NOT_SENT, Answer, word

SUCCESS = range(200, 300)
_CONNECT_SECONDS = 5.0
# Decoded bytes of one response that are read: one object, or one page of a list.
_MOST_BYTES = 4 * 2**20
_MOST_PAGE_BYTES = 32 * 2**20
_CHUNK = 2**16
_PAGE = 200
# More than this is not a list that a filter has narrowed.
_MOST_PAGES = 50


class Duffel:
    """Sends to one Duffel account; safe to use from many threads."""

    def __init__(self, base_url: str, token: str) -> None:
        self._base_url = base_url.rstrip("/")
        self._headers = {
            "Authorization": f"Bearer {token}",
            "Duffel-Version": "v2",
            "Accept": "application/json",
        }
        self._local = threading.local()

    def send(
        self,
        method: str,
        path: str,
        *,
        correlation: str,
        seconds: float,
        query: dict[str, str] | None = None,
        data: dict[str, Any] | None = None,
        most_bytes: int = _MOST_BYTES,
        session: requests.Session | None = None,
    ) -> Answer:
        """Send one request; `seconds` bounds each read of its answer.

        It goes over a connection that this thread keeps, unless `session` is given.
        """
        if session is None:
            session = getattr(self._local, "session", None)
            if session is None:
                session = self._local.session = self.new_session()
        try:
            response = session.request(
                method,
                self._base_url + path,
                params=query,
                json=None if data is None else {"data": data},
                headers={
                    "x-client-correlation-id": correlation,
                    **tracing.headers(),
                },
                timeout=(_CONNECT_SECONDS, seconds),
                allow_redirects=False,
                stream=True,
            )
        except requests.ConnectTimeout:
            return NOT_SENT
        except requests.ConnectionError as error:
            reason = getattr(error.args[0] if error.args else None, "reason", None)
            return NOT_SENT if isinstance(reason, NewConnectionError) else NO_ANSWER
        except requests.RequestException:
            return NO_ANSWER
        # Closing drops the connection of an answer that was not read to its end.
        with response:
            try:
                return _answer(response, most_bytes)
            except requests.RequestException:
                return NO_ANSWER

    def read_pages(
        self,
        path: str,
        query: dict[str, str],
        *,
        correlation: str,
        seconds: float,
        deadline: float,
        keep: Callable[[Any], Any] = lambda row: row,
    ) -> Answer:
        """Read every page of a list; the body is ``{"data": [keep(row), ...]}``.

        All of it or nothing: a page that fails or cannot be read is the answer. No page
        is asked for after `deadline` (monotonic seconds), and a list that does not end
        is 'too_large'.
        """
        rows: list[Any] = []
        query = {**query, "limit": str(_PAGE)}
        for _ in range(_MOST_PAGES):
            if time.monotonic() > deadline:
                return NO_ANSWER
            page = self.send(
                "GET",
                path,
                correlation=correlation,
                seconds=seconds,
                query=query,
                most_bytes=_MOST_PAGE_BYTES,
            )
            if page.http_status not in SUCCESS:
                return page
            found, after = _read_page(page.body)
            if found is None:
                return replace(page, body=None)
            rows.extend(keep(row) for row in found)
            if after is None:
                return replace(page, body={"data": rows})
            query["after"] = after
        return Answer(error_code="too_large", request_id=page.request_id)

    def new_session(self) -> requests.Session:
        """Return a session without a connection yet; the caller closes it."""
        session = requests.Session()
        session.mount("http://", Adapter())
        session.mount("https://", Adapter())
        session.headers.update(self._headers)
        # Ours as it is: a ~/.netrc would put its own credentials in its place.
        session.auth = lambda request: request
        # A proxy from the environment must not stand between us and a local sandbox.
        session.trust_env = not is_loopback(self._base_url)
        return session


def _answer(response: requests.Response, most_bytes: int) -> Answer:
    request_id = word(response.headers.get("x-request-id"))
    content = bytearray()
    for chunk in response.iter_content(_CHUNK):
        content += chunk
        if len(content) > most_bytes:
            return Answer(error_code="too_large", request_id=request_id)
    try:
        body = json.loads(bytes(content))
    except (ValueError, RecursionError):
        body = None
    return Answer(
        http_status=response.status_code,
        body=body,
        request_id=request_id,
        retry_after=_seconds_to_reset(response),
    )


def _read_page(body: Any) -> tuple[list[Any] | None, str | None]:
    """Return a page's rows and the next cursor; no rows for what is not a page.

    The last page says so: without its `after` there is no telling that it is the last.
    """
    if not isinstance(body, dict) or not isinstance(body.get("data"), list):
        return None, None
    meta = body.get("meta")
    if not isinstance(meta, dict) or "after" not in meta:
        return None, None
    after = meta["after"]
    if after is not None and not (isinstance(after, str) and after):
        return None, None
    return body["data"], after


def _seconds_to_reset(response: requests.Response) -> float | None:
    """Seconds until the rate limit's window ends; only a 429 asks to wait."""
    if response.status_code != 429:
        return None
    try:
        reset = parsedate_to_datetime(response.headers["ratelimit-reset"])
    except (KeyError, ValueError):
        return None
    # An HTTP date is in GMT, though its parser takes "-0000" for no zone at all.
    reset = reset if reset.tzinfo else reset.replace(tzinfo=UTC)
    return max(0.0, (reset - datetime.now(UTC)).total_seconds())
