"""What was promised, held against the sandboxes' own truth in both directions.

Our tables are never their own judge: what Duffel and Stripe know decides, and
`engine.check_invariants` is asked beside it. Each line returned is a broken promise.
"""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

from tests.chaos.neighbour import NAME
from tests.chaos.travellers import Intents
from tests.factories import World

_ATTEMPTS = """
select
  a.id::text, a.trip_request_id::text as trip, a.state, a.status, a.order_id,
  a.agreed_amount, a.cap_amount, a.currency,
  engine.stripe_amount(a.agreed_amount, a.currency) as minor,
  coalesce(engine.stripe_amount(a.refund_amount, a.currency), 0) as refund_minor,
  exists (
    select from engine.review_cases as c
    where c.kind = 'ATTEMPT' and c.object_id = a.id::text and c.resolved_at is null
  ) as under_review,
  (
    select e.to_state from engine.booking_events as e
    where e.user_id = a.user_id and e.booking_attempt_id = a.id
      and e.to_state is not null
    order by e.id desc limit 1
  ) as told_state
from public.booking_attempts as a
"""
# What is promised of progress, and so not while nobody works.
_PROGRESS = {
    "a hold is decided before it lapses",
    "an attempt goes on or waits for a person",
    "an event is acted on",
}
_IDS = "select id::text from public.booking_attempts"
_FINAL = ("CONFIRMED", "FAILED", "CANCELLED")
_NO_MONEY = {"held": 0, "captured": 0, "refunded": 0, "intents": [], "holds": []}


def _attempt_of(thing: dict[str, Any]) -> str | None:
    """Return the attempt that asked for something; of half a request, nobody's."""
    found: str | None = (thing["metadata"] or {}).get("attempt_id")
    return found


