"""How `POST /air/orders` ends beside the plain way: what it answers, what comes of it.

The answer and the order are two things. A status says nothing certain about whether
there is an order, when it can be read, or whether a webhook tells of it; the documented
test routes are such outcomes, and the control endpoint arms more, for any route:

``POST /__sandbox/order_outcomes`` ``{"status": 202, "order": "created",
"after_seconds": 60}``. A status of 400 or more has the usual envelope with `code`, or,
with ``"envelope": false``, the body that a proxy in between would send.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from tests.sandbox.flights.errors import ApiError, refusal
from tests.sandbox.flights.gateway import Reply
from tests.sandbox.flights.special_routes import Special

_DEFAULT_CODES = {
    500: "internal_server_error",
    502: "airline_unknown",
    503: "service_unavailable",
    504: "gateway_timeout_error",
}


@dataclass(slots=True)
class OrderOutcome:
    """One armed outcome of an order that passed every check.

    `order`: "created"; "failed", with `order.creation_failed`; or "none", as if never
    asked for. `after_seconds` is sandbox time until it can be read, or has failed.
    `route` ("LHR-JFK", as searched) and `attempt_id` (metadata) narrow what it is for.
    """

    status: int = 201
    order: Literal["created", "failed", "none"] = "created"
    after_seconds: float = 0.0
    event: bool = True
    code: str | None = None
    envelope: bool = True
    route: str | None = None
    attempt_id: str | None = None
    times: int = 1

    def __post_init__(self) -> None:
        """Raise ValueError for what cannot be: a 201 shows the order."""
        if self.order not in ("created", "failed", "none"):
            raise ValueError(f"unknown end of an order: {self.order}")
        if self.status == 201 and (self.order != "created" or self.after_seconds):
            raise ValueError("201 is an order that is there")
        if self.status not in (200, 201, 202) and not 400 <= self.status < 600:
            raise ValueError(f"not a status of an order: {self.status}")
        if self.status >= 400 and self.envelope:
            self._refusal()  # a code that is not known is found out here

    def reply(self, order: Callable[[], dict[str, Any]]) -> Reply:
        """Return the answer, or raise it when it is an error."""
        if self.status == 201:
            return Reply(order(), 201)
        if self.status == 200:
            return Reply(None, 200)
        if self.status == 202 or not self.envelope:
            return Reply(None, self.status, empty=True)
        raise self._refusal()

    def _refusal(self) -> ApiError:
        code = self.code or _DEFAULT_CODES.get(self.status)
        if code is None:
            raise ValueError(f"{self.status} needs a code")
        error = refusal(code)
        return ApiError(self.status, error.errors)


PLAIN = OrderOutcome()
# In sandbox seconds. Duffel documents "about 30 s" and "within the hour".
_OF_ROUTES = {
    Special.BOOKED_ANSWERS_200: OrderOutcome(status=200, after_seconds=30),
    Special.ACCEPTED_ANSWERS_202: OrderOutcome(status=202, after_seconds=1800),
    Special.ACCEPTED_THEN_FAILS: OrderOutcome(
        status=202, order="failed", after_seconds=30
    ),
}


class OrderOutcomes:
    """Armed outcomes, first come first served. Not locked by itself: callers are."""

    def __init__(self) -> None:
        self._armed: list[OrderOutcome] = []

    def arm(self, outcome: OrderOutcome) -> None:
        """Add an outcome behind those already armed."""
        self._armed.append(outcome)

    def clear(self) -> None:
        """Forget every armed outcome."""
        self._armed.clear()

    def take(
        self, *, routes: set[str], attempt_id: str | None, special: Special | None
    ) -> OrderOutcome:
        """Return the outcome for one order and count it down."""
        for outcome in self._armed:
            on_route = outcome.route is None or outcome.route in routes
            if on_route and outcome.attempt_id in (None, attempt_id):
                outcome.times -= 1
                if outcome.times <= 0:
                    self._armed.remove(outcome)
                return outcome
        return _OF_ROUTES.get(special, PLAIN) if special else PLAIN
