"""Duffel's API: one HTTP try for each request; returns an `Answer`, never raises."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import requests

from sidecar.http import SUCCESS, Http, NotReceivedError, Received
from sidecar.providers import Answer, word

# Decoded bytes of one response that are read: one object, or one page of a list.
_MOST_BYTES = 4 * 2**20
_MOST_PAGE_BYTES = 32 * 2**20
_PAGE = 200
# A longer list was not narrowed by the filter that was sent.
_MOST_PAGES = 50
_ID_HEADER = "x-request-id"


class Duffel:
    """Sends to one Duffel account; safe to use from many threads."""

    def __init__(self, base_url: str, token: str) -> None:
        self._base_url = base_url.rstrip("/")
        self._headers = {
            "Authorization": f"Bearer {token}",
            "Duffel-Version": "v2",
            "Accept": "application/json",
        }
        self._http = Http(self._base_url, id_header=_ID_HEADER)

    def new_session(self) -> requests.Session:
        """Return a session without a connection yet; the caller closes it."""
        return self._http.new_session()

    def send(
        self,
        method: str,
        path: str,
        *,
        correlation: str,
        seconds: float,
        deadline: float | None = None,
        query: dict[str, str] | None = None,
        data: dict[str, Any] | None = None,
        most_bytes: int = _MOST_BYTES,
        session: requests.Session | None = None,
    ) -> Answer:
        """Send one request; its bounds and sessions are those of `Http.send`."""
        try:
            received = self._http.send(
                method,
                self._base_url + path,
                headers={**self._headers, "x-client-correlation-id": correlation},
                seconds=seconds,
                deadline=deadline,
                most_bytes=most_bytes,
                session=session,
                params=query,
                json=None if data is None else {"data": data},
            )
        except NotReceivedError as error:
            return error.answer
        return Answer(
            http_status=received.status,
            body=received.body(),
            request_id=word(received.headers.get(_ID_HEADER)),
            retry_after=_seconds_to_reset(received),
        )

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

        All pages or none: a page that fails or cannot be read is the answer, and a list
        that does not end is 'too_large'.
        """
        rows: list[Any] = []
        query = {**query, "limit": str(_PAGE)}
        for _ in range(_MOST_PAGES):
            page = self.send(
                "GET",
                path,
                correlation=correlation,
                seconds=seconds,
                deadline=deadline,
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


def _read_page(body: Any) -> tuple[list[Any] | None, str | None]:
    """Return a page's rows and the next cursor; no rows for a body that is no page.

    The last page has an `after` of null. A page without `after` might not be the last.
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


def _seconds_to_reset(received: Received) -> float | None:
    """Return the seconds until the rate limit's window ends; None but for a 429."""
    if received.status != 429:
        return None
    try:
        reset = parsedate_to_datetime(received.headers["ratelimit-reset"])
    except (KeyError, ValueError):
        return None
    # An HTTP date is in GMT, though its parser takes "-0000" for no zone at all.
    reset = reset if reset.tzinfo else reset.replace(tzinfo=UTC)
    return max(0.0, (reset - datetime.now(UTC)).total_seconds())
