"""Calls of Stripe's SDK, turned into answers: one request, one object, or whole lists.

The SDK builds and signs the requests; what came back is taken as it came, so that no
defect of a provider's body can raise here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Any

from sidecar.payment_records import Cut, Record
from sidecar.payment_transport import NoAnswerError, TooLargeError, Transport
from sidecar.providers import NO_ANSWER, Answer

SUCCESS = range(200, 300)
_PAGE = 100
_MAX_PAGES = 100


class Calls:
    """Makes calls over one transport, each in a time of its own."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def ask(self, call: Callable[[], object]) -> Answer:
        """Make one request and return its answer word for word."""
        self._transport.begin()
        return self._try(call)

    def one(self, call: Callable[[], object], cut: Cut) -> Answer:
        """Ask for one object and keep what `cut` does."""
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
        except TooLargeError:
            return Answer(error_code="too_large")
        except NoAnswerError:
            return NO_ANSWER
        except Exception:
            # Whatever the SDK made of the answer: when there is one, it counts.
            if self._transport.received is None:
                raise
        received = self._transport.received
        return NO_ANSWER if received is None else received.answer()


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
