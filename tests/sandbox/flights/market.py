"""Offers on sale: their current price, and what is sold out.

Fares on a route can be scaled and itineraries made to vanish through the control
endpoint; both act on offers already found as well as on later searches.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from tests.sandbox.flights.fares import Quote, scale
from tests.sandbox.flights.ids import parse_timestamp
from tests.sandbox.flights.recordings import flight_key
from tests.sandbox.flights.special_routes import Special

_DEARER_BY = Decimal("10.00")


@dataclass(slots=True)
class OfferRecord:
    """An offer with its history; the body is packed because searches add up."""

    id: str
    request_id: str
    origins: frozenset[str]
    destinations: frozenset[str]
    itinerary: str
    airline: str
    special: Special | None
    expires_at: datetime
    listed: Quote  # before fare control
    current: Quote  # as last shown to the client
    packed: bytes
    extra: Decimal = Decimal(0)
    services: list[dict[str, Any]] | None = None

    @classmethod
    def of(
        cls,
        body: dict[str, Any],
        *,
        request_id: str,
        codes: tuple[str, str],
        special: Special | None,
    ) -> OfferRecord:
        """Record a new offer, found by searching for `codes`."""
        first = body["slices"][0]
        listed = Quote(
            body["total_amount"],
            body["base_amount"],
            body["tax_amount"],
            body["total_currency"],
        )
        return cls(
            id=body["id"],
            request_id=request_id,
            origins=frozenset({codes[0], first["origin"]["iata_code"]}),
            destinations=frozenset({codes[1], first["destination"]["iata_code"]}),
            itinerary=itinerary_key(body["slices"]),
            airline=body["owner"]["name"],
            special=special,
            expires_at=parse_timestamp(body["expires_at"]),
            listed=listed,
            current=listed,
            packed=_pack(body),
        )

    def body(self) -> dict[str, Any]:
        """Return a fresh copy of the offer at its current price."""
        body: dict[str, Any] = json.loads(zlib.decompress(self.packed))
        return body

    def show(self, amounts: Quote, *, updated_at: str | None = None) -> None:
        """Make `amounts` the price that the client sees."""
        if amounts == self.current and updated_at is None:
            return
        body = self.body()
        body["total_amount"] = amounts.total
        body["base_amount"] = amounts.base
        body["tax_amount"] = amounts.tax
        if updated_at is not None:
            body["updated_at"] = updated_at
        self.current = amounts
        self.packed = _pack(body)


def _pack(body: dict[str, Any]) -> bytes:
    return zlib.compress(json.dumps(body).encode(), 1)


def itinerary_key(slices: list[dict[str, Any]]) -> str:
    """Name an itinerary and its fare brands, equal across searches."""
    return "|".join(
        "+".join(flight_key(segment) for segment in one["segments"])
        + f"#{one.get('fare_brand_name')}"
        for one in slices
    )


class Market:
    """Fare factors per route, pending vanishings and what is sold out.

    Not locked by itself: callers hold the sandbox's lock.
    """

    def __init__(self) -> None:
        self._factors: dict[tuple[str, str], Decimal] = {}
        self._vanish: dict[tuple[str, str], int] = {}
        self._sold_out: set[str] = set()

    def set_factor(self, origin: str, destination: str, factor: Decimal) -> None:
        """Scale fares of trips that start with this route; 1 resets."""
        if factor <= 0:
            raise ValueError("a fare factor must be positive")
        self._factors.pop((origin, destination), None)  # the last one set wins
        self._factors[origin, destination] = factor

    def set_vanish(self, origin: str, destination: str, times: int) -> None:
        """Let the next `times` offer reads on the route find the offer gone."""
        self._vanish[origin, destination] = times

    def price(self, offer: OfferRecord) -> Quote:
        """Return what the offer costs now."""
        factor = Decimal(1)
        for (origin, destination), one in self._factors.items():
            if origin in offer.origins and destination in offer.destinations:
                factor = one
        return scale(offer.listed, factor, offer.extra)

    def is_gone(self, offer: OfferRecord) -> bool:
        """Tell whether a read or an order finds the offer gone."""
        return self.is_sold_out(offer) or offer.special is Special.GONE_ON_READ

    def is_sold_out(self, offer: OfferRecord) -> bool:
        """Tell whether searches no longer find the itinerary in this fare brand."""
        return offer.itinerary in self._sold_out

    def on_read(self, offer: OfferRecord) -> None:
        """Apply what a live read of the offer triggers."""
        for (origin, destination), left in self._vanish.items():
            on_route = origin in offer.origins and destination in offer.destinations
            if left > 0 and on_route and offer.itinerary not in self._sold_out:
                self._vanish[origin, destination] = left - 1
                self._sold_out.add(offer.itinerary)
        if offer.special is Special.DEARER_ON_READ:
            offer.extra += _DEARER_BY

    def describe(self) -> dict[str, Any]:
        """Return the market's settings for the sandbox's state."""
        return {
            "fare_factors": {"-".join(k): str(v) for k, v in self._factors.items()},
            "sold_out": sorted(self._sold_out),
        }
