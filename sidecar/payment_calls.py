"""Calls of Stripe's SDK, turned into answers: one request, one object, or whole lists.

The SDK builds and signs the requests; the answers are taken as they came, so that no
defect of a provider's body can raise here. A call must end before its lease does,
however many pages it takes, so every call has one deadline for all of its requests.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import stripe

from sidecar.http import SUCCESS, Http, NotReceivedError, Received
from sidecar.payment_records import Cut, Record
from sidecar.providers import NO_ANSWER, Answer, word

# With the time to connect and the slack of `sidecar.http`, a call ends within its lease
# of 60 s (outward/create_payment.sql).
_CALL_SECONDS = 40.0
_READ_SECONDS = 30.0
# A page of a hundred events with whole objects is well below one megabyte.
_MAX_BYTES = 8 * 1024 * 1024
_PAGE = 100
_MAX_PAGES = 100
_ID_HEADER = "request-id"


class SdkTransport(stripe.HTTPClient):
    """Sends the SDK's requests, and keeps each thread's last answer."""

    name = "requests"

    def __init__(self, base_url: str) -> None:
        super().__init__()
        self._http = Http(base_url, id_header=_ID_HEADER)
        self._local = threading.local()

    def begin(self) -> None:
        """Start the time of a call, whose requests come from this thread."""
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
        """Send one request; raises NotReceivedError for anything but an answer."""
        self._local.received = None
        received = self._local.received = self._http.send(
            method,
            url,
            headers=headers or {},
            seconds=_READ_SECONDS,
            deadline=self._local.deadline,
            most_bytes=_MAX_BYTES,
            data=post_data,
            verify=stripe.ca_bundle_path,
        )
        text = received.content.decode(errors="replace")
        return text, received.status, received.headers

    def close(self) -> None:
        """Do nothing: a thread's connection ends with it."""


class Calls:
    """Makes calls over one transport, each with a deadline of its own."""

    def __init__(self, transport: SdkTransport) -> None:
        self._transport = transport

    def ask(self, call: Callable[[], object]) -> Answer:
        """Make one request and return its answer word for word."""
        self._transport.begin()
        return self._try(call)

    def secret(self, call: Callable[[], object]) -> str | None:
        """Return the client secret of what is asked for: it is in no answer."""
        self._transport.begin()
        self._try(call)
        received = self._transport.received
        if received is None or received.status not in SUCCESS:
            return None
        body = received.body()
        found = body.get("client_secret") if isinstance(body, dict) else None
        return found if isinstance(found, str) else None

    def one(self, call: Callable[[], object], cut: Cut) -> Answer:
        """Ask for one object and keep what `cut` keeps of it."""
        answer = self.ask(call)
        if answer.http_status not in SUCCESS or answer.body is None:
            return answer
        return replace(answer, body=cut(answer.body))

    def every(
        self,
        name: str,
        listed: Callable[..., object],
        questions: Iterable[dict[str, Any]],
        cut: Cut,
    ) -> Answer:
        """Return ``{name: rows}``: every page of every question, in one call's time.

        Half a list never looks like a whole one: the first page that fails is the
        answer, and a list without an end is too large.
        """
        self._transport.begin()
        rows: list[Record] = []
        answer = NO_ANSWER
        for question in questions:
            cursor: dict[str, Any] = {"limit": _PAGE}
            for _ in range(_MAX_PAGES):
                answer = self._try(partial(listed, {**question, **cursor}))
                if answer.http_status not in SUCCESS:
                    return answer
                page = _rows(answer.body)
                if page is None:
                    return Answer(error_code="unreadable", request_id=answer.request_id)
                rows += map(cut, page)
                if not answer.body["has_more"]:
                    break
                cursor["starting_after"] = page[-1]["id"]
            else:
                return Answer(error_code="too_large", request_id=answer.request_id)
        return replace(answer, body={name: rows})

    def _try(self, call: Callable[[], object]) -> Answer:
        try:
            call()
        except NotReceivedError as error:
            return error.answer
        except Exception:
            # If there is an answer, the answer counts, whatever the SDK made of it.
            if self._transport.received is None:
                raise
        received = self._transport.received
        return NO_ANSWER if received is None else _answer(received)


def _answer(received: Received) -> Answer:
    """Return an answer word for word; its body is None unless it is an object.

    But for client secrets: an answer goes to the database.
    """
    body = received.body()
    error = body.get("error") if isinstance(body, dict) else None
    intent = error.get("payment_intent") if isinstance(error, dict) else None
    for each in (body, intent):
        if isinstance(each, dict):
            each.pop("client_secret", None)
    return Answer(
        http_status=received.status,
        body=body if isinstance(body, dict) else None,
        request_id=word(received.headers.get(_ID_HEADER)),
        retry_after=_retry_after(received),
    )


def _retry_after(received: Received) -> float | None:
    try:
        seconds = float(received.headers.get("retry-after", ""))
    except ValueError:
        return None
    refused = received.status >= 400 and math.isfinite(seconds) and seconds >= 0
    return seconds if refused else None


def _rows(body: Any) -> list[Record] | None:
    """Return the rows of a page, or None unless it is one that can be read."""
    if not isinstance(body, dict):
        return None
    rows, more = body.get("data"), body.get("has_more")
    if not isinstance(rows, list) or not isinstance(more, bool) or (more and not rows):
        return None
    sound = all(
        isinstance(row, dict)
        and isinstance(row.get("id"), str)
        and isinstance(row.get("created"), int)
        for row in rows
    )
    return rows if sound else None
