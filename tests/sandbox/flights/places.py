"""Airports and cities as Duffel describes them, and distances between them.

Airports come from the `airportsdata` package (IATA code, position, time zone).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import airportsdata

# Where the package's list of metropolitan areas leaves out an airport that Duffel
# counts to the city.
_ADDED_TO_CITY = {"SEN": "LON", "EWR": "NYC"}
_EARTH_RADIUS_KM = 6371.0


@dataclass(frozen=True, slots=True)
class Airport:
    """One airport with the code of its city (its own code when it is alone)."""

    iata: str
    icao: str | None
    name: str
    city_name: str
    city: str
    country: str
    latitude: float
    longitude: float
    time_zone: str

    @property
    def zone(self) -> ZoneInfo:
        """The airport's IANA time zone."""
        return ZoneInfo(self.time_zone)


@dataclass(frozen=True, slots=True)
class Spot:
    """What a search code means: one airport, or the airports of a city."""

    code: str
    kind: str
    airports: tuple[Airport, ...]


@lru_cache(maxsize=1)
def _cities() -> dict[str, tuple[str, str, tuple[str, ...]]]:
    """City code -> name, country and member airports."""
    members = {
        code: (area["name"], area["country"], set(area["airports"]))
        for code, area in airportsdata.load_iata_macs().items()
    }
    for airport, city in _ADDED_TO_CITY.items():
        members[city][2].add(airport)
    return {
        code: (name, country, tuple(sorted(airports)))
        for code, (name, country, airports) in members.items()
    }


@lru_cache(maxsize=1)
def _airports() -> dict[str, Airport]:
    city_of = {a: code for code, (_, _, all_) in _cities().items() for a in all_}
    return {
        code: Airport(
            iata=code,
            icao=row["icao"] or None,
            name=row["name"],
            city_name=row["city"],
            city=city_of.get(code, code),
            country=row["country"],
            latitude=row["lat"],
            longitude=row["lon"],
            time_zone=row["tz"],
        )
        for code, row in airportsdata.load("IATA").items()
    }


def airport(code: str) -> Airport:
    """Return the airport with this IATA code (KeyError when there is none)."""
    return _airports()[code]


def resolve(code: str) -> Spot | None:
    """Return what `code` stands for; an airport wins over a city of that code."""
    if code in _airports():
        return Spot(code, "airport", (_airports()[code],))
    if code in _cities():
        members = _cities()[code][2]
        return Spot(code, "city", tuple(airport(member) for member in members))
    return None


@lru_cache(maxsize=100_000)
def distance_km(origin: Airport, destination: Airport) -> float:
    """Return the great-circle distance (haversine)."""
    lat1, lat2 = math.radians(origin.latitude), math.radians(destination.latitude)
    half_lat = (lat2 - lat1) / 2
    half_lon = math.radians(destination.longitude - origin.longitude) / 2
    a = (
        math.sin(half_lat) ** 2
        + math.cos(lat1) * math.cos(lat2) * math.sin(half_lon) ** 2
    )
    return 2 * _EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(a)))


def _city_json(code: str) -> dict[str, Any]:
    name, country, _ = _cities()[code]
    return {
        "type": "city",
        "time_zone": None,
        "name": name,
        "longitude": None,
        "latitude": None,
        "id": f"cit_{code.lower()}_{country.lower()}",
        "icao_code": None,
        "iata_country_code": country,
        "iata_code": code,
        "iata_city_code": code,
        "city_name": None,
    }


@lru_cache(maxsize=10_000)
def airport_json(place: Airport) -> dict[str, Any]:
    """Return the airport as a Place. The result is shared: never change it."""
    return {
        "type": "airport",
        "time_zone": place.time_zone,
        "name": place.name,
        "longitude": place.longitude,
        "latitude": place.latitude,
        "id": f"arp_{place.iata.lower()}_{place.country.lower()}",
        "icao_code": place.icao,
        "iata_country_code": place.country,
        "iata_code": place.iata,
        "iata_city_code": place.city,
        "city_name": place.city_name,
        "city": _city_json(place.city) if place.city in _cities() else None,
        "airports": None,
    }


def spot_json(spot: Spot) -> dict[str, Any]:
    """Return a searched place: the airport, or the city with its airports."""
    if spot.kind == "airport":
        return airport_json(spot.airports[0])
    members = [dict(airport_json(member)) for member in spot.airports]
    for member in members:
        del member["city"], member["airports"]
    return {**_city_json(spot.code), "city": None, "airports": members}
