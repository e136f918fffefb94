"""Serves recorded searches: the offers that real suppliers once returned.

A recording is a JSON file holding an offer request with its offers, with or
without the ``data`` envelope. Older ones have the v1 shape and are converted.

Rule for dates. Each slice moves by whole days to the date that was asked for it, so
that its connections remain as recorded; what has left by then is not offered. Local
times stay as recorded, also across a clock change, and so do durations. UTC
timestamps (creation, expiry, hold deadlines) move with the creation of the offer
instead.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.sandbox.flights.ids import (
    IdFactory,
    comparison_key,
    fraction_digits,
    parse_timestamp,
    timestamp,
)
from tests.sandbox.flights.money import times
from tests.sandbox.flights.wishes import SearchWish

Route = tuple[tuple[str, str], ...]
_SHORTEST_VALIDITY = timedelta(minutes=15)
_AMOUNTS = ("total_amount", "base_amount", "tax_amount")
_V1_OFFER_KEYS = (
    "allowed_passenger_identity_document_types",
    "accepted_loyalty_programmes",
    "available_payment_types",
)
_V1_SEGMENT_KEYS = (
    "departure_datetime",
    "arrival_datetime",
    "departure_terminal",
    "arrival_terminal",
)


@dataclass(frozen=True, slots=True)
class Recording:
    """One recorded search in v2 shape; `offers` are never changed in place."""

    route: Route
    recorded_at: datetime
    slices: list[dict[str, Any]]
    offers: list[str]  # JSON text, so that each use starts from a fresh copy


class Recordings:
    """The recordings of a directory, by route."""

    def __init__(self, directory: Path | None, ids: IdFactory) -> None:
        self._ids = ids
        self._by_route: dict[Route, Recording] = {}
        for found in [] if directory is None else _scan(directory):
            known = self._by_route.get(found.route)
            if known is None or known.recorded_at < found.recorded_at:
                self._by_route[found.route] = found

    @property
    def routes(self) -> list[str]:
        """The recorded routes, such as ``ATL-FLL,FLL-ATL``."""
        return sorted(
            ",".join("-".join(pair) for pair in route) for route in self._by_route
        )

    def find(self, wish: SearchWish) -> Recording | None:
        """Return the recording of exactly the searched route, if there is one."""
        return self._by_route.get(wish.route)

    def offers(
        self,
        recording: Recording,
        wish: SearchWish,
        passengers: list[dict[str, Any]],
        *,
        now: datetime,
    ) -> list[dict[str, Any]]:
        """Return every recorded offer, moved to the request's dates."""
        shifts = [
            one.on - date.fromisoformat(recorded["departure_date"])
            for one, recorded in zip(wish.slices, recording.slices, strict=True)
        ]
        found = []
        for text in recording.offers:
            offer = json.loads(text)
            self._renew(offer, passengers, shifts=shifts, now=now)
            if _utc_departure(offer["slices"][0]["segments"][0]) > now:
                found.append(offer)
        return [offer for offer in found if wish.accepts(offer["slices"])]

    def _renew(
        self,
        offer: dict[str, Any],
        passengers: list[dict[str, Any]],
        *,
        shifts: list[timedelta],
        now: datetime,
    ) -> None:
        offer["id"] = self._ids.new("off")
        offer["live_mode"] = False
        offer["passengers"] = passengers
        _move_timestamps(offer, now)
        if len(passengers) > 1:
            for key in _AMOUNTS:
                if offer[key] is not None:
                    offer[key] = times(offer[key], Decimal(len(passengers)))
        for one, shift in zip(offer["slices"], shifts, strict=True):
            one["id"] = self._ids.new("sli")
            for segment in one["segments"]:
                segment["id"] = self._ids.new("seg")
                for stop in [segment, *segment["stops"]]:
                    for key in ("departing_at", "arriving_at"):
                        moved = datetime.fromisoformat(stop[key]) + shift
                        stop[key] = moved.isoformat()
                (seat,) = segment["passengers"]
                segment["passengers"] = [
                    {**seat, "passenger_id": person["id"]} for person in passengers
                ]


def _move_timestamps(offer: dict[str, Any], now: datetime) -> None:
    created = parse_timestamp(offer["created_at"])
    validity = parse_timestamp(offer["expires_at"]) - created

    def moved(text: str, at_least: timedelta = timedelta()) -> str:
        since = max(parse_timestamp(text) - created, at_least)
        return timestamp(now + since, fraction_digits(text))

    terms = offer.get("payment_requirements") or {}
    for key in ("price_guarantee_expires_at", "payment_required_by"):
        if terms.get(key) is not None:
            terms[key] = moved(terms[key])
    offer["expires_at"] = moved(offer["expires_at"], max(validity, _SHORTEST_VALIDITY))
    offer["updated_at"] = moved(offer["updated_at"])
    offer["created_at"] = moved(offer["created_at"])


def _scan(directory: Path) -> Iterator[Recording]:
    for path in sorted(directory.rglob("*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        body = document.get("data", document) if isinstance(document, dict) else None
        if not isinstance(body, dict) or not body.get("offers"):
            continue
        if len(body["passengers"]) != 1:
            raise ValueError(f"{path}: a recording must be for one passenger")
        yield _read(body)


def _read(body: dict[str, Any]) -> Recording:
    for offer in body["offers"]:
        _convert_offer(offer)
    slices = [
        {key: value for key, value in one.items() if key != "created_at"}
        for one in body["slices"]
    ]
    return Recording(
        route=tuple(
            (one["origin"]["iata_code"], one["destination"]["iata_code"])
            for one in slices
        ),
        recorded_at=parse_timestamp(body["created_at"]),
        slices=slices,
        offers=[json.dumps(offer) for offer in body["offers"]],
    )


def _utc_departure(segment: dict[str, Any]) -> datetime:
    wall = datetime.fromisoformat(segment["departing_at"])
    return wall.replace(tzinfo=ZoneInfo(segment["origin"]["time_zone"]))


def _convert_offer(offer: dict[str, Any]) -> None:
    """Bring a v1 offer into v2 shape; a v2 offer stays as it is."""
    for key in _V1_OFFER_KEYS:
        documents = offer.pop(key, None)
        if key.startswith("allowed") and documents is not None:
            offer.setdefault("supported_passenger_identity_document_types", documents)
    offer.setdefault("supported_passenger_identity_document_types", [])
    offer.setdefault("supported_loyalty_programmes", [])
    offer.setdefault("private_fares", [])
    offer.setdefault("intended_payment_methods", [])
    offer.setdefault("available_services", None)
    offer.setdefault("partial", False)
    for one in offer["slices"]:
        for segment in one["segments"]:
            for key in _V1_SEGMENT_KEYS:
                segment.pop(key, None)
            segment.setdefault("stops", [])
        flights = "+".join(flight_key(segment) for segment in one["segments"])
        brand = one.get("fare_brand_name")
        one.setdefault("comparison_key", comparison_key(f"{flights}|{brand}"))
        one.setdefault("ngs_shelf", None)


def flight_key(segment: dict[str, Any]) -> str:
    """Name a flight by carrier, number and local departure."""
    carrier = segment["marketing_carrier"]["iata_code"]
    number = segment["marketing_carrier_flight_number"]
    return f"{carrier}{number}@{segment['departing_at']}"
