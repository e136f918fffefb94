"""Writes generated itineraries as v2 offers."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.sandbox.flights.carriers import Carrier, carrier_json
from tests.sandbox.flights.dice import Dice
from tests.sandbox.flights.fares import (
    Brand,
    brands_for,
    conditions,
    percent_of_adult,
    price_usd,
    quote,
    strictest,
)
from tests.sandbox.flights.ids import IdFactory, comparison_key, timestamp
from tests.sandbox.flights.money import currency_of
from tests.sandbox.flights.network import Itinerary, Network
from tests.sandbox.flights.places import airport_json, distance_km
from tests.sandbox.flights.segments import SegmentWriter, iso_duration
from tests.sandbox.flights.special_routes import Special
from tests.sandbox.flights.wishes import SearchWish

_MOST_OFFERS = 80
_VALID_MINUTES = {"ZZ": 30, "AA": 30, "QF": 20, "UA": 20, "LH": 25}


@dataclass(frozen=True, slots=True)
class Asked:
    """A search in progress: what was asked, by whom, when."""

    wish: SearchWish
    passengers: list[dict[str, Any]]
    now: datetime
    special: Special | None


class OfferWriter:
    """Turns a search into offers, at most 80, deterministic but for ids and clocks."""

    def __init__(self, dice: Dice, ids: IdFactory) -> None:
        self._dice = dice
        self._ids = ids
        self._network = Network(dice)
        self._segments = SegmentWriter(dice, ids)

    def offers(self, asked: Asked) -> list[dict[str, Any]]:
        """Return the offers for a search, without fare control applied."""
        found = []
        for carrier in self._network.carriers(asked.wish.network_wish(0)):
            trips = self._trips(carrier, asked)
            widest = max(
                (_km(itinerary) for trip in trips for itinerary in trip), default=0
            )
            brands = brands_for(carrier, asked.wish.cabin_class, widest)
            found += [
                self._offer(trip, brand, asked) for trip in trips for brand in brands
            ]
        kept = [offer for offer in found if asked.wish.accepts(offer["slices"])]
        return kept[:_MOST_OFFERS]

    def _trips(self, carrier: Carrier, asked: Asked) -> list[tuple[Itinerary, ...]]:
        """Combine one itinerary per slice; few carriers sell every combination."""
        wishes = [
            asked.wish.network_wish(
                n,
                connecting_only=asked.special is Special.CONNECTING,
                with_technical_stop=asked.special is Special.TECHNICAL_STOP,
            )
            for n in range(len(asked.wish.slices))
        ]
        options = [
            self._network.itineraries(carrier, wish, now=asked.now) for wish in wishes
        ]
        combined = [
            trip
            for trip in itertools.product(*options)
            if all(
                a.legs[-1].arrives < b.legs[0].departs
                for a, b in itertools.pairwise(trip)
            )
        ]
        if len(wishes) == 1 or len(combined) <= 4:
            return combined
        return [combined[n * len(combined) // 4] for n in range(4)]

    def _offer(
        self, trip: Sequence[Itinerary], brand: Brand, asked: Asked
    ) -> dict[str, Any]:
        dice, now = self._dice, asked.now
        first = trip[0].legs[0]
        carrier = first.carrier
        labels = (brand.name, *(itinerary.key for itinerary in trip))
        currency = currency_of(first.origin.country)
        unit = sum(
            (
                price_usd(dice, itinerary, brand, on=one.on, now=now)
                for itinerary, one in zip(trip, asked.wish.slices, strict=True)
            ),
            Decimal(0),
        )
        people = [percent_of_adult(p["type"], p["age"]) for p in asked.passengers]
        amounts = quote(dice, unit, people, currency, *labels)
        terms = [
            conditions(dice, carrier, brand, currency, itinerary.key)
            for itinerary in trip
        ]
        minutes = _VALID_MINUTES.get(carrier.iata, 15)
        digits = dice.pick((6, 6, 6, 3, 0), "fraction", *labels)
        created = timestamp(now, digits)
        international = any(
            leg.origin.country != leg.destination.country
            for itinerary in trip
            for leg in itinerary.legs
        )
        documents = international and dice.chance(40, "documents", carrier.iata)
        return {
            "id": self._ids.new("off"),
            "live_mode": False,
            "partial": False,
            "created_at": created,
            "updated_at": created,
            "expires_at": timestamp(
                now + timedelta(minutes=minutes, seconds=1), digits
            ),
            "owner": carrier_json(carrier),
            "total_amount": amounts.total,
            "total_currency": currency,
            "base_amount": amounts.base,
            "base_currency": currency,
            "tax_amount": amounts.tax,
            "tax_currency": None if amounts.tax is None else currency,
            "total_emissions_kg": self._emissions(trip, brand, *labels),
            "passengers": asked.passengers,
            "slices": [
                self._slice(itinerary, brand, change, asked)
                for itinerary, (change, _) in zip(trip, terms, strict=True)
            ],
            "conditions": {
                "change_before_departure": strictest([change for change, _ in terms]),
                "refund_before_departure": strictest([refund for _, refund in terms]),
            },
            "payment_requirements": _payment_requirements(carrier, asked),
            "passenger_identity_documents_required": documents,
            "supported_passenger_identity_document_types": (
                ["passport"] if international else []
            ),
            "supported_loyalty_programmes": [carrier.iata],
            "private_fares": [],
            "available_services": None,
            "available_airline_credit_ids": [],
            "intended_services": [],
            "intended_payment_methods": [],
        }

    def _emissions(
        self, trip: Sequence[Itinerary], brand: Brand, *labels: object
    ) -> str | None:
        if self._dice.chance(15, "emissions", *labels):
            return None
        km = sum(
            int(distance_km(leg.origin, leg.destination))
            for itinerary in trip
            for leg in itinerary.legs
        )
        return str(km * (brand.percent + 100) // 2300)

    def _slice(
        self,
        itinerary: Itinerary,
        brand: Brand,
        change: dict[str, Any] | None,
        asked: Asked,
    ) -> dict[str, Any]:
        first, last = itinerary.legs[0], itinerary.legs[-1]
        silent = self._dice.chance(8, "no duration", itinerary.key)
        padded = first.carrier.iata == "QF"
        whole = iso_duration(last.arrives - first.departs, padded=padded)
        extras = None if brand.level == 0 else brand.level == 2
        unnamed = first.carrier.iata == "TK" and brand.level == 0
        bags = asked.special is not Special.NO_BAGGAGE
        return {
            "id": self._ids.new("sli"),
            "origin": airport_json(first.origin),
            "origin_type": "airport",
            "destination": airport_json(last.destination),
            "destination_type": "airport",
            "duration": None if silent else whole,
            "fare_brand_name": None if unnamed else brand.name,
            "ngs_shelf": None if unnamed else brand.shelf,
            "comparison_key": comparison_key(f"{itinerary.key}|{brand.name}"),
            "conditions": {
                "change_before_departure": change,
                "advance_seat_selection": extras,
                "priority_boarding": extras,
                "priority_check_in": extras,
            },
            "segments": [
                self._segments.segment(leg, brand, asked.passengers, bags=bags)
                for leg in itinerary.legs
            ],
        }


def _km(itinerary: Itinerary) -> float:
    return distance_km(itinerary.legs[0].origin, itinerary.legs[-1].destination)


def _payment_requirements(carrier: Carrier, asked: Asked) -> dict[str, Any]:
    if carrier.iata == "ZZ" or asked.special is Special.ALL_HOLDABLE:
        return {
            "requires_instant_payment": False,
            "price_guarantee_expires_at": timestamp(asked.now + timedelta(hours=48), 0),
            "payment_required_by": timestamp(asked.now + timedelta(hours=72), 0),
        }
    return {
        "requires_instant_payment": True,
        "price_guarantee_expires_at": None,
        "payment_required_by": None,
    }
