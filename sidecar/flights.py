"""Duffel, over plain `requests`: one method per operation, one HTTP try each.

No retries, no redirects: what to do about a failure is decided in Postgres, which first
has to know whether the bytes left. `ConnectTimeout`, a refused connection and a failed
TLS handshake mean they did not (`sidecar.connections` tells the last from a TLS error
later on); everything else after that is "no answer".
Source of the shapes: Duffel API v2 ("making requests", "response handling").
"""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from urllib3.exceptions import NewConnectionError

from sidecar.config import is_loopback
from sidecar.connections import Adapter
from sidecar.providers import NO_ANSWER, NOT_SENT, Answer

_CONNECT_SECONDS = 5.0
# Duffel may take 120 s for an order; a search waits for its suppliers, 20 s.
_READ_SECONDS = {"search": 60.0, "get_offer": 60.0, "create_order": 135.0}
_PAGE = 200
# No page is asked for after this: with one slow page more, a search still ends within
# its lease of 180 s (provider_calls/operations.sql).
_SEARCH_SECONDS = 110.0
_SUPPLIER_MILLISECONDS = 20_000
_SUCCESS = range(200, 300)


class Flights:
    """Client of one Duffel account; safe to use from many threads."""

    def __init__(self, base_url: str, token: str) -> None:
        self._base_url = base_url.rstrip("/")
        self._headers = {
            "Authorization": f"Bearer {token}",
            "Duffel-Version": "v2",
            "Accept": "application/json",
        }
        self._local = threading.local()

    def search(self, request: dict[str, Any], correlation: str) -> Answer:
        """Create an offer request and read all pages of its offers.

        The answer's body is ``{"offer_request": {"id"}, "offers": [...]}``; the first
        page or request that fails is the answer otherwise.
        """
        deadline = time.monotonic() + _SEARCH_SECONDS
        created = self._send(
            "search",
            "POST",
            "/air/offer_requests",
            correlation=correlation,
            query={
                "return_offers": "false",
                "supplier_timeout": str(_SUPPLIER_MILLISECONDS),
            },
            data=request,
        )
        offer_request = _data(created)
        if created.http_status not in _SUCCESS or offer_request is None:
            return created
        offers: list[Any] = []
        query = {"offer_request_id": str(offer_request["id"]), "limit": str(_PAGE)}
        while True:
            if time.monotonic() > deadline:
                return NO_ANSWER
            page = self._send(
                "search", "GET", "/air/offers", correlation=correlation, query=query
            )
            if page.http_status not in _SUCCESS or not isinstance(page.body, dict):
                return page
            offers.extend(page.body.get("data") or [])
            after = (page.body.get("meta") or {}).get("after")
            if not after:
                break
            query["after"] = after
        return Answer(
            http_status=created.http_status,
            # Only the id: the rest repeats the offers, or is a secret (client_key).
            body={"offer_request": {"id": offer_request["id"]}, "offers": offers},
            request_id=created.request_id,
        )

    def get_offer(self, offer_id: str, correlation: str) -> Answer:
        """Read one offer live: the airline is asked, the price may have moved."""
        return self._send(
            "get_offer", "GET", f"/air/offers/{offer_id}", correlation=correlation
        )

    def create_order(self, request: dict[str, Any], correlation: str) -> Answer:
        """Order, exactly once: on a connection of its own.

        A pooled connection that the server has just closed would look like an order
        whose answer was lost.
        """
        with self._session() as session:
            return self._send(
                "create_order",
                "POST",
                "/air/orders",
                correlation=correlation,
                data=request,
                session=session,
            )

    def reachable(self) -> Answer:
        """Make one harmless read."""
        return self._send(
            "get_offer",
            "GET",
            "/air/airlines",
            correlation="check",
            query={"limit": "1"},
        )

    def _session(self) -> requests.Session:
        session = requests.Session()
        session.mount("http://", Adapter())
        session.mount("https://", Adapter())
        session.headers.update(self._headers)
        # Ours as it is: a ~/.netrc would put its own credentials in its place.
        session.auth = lambda request: request
        # A proxy from the environment must not stand between us and a local sandbox.
        session.trust_env = not is_loopback(self._base_url)
        return session

    def _send(
        self,
        operation: str,
        method: str,
        path: str,
        *,
        correlation: str,
        query: dict[str, str] | None = None,
        data: dict[str, Any] | None = None,
        session: requests.Session | None = None,
    ) -> Answer:
        if session is None:
            session = getattr(self._local, "session", None)
            if session is None:
                session = self._local.session = self._session()
        try:
            response = session.request(
                method,
                self._base_url + path,
                params=query,
                json=None if data is None else {"data": data},
                headers={"x-client-correlation-id": correlation},
                timeout=(_CONNECT_SECONDS, _READ_SECONDS[operation]),
                allow_redirects=False,
            )
        except requests.ConnectTimeout:
            return NOT_SENT
        except requests.ConnectionError as error:
            reason = getattr(error.args[0] if error.args else None, "reason", None)
            return NOT_SENT if isinstance(reason, NewConnectionError) else NO_ANSWER
        except requests.RequestException:
            return NO_ANSWER
        return _answer(response)


def _answer(response: requests.Response) -> Answer:
    try:
        body = response.json()
    except ValueError:
        body = None
    return Answer(
        http_status=response.status_code,
        body=body,
        request_id=response.headers.get("x-request-id"),
        retry_after=_seconds_to_reset(response),
    )


def _data(answer: Answer) -> dict[str, Any] | None:
    data = answer.body.get("data") if isinstance(answer.body, dict) else None
    return data if isinstance(data, dict) and "id" in data else None


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