class Truth:
    """One look at both providers and at our attempts; take it while nothing moves."""

    def __init__(
        self,
        world: World,
        *,
        throttled: Counter[str] | None = None,
        intents: Intents | None = None,
        neighbour: World | None = None,
    ) -> None:
        """Look; `throttled` counts orders that were told to come again.

        `intents` says for whom each booking began. What the attempts of a `neighbour`
        made is not counted; what nobody's attempt made is.
        """
        self._world = world
        self._throttled = throttled or Counter()
        self._intents = intents or Intents()
        self._intents.note(world.rows)
        self._name = world.value(NAME)
        flights, payments = world.flights.state(), world.payments.state()
        theirs = {row["id"] for row in neighbour.rows(_IDS)} if neighbour else set()

        def ours(things: list[dict[str, Any]]) -> list[dict[str, Any]]:
            return [one for one in things if _attempt_of(one) not in theirs]

        self.orders = ours(flights["orders"])
        self.sent = ours(flights["order_requests"])
        self.intents = ours(payments["payment_intents"])
        paid = {one["id"] for one in self.intents}
        self.money: dict[str, dict[str, Any]] = {
            attempt: money
            for attempt, money in payments["attempts"].items()
            if attempt not in theirs
        }
        self.refunds: list[dict[str, Any]] = [
            one for one in payments["refunds"] if one["payment_intent"] in paid
        ]
        self.defects: list[Any] = payments["defects"]
        self.attempts = {row["id"]: row for row in world.rows(_ATTEMPTS)}

    def of(self, attempt_id: str) -> dict[str, Any]:
        """Return the sums of an attempt's money, in minor units."""
        return self.money.get(attempt_id, _NO_MONEY)

    def live_orders(self, attempt_id: str) -> list[dict[str, Any]]:
        """Return the attempt's orders that are not cancelled."""
        return [
            order
            for order in self.orders
            if _attempt_of(order) == attempt_id and order["cancelled_at"] is None
        ]

    def broken(self, *, outage: bool = False) -> list[str]:
        """Return the promises that hold at every moment and do not.

        In an `outage` time passes and nobody works: of progress nothing is promised.
        """
        found = [f"sandbox defect: {defect}" for defect in self.defects]
        found += [
            f"invariant: {row}"
            for row in self._world.violations()
            if not outage or row["invariant"] not in _PROGRESS
        ]
        found += [
            f"not applied: {row}"
            for row in self._world.rows(
                "select reason, detail from engine.booking_events"
                " where reason like '%%could not be applied'"
            )
        ]
        found += self._double_orders() + self._double_holds() + self._strange()
        for attempt in self.attempts.values():
            found += [
                f"attempt {attempt['id']} ({attempt['state']}): {line}"
                for line in self._attempt(attempt)
            ]
        return found

    def loose_ends(self) -> list[str]:
        """Return what is still open when everything should have ended."""
        found = [
            f"attempt {a['id']} rests in {a['state']}, in review: {a['under_review']}"
            for a in self.attempts.values()
            if a["state"] not in _FINAL
            and not (a["state"] == "NEEDS_REVIEW" and a["under_review"])
        ]
        for attempt in self.attempts.values():
            if attempt["state"] in _FINAL and self.of(attempt["id"])["held"]:
                found.append(f"attempt {attempt['id']}: a hold is left")
        return found

    def summary(self) -> dict[str, Any]:
        """Return the numbers that are promised to be zero, and those around them."""
        reviewed = {a["id"] for a in self.attempts.values() if a["under_review"]}
        settled = {a["id"] for a in self.attempts.values() if a["state"] == "CONFIRMED"}
        made = Counter(map(_attempt_of, self.orders))
        live = Counter(
            _attempt_of(one) for one in self.orders if one["cancelled_at"] is None
        )
        trips = Counter(
            one["metadata"].get("trip_request_id")
            for one in self.orders
            if one["cancelled_at"] is None
        )
        held = {attempt for attempt, money in self.money.items() if money["held"]}
        return {
            "sagas": len(self.attempts),
            "orders": len(self.orders),
            "orders cancelled": len(self.orders) - live.total(),
            "double orders": sum(n - 1 for n in made.values())
            + sum(n - 1 for n in trips.values() if n > 1),
            "captured without an order": sum(
                1
                for a, money in self.money.items()
                if money["captured"] and a not in made
            ),
            "orders without capture or review": sum(
                n
                for a, n in live.items()
                if a not in reviewed
                and not (a in settled and self.of(str(a))["captured"])
            ),
            "authorizations left open": len(held - reviewed),
            "authorizations under review": len(held & reviewed),
            "captures": sum(1 for money in self.money.values() if money["captured"]),
            "refunds": len(self.refunds),
            "states": dict(Counter(a["state"] for a in self.attempts.values())),
        }

    def _double_orders(self) -> list[str]:
        made = Counter(map(_attempt_of, self.orders))
        live = Counter(
            one["metadata"].get("trip_request_id")
            for one in self.orders
            if one["cancelled_at"] is None
        )
        sent = Counter(map(_attempt_of, self.sent))
        sent -= self._throttled
        return [
            *(f"attempt {a}: {n} orders" for a, n in made.items() if n > 1),
            *(f"trip {t}: {n} live orders" for t, n in live.items() if n > 1),
            *(
                f"attempt {a}: an order was sent {n} times"
                for a, n in sent.items()
                if n > 1 and a is not None  # half a request names nobody
            ),
            *(
                f"order of an attempt nobody knows: {a}"
                for a in made
                if a not in self.attempts
            ),
        ]

    def _strange(self) -> list[str]:
        """Return orders for others than who was to fly, and names of others on ours."""
        swapped = [
            *((_attempt_of(one), self._intents.swapped(one)) for one in self.sent),
            *((_attempt_of(one), self._intents.swapped(one)) for one in self.orders),
        ]
        return [
            *(f"attempt {a}: {what}" for a, what in swapped if what is not None),
            *(
                f"attempt {_attempt_of(one)}: {one['id']} carries another's name"
                for one in (*self.orders, *self.intents)
                if one["metadata"].get("installation_id", self._name) != self._name
            ),
        ]

    def _double_holds(self) -> list[str]:
        holds = Counter(
            self.attempts[attempt_id]["trip"]
            for attempt_id, money in self.money.items()
            if money["held"] and attempt_id in self.attempts
        )
        return [f"trip {trip}: {n} holds" for trip, n in holds.items() if n > 1]

    def _attempt(self, attempt: dict[str, Any]) -> list[str]:
        money, live = self.of(attempt["id"]), self.live_orders(attempt["id"])
        ordered = any(_attempt_of(one) == attempt["id"] for one in self.orders)
        found = []
        if attempt["told_state"] != attempt["state"]:
            found.append(f"the last event says {attempt['told_state']}")
        if len(money["intents"]) > 1:
            found.append(f"{len(money['intents'])} payment intents")
        if money["captured"] and not ordered:
            found.append("captured without an order")
        if money["captured"] > attempt["minor"]:
            found.append("captured more than agreed")
        for order in live:
            if Decimal(order["total"]) > attempt["cap_amount"]:
                found.append(f"ordered for {order['total']}, above the limit")
        return found + self._end(attempt, live)

    def _end(self, attempt: dict[str, Any], live: list[dict[str, Any]]) -> list[str]:
        """Return what contradicts the state in which an attempt ended."""
        money, found = self.of(attempt["id"]), []
        if attempt["state"] == "CONFIRMED":
            if [order["id"] for order in live] != [attempt["order_id"]]:
                found.append(f"confirmed with the orders {live}")
            elif Decimal(live[0]["total"]) != attempt["agreed_amount"]:
                found.append(f"the order costs {live[0]['total']}")
            if (money["captured"], money["refunded"]) != (attempt["minor"], 0):
                found.append(f"confirmed with the money {money}")
        if attempt["state"] in ("FAILED", "CANCELLED") and live:
            found.append(f"ended beside the order {live[0]['id']}")
        if attempt["state"] == "FAILED" and (
            money["held"] or money["captured"] != money["refunded"]
        ):
            found.append(f"failed with the money {money}")
        if attempt["state"] == "CANCELLED" and (
            money["refunded"] != attempt["refund_minor"]
        ):
            found.append(f"cancelled with the money {money}")
        return found
