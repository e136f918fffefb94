"""Offer requests and offers: search, list, and the live read of one offer."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tests.sandbox.control import SandboxClock
from tests.sandbox.flights.dice import Dice
from tests.sandbox.flights.errors import Problems, refusal
from tests.sandbox.flights.gateway import Call, Reply
from tests.sandbox.flights.ids import IdFactory, timestamp
from tests.sandbox.flights.market import Market, OfferRecord
from tests.sandbox.flights.offers import Asked, OfferWriter
from tests.sandbox.flights.paging import page
from tests.sandbox.flights.places import spot_json
from tests.sandbox.flights.recordings import Recordings
from tests.sandbox.flights.special_routes import Special, special_of
from tests.sandbox.flights.wishes import SearchWish, read_search

_SORTS = ("total_amount", "-total_amount", "total_duration", "-total_duration")


@dataclass(frozen=True, slots=True)
class OfferRequest:
    """A search that was made, with its offers in order of id."""

    body: dict[str, Any]
    offers: list[OfferRecord]


class Searches:
    """Makes searches and remembers them."""

    def __init__(
        self,
        *,
        clock: SandboxClock,
        lock: threading.RLock,
        dice: Dice,
        ids: IdFactory,
        recordings: Recordings,
        market: Market,
    ) -> None:
        self._clock = clock
        self._lock = lock
        self._ids = ids
        self._recordings = recordings
        self._market = market
        self._writer = OfferWriter(dice, ids)
        self._requests: dict[str, OfferRequest] = {}
        self._offers: dict[str, OfferRecord] = {}
        self.count = 0
        self.offer_reads = 0

    def create(self, call: Call) -> Reply:
        """``POST /air/offer_requests``"""
        now = self._clock.now()
        wish = read_search(call.data, now=now)
        special = special_of(wish)
        with self._lock:
            self.count += 1
        if special is Special.SEARCH_TIMES_OUT:
            raise refusal("gateway_timeout_error")
        passengers = [
            {
                "id": self._ids.new("pas"),
                "type": one.type,
                "age": one.age,
                "given_name": one.given_name,
                "family_name": one.family_name,
                "fare_type": one.fare_type,
                "loyalty_programme_accounts": one.loyalty_programme_accounts,
            }
            for one in wish.passengers
        ]
        asked = Asked(wish, passengers, now, special)
        bodies, slices = self._find(asked)
        request_id = self._ids.new("orq")
        offers = [
            OfferRecord.of(
                body, request_id=request_id, codes=wish.route[0], special=special
            )
            for body in bodies
        ]
        body = {
            "id": request_id,
            "live_mode": False,
            "created_at": timestamp(now),
            "cabin_class": wish.cabin_class,
            "client_key": secrets.token_urlsafe(24),
            "slices": slices,
            "passengers": passengers,
        }
        with self._lock:
            offers = [one for one in offers if not self._market.is_sold_out(one)]
            for offer in offers:
                offer.show(self._market.price(offer))
                self._offers[offer.id] = offer
            self._requests[request_id] = OfferRequest(body, offers)
        shown = call.query.get("return_offers", "true") != "false"
        found = [offer.body() for offer in offers] if shown else []
        return Reply({**body, "offers": found}, 201)

    def _find(self, asked: Asked) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        wish = asked.wish
        recording = self._recordings.find(wish)
        if recording is not None:
            slices = [
                {**recorded, "departure_date": one.on.isoformat()}
                for recorded, one in zip(recording.slices, wish.slices, strict=True)
            ]
            offers = self._recordings.offers(
                recording, wish, asked.passengers, now=asked.now
            )
            return offers, slices
        if asked.special is Special.NO_OFFERS:
            return [], _slices_json(wish)
        return self._writer.offers(asked), _slices_json(wish)

    def show(self, call: Call) -> Reply:
        """``GET /air/offer_requests/{id}``"""
        with self._lock:
            found = self._requests.get(call.path["id"])
            if found is None:
                raise refusal("not_found")
            offers = [offer.body() for offer in found.offers]
        return Reply({**found.body, "offers": offers})

    def list_offers(self, call: Call) -> Reply:
        """``GET /air/offers``"""
        problems = Problems()
        wanted, sort = call.query.get("offer_request_id"), call.query.get("sort")
        limit = call.query.get("max_connections")
        if not wanted:
            problems.required("offer_request_id")
        if sort is not None and sort not in _SORTS:
            problems.add("validation_inclusion", "sort", "is invalid")
        if limit is not None and limit not in ("0", "1", "2"):
            problems.add("validation_inclusion", "max_connections", "is invalid")
        problems.raise_if_any()
        with self._lock:
            found = self._requests.get(wanted or "")
            if found is None:
                raise refusal("not_found")
            bodies = [offer.body() for offer in found.offers]
        if limit is not None:
            bodies = [body for body in bodies if _connections(body) <= int(limit)]
        if sort is not None:
            key: Callable[[dict[str, Any]], Any] = (
                total_duration if "duration" in sort else _total
            )
            bodies.sort(key=key, reverse=sort.startswith("-"))
        chosen, meta = page(
            bodies, kind="offers", query=call.query, id_of=lambda body: str(body["id"])
        )
        return Reply(chosen, meta=meta)

    def show_offer(self, call: Call) -> Reply:
        """``GET /air/offers/{id}``: asks the airline again for price and seats."""
        with self._lock:
            self.offer_reads += 1
            offer = self.offer(call.path["id"])
            if self._clock.now() >= offer.expires_at:
                raise refusal("offer_no_longer_available", airline=offer.airline)
            self._market.on_read(offer)
            if self._market.is_gone(offer):
                raise refusal("offer_no_longer_available", airline=offer.airline)
            updated = timestamp(self._clock.now())
            offer.show(self._market.price(offer), updated_at=updated)
            body = offer.body()
            if call.query.get("return_available_services") == "true":
                body["available_services"] = self._services(offer, body)
        return Reply(body)

    def offer(self, offer_id: str) -> OfferRecord:
        """Return a known offer, expired or not; the caller holds the lock."""
        found = self._offers.get(offer_id)
        if found is None:
            raise refusal("not_found")
        return found

    def _services(
        self, offer: OfferRecord, body: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """Duffel Airways sells one more bag per passenger; the others nothing."""
        if offer.services is None:
            sells = body["owner"]["iata_code"] == "ZZ" and offer.special not in (
                Special.NO_SERVICES,
                Special.NO_BAGGAGE,
            )
            people = body["passengers"] if sells else []
            offer.services = [self._bag(body, person["id"]) for person in people]
        return offer.services

    def _bag(self, body: dict[str, Any], passenger_id: str) -> dict[str, Any]:
        segments = [s["id"] for one in body["slices"] for s in one["segments"]]
        return {
            "id": self._ids.new("ase"),
            "type": "baggage",
            "maximum_quantity": 1,
            "total_amount": "20.00",
            "total_currency": body["total_currency"],
            "passenger_ids": [passenger_id],
            "segment_ids": segments,
            "metadata": {
                "type": "checked",
                "maximum_weight_kg": 23,
                "maximum_length_cm": None,
                "maximum_height_cm": None,
                "maximum_depth_cm": None,
            },
        }


def _slices_json(wish: SearchWish) -> list[dict[str, Any]]:
    return [
        {
            "origin": spot_json(one.origin),
            "origin_type": one.origin.kind,
            "destination": spot_json(one.destination),
            "destination_type": one.destination.kind,
            "departure_date": one.on.isoformat(),
        }
        for one in wish.slices
    ]


def _connections(body: dict[str, Any]) -> int:
    return max(len(one["segments"]) - 1 for one in body["slices"])


def _total(body: dict[str, Any]) -> Decimal:
    return Decimal(body["total_amount"])


def total_duration(body: dict[str, Any]) -> timedelta:
    """Return the time travelled over all slices, by the airports' time zones."""

    def moment(local_time: str, place: dict[str, Any]) -> datetime:
        wall = datetime.fromisoformat(local_time)
        return wall.replace(tzinfo=ZoneInfo(place["time_zone"]))

    total = timedelta()
    for one in body["slices"]:
        first, last = one["segments"][0], one["segments"][-1]
        start = moment(first["departing_at"], first["origin"])
        end = moment(last["arriving_at"], last["destination"])
        # Aware datetimes of one zone subtract by wall clock: compare in UTC.
        total += timedelta(seconds=end.timestamp() - start.timestamp())
    return total
