"""Duffel's operations: one method each, one HTTP try per request (`sidecar.duffel`).

This module decides nothing: Postgres decides which order is ours, and whether an empty
list means that there is none. Orders come back without their travellers
(`sidecar.order_facts`).
Source of the shapes: Duffel API v2 ("making requests", "response handling").
"""

from __future__ import annotations

import re
import time
from dataclasses import replace
from typing import Any

from sidecar.duffel import Duffel
from sidecar.events import Event, cut_event
from sidecar.http import SUCCESS
from sidecar.order_facts import order_facts
from sidecar.providers import NOT_SENT, Answer

# Duffel may take 120 s for an order; a search waits for its suppliers, 20 s. A
# cancellation waits for the airline too, but unlike an order it may be repeated.
_READ_SECONDS = {"read": 60.0, "create_order": 135.0, "cancel": 60.0}
# All pages of one list together may take this long: with the time to connect and the
# slack of `sidecar.http` the call ends within a lease of 180 s (outward/search.sql).
_PAGES_SECONDS = 165.0
_SUPPLIER_MILLISECONDS = 20_000
# Ids are opaque, but part of a path: "" would name the list, and ".." something else.
_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")


class Flights:
    """Client of one Duffel account; safe to use from many threads."""

    def __init__(self, base_url: str, token: str) -> None:
        self._duffel = Duffel(base_url, token)

    def search(self, request: dict[str, Any], correlation: str) -> Answer:
        """Create an offer request and read all pages of its offers.

        The answer's body is ``{"offer_request": {"id"}, "offers": [...]}``; the first
        page or request that fails is the answer otherwise.
        """
        deadline = time.monotonic() + _PAGES_SECONDS
        created = self._duffel.send(
            "POST",
            "/air/offer_requests",
            correlation=correlation,
            seconds=_READ_SECONDS["read"],
            query={
                "return_offers": "false",
                "supplier_timeout": str(_SUPPLIER_MILLISECONDS),
            },
            data=request,
        )
        offer_request = _data(created)
        if created.http_status not in SUCCESS or offer_request is None:
            return created
        found = self._read_pages(
            "/air/offers",
            {"offer_request_id": str(offer_request["id"])},
            correlation,
            deadline=deadline,
        )
        if not _is_whole(found):
            return found
        return replace(
            created,
            # Only the id is kept: the rest repeats the offers, or is a secret
            # (client_key).
            body={
                "offer_request": {"id": offer_request["id"]},
                "offers": found.body["data"],
            },
        )

    def get_offer(self, offer_id: str, correlation: str) -> Answer:
        """Read one offer live: the airline is asked, the price may have moved."""
        return self._read_one("/air/offers/", offer_id, correlation)

    def create_order(self, request: dict[str, Any], correlation: str) -> Answer:
        """Order, exactly once; the body is ``{"data": {...}}`` without travellers.

        The order goes over a connection of its own: a pooled connection that the server
        has just closed would look like an order whose answer was lost.
        """
        with self._duffel.new_session() as session:
            answer = self._duffel.send(
                "POST",
                "/air/orders",
                correlation=correlation,
                seconds=_READ_SECONDS["create_order"],
                data=request,
                session=session,
            )
        return _without_travellers(answer)

    def find_orders(
        self, offer_id: str, order_id: str | None, correlation: str
    ) -> Answer:
        """Read every order of an offer, and with a hint the order it names.

        The body is ``{"orders": [...], "searched": {"offer_id", "order_id"}}``. Rows
        are not filtered: a filter that Duffel ignores shows as orders of other offers.
        That no order is found for the hint is no failure, because the order may appear
        later.
        """
        if not _is_id(offer_id) or (order_id is not None and not _is_id(order_id)):
            return NOT_SENT
        deadline = time.monotonic() + _PAGES_SECONDS
        orders: dict[str, Any] = {}
        if order_id is not None:
            hinted = self.get_order(order_id, correlation)
            if hinted.http_status in SUCCESS and _data(hinted) is not None:
                orders[hinted.body["data"]["id"]] = hinted.body["data"]
            elif hinted.http_status in SUCCESS:
                return replace(hinted, body=None)
            elif hinted.http_status != 404:
                return hinted
        return self._list_orders(
            {"offer_id": offer_id},
            correlation,
            deadline=deadline,
            known=orders,
            searched={"offer_id": offer_id, "order_id": order_id},
        )

    def list_orders(self, created_after: str, correlation: str) -> Answer:
        """Read every order created after an ISO 8601 moment.

        The body is like `find_orders`'s; its `searched` is ``{"created_after"}``.
        """
        if not created_after:
            return NOT_SENT
        return self._list_orders(
            {"created_at[after]": created_after},
            correlation,
            deadline=time.monotonic() + _PAGES_SECONDS,
            known={},
            searched={"created_after": created_after},
        )

    def get_order(self, order_id: str, correlation: str) -> Answer:
        """Read one order; the body is ``{"data": {...}}`` without travellers."""
        return _without_travellers(
            self._read_one("/air/orders/", order_id, correlation)
        )

    def quote_cancellation(self, order_id: str, correlation: str) -> Answer:
        """Ask what cancelling an order would return; this cancels nothing.

        Only the newest quote of an order can be confirmed.
        """
        if not _is_id(order_id):
            return NOT_SENT
        return self._duffel.send(
            "POST",
            "/air/order_cancellations",
            correlation=correlation,
            seconds=_READ_SECONDS["cancel"],
            data={"order_id": order_id},
        )

    def confirm_cancellation(self, cancellation_id: str, correlation: str) -> Answer:
        """Cancel an order at a quote's terms; a second confirmation is refused."""
        if not _is_id(cancellation_id):
            return NOT_SENT
        return self._duffel.send(
            "POST",
            f"/air/order_cancellations/{cancellation_id}/actions/confirm",
            correlation=correlation,
            seconds=_READ_SECONDS["cancel"],
        )

    def list_events(
        self, created_after: str, correlation: str, *, created_before: str | None = None
    ) -> Answer:
        """Read every webhook event of a period, delivered or not.

        The period is after one ISO 8601 moment and, where given, before another. The
        body is ``{"events": [...]}``, each cut like a callback's (`sidecar.events`).
        """
        if not created_after:
            return NOT_SENT
        found = self._read_pages(
            "/air/webhooks/events",
            {
                "created_at[after]": created_after,
                **({"created_at[before]": created_before} if created_before else {}),
            },
            correlation,
            deadline=time.monotonic() + _PAGES_SECONDS,
            keep=_cut_listed,
        )
        if not _is_whole(found):
            return found
        rows = found.body["data"]
        if None in rows:
            return replace(found, body=None)
        events = [event for event in rows if event]
        return replace(found, http_status=200, body={"events": events})

    def reachable(self) -> Answer:
        """Make one harmless read."""
        return self._duffel.send(
            "GET",
            "/air/airlines",
            correlation="check",
            seconds=_READ_SECONDS["read"],
            query={"limit": "1"},
        )

    def _list_orders(
        self,
        query: dict[str, str],
        correlation: str,
        *,
        deadline: float,
        known: dict[str, Any],
        searched: dict[str, Any],
    ) -> Answer:
        found = self._read_pages(
            "/air/orders", query, correlation, deadline=deadline, keep=order_facts
        )
        if not _is_whole(found):
            return found
        rows = found.body["data"]
        if not all(_has_id(order) for order in rows):
            return replace(found, body=None)
        # An order that is read by itself is as fresh as in a list, or fresher.
        orders = {**{order["id"]: order for order in rows}, **known}
        body = {"orders": list(orders.values()), "searched": searched}
        return replace(found, http_status=200, body=body)

    def _read_one(self, collection: str, object_id: str, correlation: str) -> Answer:
        if not _is_id(object_id):
            return NOT_SENT
        return self._duffel.send(
            "GET",
            collection + object_id,
            correlation=correlation,
            seconds=_READ_SECONDS["read"],
        )

    def _read_pages(
        self, path: str, query: dict[str, str], correlation: str, **how: Any
    ) -> Answer:
        return self._duffel.read_pages(
            path, query, correlation=correlation, seconds=_READ_SECONDS["read"], **how
        )


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def _has_id(row: Any) -> bool:
    return isinstance(row, dict) and isinstance(row.get("id"), str)


def _cut_listed(row: Any) -> Event | None:
    """Return an event, `{}` for one that is none of ours; None for no row of a list."""
    return (cut_event("duffel", row) or {}) if _has_id(row) else None


def _is_whole(pages: Answer) -> bool:
    return pages.http_status in SUCCESS and pages.body is not None


def _data(answer: Answer) -> dict[str, Any] | None:
    data = answer.body.get("data") if isinstance(answer.body, dict) else None
    return data if _has_id(data) else None


def _without_travellers(answer: Answer) -> Answer:
    if answer.http_status not in SUCCESS or not isinstance(answer.body, dict):
        return answer
    return replace(answer, body={"data": order_facts(answer.body.get("data"))})
