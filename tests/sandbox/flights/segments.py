"""Writes one flight of an offer, with what each passenger gets on it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.sandbox.flights.carriers import aircraft_json, carrier_json
from tests.sandbox.flights.dice import Dice
from tests.sandbox.flights.fares import Brand, percent_of_adult
from tests.sandbox.flights.ids import IdFactory
from tests.sandbox.flights.network import Leg, local
from tests.sandbox.flights.places import airport_json, distance_km

_CABIN_NAMES = {
    "economy": "Economy",
    "premium_economy": "Premium Economy",
    "business": "Business",
    "first": "First",
}


def iso_duration(span: timedelta, *, padded: bool = False) -> str:
    """Write a duration as suppliers do: ``PT2H26M``, ``PT02H26M``, ``P1DT2H5M``."""
    minutes = int(span.total_seconds()) // 60
    if padded and minutes < 24 * 60:
        return f"PT{minutes // 60:02d}H{minutes % 60:02d}M"
    days, rest = divmod(minutes, 24 * 60)
    text = f"P{days}DT" if days else "PT"
    hours, minutes = divmod(rest, 60)
    text += f"{hours}H" if hours else ""
    text += f"{minutes}M" if minutes else ""
    return text.removesuffix("T") if text != "PT" else "PT0M"


class SegmentWriter:
    """Turns legs of the network into v2 segments."""

    def __init__(self, dice: Dice, ids: IdFactory) -> None:
        self._dice = dice
        self._ids = ids

    def segment(
        self, leg: Leg, brand: Brand, people: list[dict[str, Any]], *, bags: bool
    ) -> dict[str, Any]:
        """Return one flight; without `bags` nothing at all is included."""
        dice, key = self._dice, (leg.carrier.iata, leg.number)
        terminals = ("1", "2", "3", "N", None)
        carrier = carrier_json(leg.carrier)
        flown_as = None if dice.chance(15, "operating", *key) else leg.number
        km = None if dice.chance(10, "distance", *key) else str(_leg_km(leg))
        return {
            "id": self._ids.new("seg"),
            "origin": airport_json(leg.origin),
            "origin_terminal": dice.pick(terminals, "from", leg.origin.iata, key[0]),
            "destination": airport_json(leg.destination),
            "destination_terminal": dice.pick(
                terminals, "to", leg.destination.iata, key[0]
            ),
            "departing_at": local(leg.departs, leg.origin),
            "arriving_at": local(leg.arrives, leg.destination),
            "duration": iso_duration(leg.arrives - leg.departs),
            "distance": km,
            "aircraft": aircraft_json(dice, _leg_km(leg), *key),
            "marketing_carrier": carrier,
            "marketing_carrier_flight_number": leg.number,
            "operating_carrier": carrier,
            "operating_carrier_flight_number": flown_as,
            # A key that is in no published schema: clients must tolerate those.
            "media": [],
            "stops": self._stops(leg),
            "passengers": [
                self._seat(leg, brand, person, bags=bags) for person in people
            ],
        }

    def _stops(self, leg: Leg) -> list[dict[str, Any]]:
        if leg.stop is None:
            return []
        stop = leg.stop
        return [
            {
                "id": self._ids.new("sto"),
                "airport": airport_json(stop.airport),
                "arriving_at": local(stop.arrives, stop.airport),
                "departing_at": local(stop.departs, stop.airport),
                "duration": iso_duration(stop.departs - stop.arrives),
            }
        ]

    def _seat(
        self, leg: Leg, brand: Brand, person: dict[str, Any], *, bags: bool
    ) -> dict[str, Any]:
        # Short feeder flights have no premium cabin: real offers mix cabins.
        feeder = _leg_km(leg) < 800 and brand.cabin in ("premium_economy", "first")
        cabin = "economy" if feeder else brand.cabin
        checked, carry_on = brand.checked, brand.carry_on
        if leg.carrier.iata == "ZZ":
            checked, carry_on = max(1, checked), max(1, carry_on)
        if percent_of_adult(person["type"], person["age"]) == 10:
            checked, carry_on = 0, 0
        included = [
            {"type": "checked", "quantity": checked},
            {"type": "carry_on", "quantity": carry_on},
        ]
        return {
            "passenger_id": person["id"],
            "cabin_class": cabin,
            "cabin_class_marketing_name": _CABIN_NAMES[cabin],
            "cabin": {
                "name": cabin,
                "marketing_name": _CABIN_NAMES[cabin],
                "amenities": None,
            },
            "fare_basis_code": f"{cabin[0].upper()}{brand.shelf}LGT{leg.carrier.iata}",
            "baggages": included if bags else [],
        }


def _leg_km(leg: Leg) -> float:
    return distance_km(leg.origin, leg.destination)
