"""Duffel's steps, through the sidecar's own client; everything ordered is cancelled.

The routes that misbehave are Duffel's own ("test your integration").
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from sidecar.flights import Flights
from sidecar.providers import Answer
from tests.contract.seen import Seen, Stuck, need, require_access, see
from tests.factories import in_days
from tests.sandbox.account import order_for

_ID = "contract"
# The airline of the test mode: the others' test systems are not reliable.
_AIRLINE = "ZZ"


def steps(url: str, key: str) -> Iterator[Seen]:
    """Make every step; raises Stuck when the next one cannot be made."""
    client = Flights(url, key)
    yield see("a token that is none", Flights(url, "nonsense").reachable())
    airlines = client.reachable()
    yield require_access(see("the airlines", airlines), airlines)
    yield see("a date that is over", client.search(_wish("LHR-JFK", -1), _ID))
    yield see("an offer that is none", client.get_offer("off_none", _ID))
    yield see("an order that is none", client.get_order("ord_none", _ID))
    yield from _booking(client)
    for route in ("PVD-RAI", "STN-LHR"):
        found = client.search(_wish(route), _ID)
        offers = found.body.get("offers") if isinstance(found.body, dict) else None
        yield see(f"{route}: a search", found, is_empty=not offers)
    for route in ("LGW-LHR", "LHR-STN"):
        offer = _offer(client, route)
        read = client.get_offer(offer["id"], _ID)
        price = read.body.get("data", {}).get("total_amount")
        yield see(f"{route}: a read", read, is_dearer=_is_dearer(price, offer))
    for route in ("LHR-LGW", "LGW-STN"):
        offer = _offer(client, route)
        yield see(f"{route}: an order", client.create_order(_order(offer), _ID))


def _booking(client: Flights) -> Iterator[Seen]:
    """Search, read, order, find, cancel."""
    began = datetime.now(UTC) - timedelta(minutes=5)
    found = client.search(_wish("LHR-JFK"), _ID)
    yield see("a search", _first(found), is_empty=not _offers(found))
    offer = _offer(client, "LHR-JFK")
    if offer["live_mode"] is not False:
        raise Stuck("an offer is not of the test mode: nothing is ordered")
    read = client.get_offer(offer["id"], _ID)
    yield see("a read", read, is_the_same=_data(read).get("id") == offer["id"])
    wrong = _order({**offer, "total_amount": "1.00"})
    yield see("an order at another price", client.create_order(wrong, _ID))
    nobody = {**_order(offer), "passengers": []}
    yield see("an order for nobody", client.create_order(nobody, _ID))
    ordered = client.create_order(_order(offer), _ID)
    order = _data(ordered)
    seen = see(
        "an order",
        ordered,
        metadata=order.get("metadata"),
        is_of_the_offer=order.get("offer_id") == offer["id"],
        is_at_the_price=order.get("total_amount") == offer["total_amount"],
        people=order.get("people"),
        documents=[one["type"] for one in order.get("documents", [])],
    )
    yield seen
    order_id = need(seen, ordered, "data", "id")
    yield see("the same order again", client.create_order(_order(offer), _ID))
    by_offer = client.find_orders(offer["id"], None, _ID)
    yield see("the orders of an offer", by_offer, is_it=_ids(by_offer) == [order_id])
    listed = client.list_orders(began.isoformat(), _ID)
    yield see("the orders since", listed, is_among=order_id in _ids(listed))
    yield see("the order", client.get_order(order_id, _ID))
    quote = client.quote_cancellation(order_id, _ID)
    seen = see("a quote to cancel", quote, refund_to=_data(quote).get("refund_to"))
    yield seen
    quoted = need(seen, quote, "data", "id")
    yield see("a cancellation", client.confirm_cancellation(quoted, _ID))
    yield see("a second cancellation", client.confirm_cancellation(quoted, _ID))
    yield see("a quote for a cancelled order", client.quote_cancellation(order_id, _ID))
    after = client.get_order(order_id, _ID)
    is_over = _data(after).get("cancelled_at") is not None
    yield see("a cancelled order", after, is_cancelled=is_over)
    yield see("the events since", client.list_events(began.isoformat(), _ID))


def _wish(route: str, days: int = 40) -> dict[str, Any]:
    origin, destination = route.split("-")
    day = str(in_days(days))
    leg = {"origin": origin, "destination": destination, "departure_date": day}
    return {"slices": [leg], "passengers": [{"type": "adult"}]}


def _order(offer: dict[str, Any]) -> dict[str, Any]:
    return order_for(offer, _ID)


def _offers(found: Answer) -> list[dict[str, Any]]:
    """Return the offers that can be ordered in test mode."""
    body = found.body if isinstance(found.body, dict) else {}
    return [
        offer
        for offer in body.get("offers") or []
        if offer["owner"]["iata_code"] == _AIRLINE
        and not offer["passenger_identity_documents_required"]
    ]


def _first(found: Answer) -> Answer:
    """Return a search's answer with the offers that both sides have."""
    if not isinstance(found.body, dict) or "offers" not in found.body:
        return found
    return Answer(
        http_status=found.http_status, body={**found.body, "offers": _offers(found)}
    )


def _offer(client: Flights, route: str) -> dict[str, Any]:
    found = client.search(_wish(route), _ID)
    offers = _offers(found)
    if not offers:
        said = see("", found)
        raise Stuck(f"no offer on {route}: {said.status} {said.error}".rstrip())
    return offers[0]


def _data(answer: Answer) -> dict[str, Any]:
    data = answer.body.get("data") if isinstance(answer.body, dict) else None
    return data if isinstance(data, dict) else {}


def _ids(answer: Answer) -> list[str]:
    orders = answer.body.get("orders") if isinstance(answer.body, dict) else None
    return [order["id"] for order in orders or []]


def _is_dearer(price: Any, offer: dict[str, Any]) -> bool | None:
    return float(price) > float(offer["total_amount"]) if price else None
