"""What airlines do to orders by themselves: move flights, drop them, cancel orders.

Nothing here happens by chance: ``POST /__sandbox/airline_changes`` and
``POST /__sandbox/airline_cancellations`` make it happen, and so does each read of the
changes of an order on LHR-LTN, as in Duffel's test mode. A cancellation has no event;
a change has none when ``"silent": true`` is said.
"""

from __future__ import annotations

import copy
import threading
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.sandbox.control import SandboxClock
from tests.sandbox.flights.errors import Problems, refusal
from tests.sandbox.flights.event_log import EventLog
from tests.sandbox.flights.gateway import Call, Reply
from tests.sandbox.flights.ids import IdFactory, timestamp
from tests.sandbox.flights.ledger import Ledger
from tests.sandbox.flights.order_book import Order, OrderBook
from tests.sandbox.flights.paging import page
from tests.sandbox.flights.special_routes import Special
from tests.sandbox.persistence import Rows, Tables

_ACTIONS = ("accepted", "cancelled", "changed")


class AirlineChanges:
    """Airline-initiated changes; only the newest of an order can be acted on."""

    def __init__(
        self,
        *,
        clock: SandboxClock,
        lock: threading.RLock,
        ids: IdFactory,
        book: OrderBook,
        ledger: Ledger,
        events: EventLog,
    ) -> None:
        self._clock = clock
        self._lock = lock
        self._ids = ids
        self._book = book
        self._ledger = ledger
        self._events = events
        self._changes: Rows[dict[str, Any]] = Rows()

    def move(self, order_id: str, *, minutes: int, silent: bool = False) -> str:
        """Move every flight of an order, `silent`: without a word; return its id."""
        with self._lock:
            order = self._book.get(order_id)
            moved = _moved(order.body["slices"], minutes)
            return self._change(order, moved, silent=silent)

    def drop(self, order_id: str) -> str:
        """Drop the flights of an order without others; return the change's id."""
        with self._lock:
            return self._change(self._book.get(order_id), [])

    def cancel(self, order_id: str, *, refund: Decimal | None) -> None:
        """Cancel an order as its airline would: no quote of ours, and no webhook.

        `refund` goes to the balance: None is the whole price.
        """
        with self._lock:
            order = self._book.get(order_id)
            if order.body["cancelled_at"] is not None:
                raise ValueError("the order is cancelled already")
            total = Decimal(order.body["total_amount"])
            paid = order.body["payment_status"]["paid_at"] is not None
            self._book.cancel(order, None)
            back = total if refund is None else refund
            if paid and back:
                self._ledger.move(
                    -back,
                    order.body["total_currency"],
                    order_id=order.id,
                    reason="refund",
                    at=self._clock.now(),
                )

    def list_all(self, call: Call) -> Reply:
        """``GET /air/airline_initiated_changes``, of one `order_id` or all."""
        wanted = call.query.get("order_id")
        with self._lock:
            if wanted is not None:
                order = self._book.visible(wanted)
                if order.special is Special.AIRLINE_MOVES_FLIGHT:
                    self._change(order, _moved(order.body["slices"], 60))
            found = [
                dict(one)
                for one in reversed(list(self._changes.values()))
                if wanted in (None, one["order_id"])
            ]
        chosen, meta = page(
            found,
            kind="airline_initiated_changes",
            query=call.query,
            id_of=lambda one: str(one["id"]),
        )
        return Reply(chosen, meta=meta)

    def accept(self, call: Call) -> Reply:
        """``POST /air/airline_initiated_changes/{id}/actions/accept``"""
        with self._lock:
            return self._act(call, "accepted", stale="accept")

    def update(self, call: Call) -> Reply:
        """``PATCH /air/airline_initiated_changes/{id}``: notes what was done."""
        action = call.data.get("action_taken")
        if action not in _ACTIONS:
            problems = Problems()
            problems.add("validation_inclusion", "action_taken", "is invalid")
            problems.raise_if_any()
        with self._lock:
            return self._act(call, str(action), stale="update")

    def _act(self, call: Call, action: str, *, stale: str) -> Reply:
        change = self._changes.get(call.path["id"])
        if change is None:
            raise refusal("not_found")
        newest = [
            one
            for one in self._changes.values()
            if one["order_id"] == change["order_id"]
        ][-1]
        if newest is not change:
            raise refusal(f"stale_airline_initiated_change_{stale}")
        if change["action_taken"] is not None:
            raise refusal("order_change_already_actioned")
        now = timestamp(self._clock.now())
        change.update(
            action_taken=action,
            action_taken_at=now,
            available_actions=[],
            updated_at=now,
        )
        self._show_on_order(self._book.get(change["order_id"]))
        return Reply(dict(change))

    def _change(
        self, order: Order, added: list[dict[str, Any]], *, silent: bool = False
    ) -> str:
        now = timestamp(self._clock.now())
        change = {
            "id": self._ids.new("aic"),
            "order_id": order.id,
            "added": added,
            "removed": order.body["slices"],
            "available_actions": ["accept", "cancel", "change"]
            if added
            else ["cancel", "change"],
            "action_taken": None,
            "action_taken_at": None,
            "travel_agent_ticket": None,
            "created_at": now,
            "updated_at": now,
        }
        self._changes[change["id"]] = change
        if added:
            order.body["slices"] = added
        self._show_on_order(order)
        if not silent:
            self._events.add(
                "order.airline_initiated_change_detected",
                {"order_id": order.id, "aic_id": change["id"]},
                key=str(change["id"]),
            )
        return str(change["id"])

    def _show_on_order(self, order: Order) -> None:
        order.body["airline_initiated_changes"] = [
            dict(one) for one in self._changes.values() if one["order_id"] == order.id
        ]

    @property
    def tables(self) -> Tables:
        """Everything, for the files."""
        return {"airline_changes": self._changes}


def _moved(slices: list[dict[str, Any]], minutes: int) -> list[dict[str, Any]]:
    """Return the slices later by so many minutes, in each airport's local time."""
    later = copy.deepcopy(slices)
    for segment in (segment for one in later for segment in one["segments"]):
        for name in ("departing_at", "arriving_at"):
            moment = datetime.fromisoformat(segment[name])
            segment[name] = (moment + timedelta(minutes=minutes)).isoformat()
    return later
