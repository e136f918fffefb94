"""`GET /air/orders`: filters, sorting and paging."""

from __future__ import annotations

import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from starlette.datastructures import QueryParams

from tests.sandbox.flights.errors import Problems
from tests.sandbox.flights.gateway import Call, Reply
from tests.sandbox.flights.ids import parse_timestamp
from tests.sandbox.flights.order_book import OrderBook
from tests.sandbox.flights.paging import page

Order = dict[str, Any]
Test = Callable[[Order], bool]

_SORTS: dict[str, Callable[[Order], Any]] = {
    "created_at": lambda order: parse_timestamp(order["created_at"]),
    "total_amount": lambda order: Decimal(order["total_amount"]),
    "payment_required_by": lambda order: (
        order["payment_status"]["payment_required_by"] or "9999"
    ),
    "next_departure": lambda order: order["slices"][0]["segments"][0]["departing_at"],
}


class OrderList:
    """Lists visible orders, newest first unless sorted otherwise."""

    def __init__(self, lock: threading.RLock, book: OrderBook) -> None:
        self._lock = lock
        self._book = book
        # Whether filters apply to every account is not documented: with this set,
        # the list returns everything, and a client must notice by itself.
        self.ignores_filters = False

    def show(self, call: Call) -> Reply:
        """``GET /air/orders``; parameters that it does not know are ignored."""
        problems = Problems()
        tests = _tests(call.query, problems)
        sort = call.query.get("sort", "-created_at")
        if sort.removeprefix("-") not in _SORTS:
            problems.add("validation_inclusion", "sort", "is invalid")
        problems.raise_if_any()
        with self._lock:
            found = self._book.all_visible()
        if not self.ignores_filters:
            found = [order for order in found if all(test(order) for test in tests)]
        if sort != "-created_at":
            found.sort(key=_SORTS[sort.removeprefix("-")], reverse=sort[0] == "-")
        chosen, meta = page(
            found, kind="orders", query=call.query, id_of=lambda one: str(one["id"])
        )
        return Reply(chosen, meta=meta)


def _tests(query: QueryParams, problems: Problems) -> list[Test]:
    tests: list[Test] = []
    for name in ("offer_id", "booking_reference"):
        if name in query:
            tests.append(_equals(name, query[name]))
    if "user_id" in query:
        user = query["user_id"]
        tests.append(lambda order: user in order["users"])
    for name in ("awaiting_payment", "requires_action"):
        if name in query:
            if query[name] not in ("true", "false"):
                problems.add("validation_inclusion", name, "must be true or false")
            tests.append(_flag(name, wanted=query[name] == "true"))
    names = query.getlist("passenger_name[]")
    if names:
        tests.append(lambda order: all(_has_name(order, name) for name in names))
    owners = query.getlist("owner_id[]")
    if owners:
        tests.append(lambda order: order["owner"]["id"] in owners)
    for edge in ("after", "before"):
        name = f"created_at[{edge}]"
        if name in query:
            try:
                tests.append(_created(edge, query[name]))
            except ValueError:
                problems.add("validation_format", name, "must be a datetime")
    return tests


def _equals(name: str, wanted: str) -> Test:
    return lambda order: bool(order[name] == wanted)


def _flag(name: str, *, wanted: bool) -> Test:
    def test(order: Order) -> bool:
        if name == "awaiting_payment":
            return bool(order["payment_status"][name]) == wanted
        changes = order["airline_initiated_changes"]
        return any(one["action_taken"] is None for one in changes) == wanted

    return test


def _created(edge: str, text: str) -> Test:
    # A "+" of an unescaped offset arrives as a blank.
    limit = parse_timestamp(text.replace(" ", "+"))

    def test(order: Order) -> bool:
        created = parse_timestamp(order["created_at"])
        return created > limit if edge == "after" else created < limit

    return test


def _has_name(order: Order, part: str) -> bool:
    return any(
        part.casefold() in f"{one['given_name']} {one['family_name']}".casefold()
        for one in order["passengers"]
    )
