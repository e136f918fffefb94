"""The generated network: who flies where, when, and how long it takes.

Schedules depend on (seed, carrier, airports) and repeat daily; only the calendar
moves them, through the airports' own time zones. All arithmetic is in UTC.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from tests.sandbox.flights.carriers import DUFFEL_AIRWAYS, REAL_CARRIERS, Carrier
from tests.sandbox.flights.dice import Dice
from tests.sandbox.flights.places import Airport, Spot, airport, distance_km

_RANGE_KM = 15_500
_CRUISE_KM_PER_MINUTE = 13.8
_REAL_CARRIERS_PER_ROUTE = 6
_NOT_BEFORE_DEPARTURE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Stop:
    """A technical stop: the flight lands on the way, under the same number."""

    airport: Airport
    arrives: datetime
    departs: datetime


@dataclass(frozen=True, slots=True)
class Leg:
    """One flight, with times in UTC."""

    carrier: Carrier
    number: str
    origin: Airport
    destination: Airport
    departs: datetime
    arrives: datetime
    stop: Stop | None = None


@dataclass(frozen=True, slots=True)
class Itinerary:
    """The flights of one slice, in order."""

    legs: tuple[Leg, ...]

    @property
    def key(self) -> str:
        """Names the flights: carrier, number and local departure of each leg."""
        return "+".join(
            f"{leg.carrier.iata}{leg.number}@{local(leg.departs, leg.origin)}"
            for leg in self.legs
        )


@dataclass(frozen=True, slots=True)
class Wish:
    """What to look for between two places on one local date."""

    origin: Spot
    destination: Spot
    on: date
    max_connections: int
    connecting_only: bool = False
    with_technical_stop: bool = False


def local(moment: datetime, place: Airport) -> str:
    """Return `moment` as the airport's wall-clock time, without an offset."""
    return moment.astimezone(place.zone).strftime("%Y-%m-%dT%H:%M:%S")


def _unambiguous(moment: datetime, place: Airport) -> bool:
    return moment.astimezone(place.zone).fold == 0


def _block_minutes(origin: Airport, destination: Airport) -> int:
    """Time from gate to gate: taxiing, and headwind when flying west."""
    km = distance_km(origin, destination)
    east = (destination.longitude - origin.longitude + 540) % 360 - 180
    wind = 0.96 if east > 5 else 1.05 if east < -5 else 1.0
    minutes = 35 + km / _CRUISE_KM_PER_MINUTE * wind
    return 5 * round(minutes / 5)


class Network:
    """Finds itineraries; the same seed and question give the same flights."""

    def __init__(self, dice: Dice) -> None:
        self._dice = dice

    def carriers(self, wish: Wish) -> list[Carrier]:
        """Return Duffel Airways and the real carriers that lie on the way."""
        detours = []
        for carrier in REAL_CARRIERS:
            origin, destination = self._airports(carrier, wish)
            detour = self._detour(carrier, origin, destination)
            if detour is not None:
                detours.append((round(detour, 3), carrier.iata, carrier))
        nearest = sorted(detours, key=lambda found: found[:2])
        return [DUFFEL_AIRWAYS, *(c for _, _, c in nearest[:_REAL_CARRIERS_PER_ROUTE])]

    def itineraries(
        self, carrier: Carrier, wish: Wish, *, now: datetime
    ) -> list[Itinerary]:
        """Return the carrier's itineraries that still depart in the future."""
        origin, destination = self._airports(carrier, wish)
        found = [
            *self._nonstop(carrier, origin, destination, wish),
            *self._connecting(carrier, origin, destination, wish),
        ]
        earliest = now + _NOT_BEFORE_DEPARTURE
        return [one for one in found if one.legs[0].departs > earliest]

    def _airports(self, carrier: Carrier, wish: Wish) -> tuple[Airport, Airport]:
        """Choose the carrier's airport in each city: its hub, if it has one there."""

        def choose(spot: Spot) -> Airport:
            own = [place for place in spot.airports if place.iata in carrier.hubs]
            return self._dice.pick(own or spot.airports, spot.code, carrier.iata)

        return choose(wish.origin), choose(wish.destination)

    @staticmethod
    def _detour(
        carrier: Carrier, origin: Airport, destination: Airport
    ) -> float | None:
        """Return the way over the best hub relative to the direct way."""
        direct = max(distance_km(origin, destination), 1.0)
        at_home = {origin.country, destination.country} <= set(carrier.realm)
        if carrier.point_to_point:
            return 1.0 if at_home else None
        if {origin.iata, destination.iata} & set(carrier.hubs):
            return 1.0
        if at_home:
            return 1.05
        if direct < 400:
            return None
        best = min(
            distance_km(origin, airport(hub)) + distance_km(airport(hub), destination)
            for hub in carrier.hubs
        )
        return best / direct if best / direct <= 1.9 else None

    def _nonstop(
        self, carrier: Carrier, origin: Airport, destination: Airport, wish: Wish
    ) -> Iterator[Itinerary]:
        serves = carrier is DUFFEL_AIRWAYS or (
            bool({origin.iata, destination.iata} & set(carrier.hubs))
            or {origin.country, destination.country} <= set(carrier.realm)
        )
        if not serves or distance_km(origin, destination) > _RANGE_KM:
            return
        if wish.connecting_only:
            return
        labels = (carrier.iata, origin.iata, destination.iata)
        count = 1 + self._dice.roll(3, "daily", *labels)
        for index in range(count):
            departs = self._scheduled(
                carrier, origin, destination, wish.on, index=index, count=count
            )
            via = self._between(origin, destination)
            stop = via if wish.with_technical_stop else None
            yield Itinerary((self._fly(carrier, origin, destination, departs, stop),))

    def _connecting(
        self, carrier: Carrier, origin: Airport, destination: Airport, wish: Wish
    ) -> Iterator[Itinerary]:
        nonstop_only = carrier.point_to_point or wish.with_technical_stop
        if wish.max_connections < 1 or nonstop_only:
            return
        if distance_km(origin, destination) < 400:
            return
        hubs = self._hubs(carrier, origin, destination)
        # Two departures: over two hubs, or twice over the only one.
        for index, hub in enumerate((hubs * 2)[:2]):
            departs = self._scheduled(
                carrier, origin, hub, wish.on, index=index, count=2
            )
            yield self._chain(carrier, (origin, hub, destination), departs)
        if wish.max_connections >= 2 and len(hubs) >= 2:
            first, second = sorted(
                hubs[:2], key=lambda hub: (distance_km(origin, hub), hub.iata)
            )
            departs = self._scheduled(carrier, origin, first, wish.on, index=0, count=1)
            yield self._chain(carrier, (origin, first, second, destination), departs)

    def _hubs(
        self, carrier: Carrier, origin: Airport, destination: Airport
    ) -> list[Airport]:
        """Return the carrier's hubs on the way, the straightest first."""
        direct = distance_km(origin, destination)
        ranked = []
        for code in carrier.hubs:
            hub = airport(code)
            legs = distance_km(origin, hub), distance_km(hub, destination)
            if min(legs) > 150 and max(legs) <= _RANGE_KM and sum(legs) <= 1.9 * direct:
                ranked.append((round(sum(legs)), code, hub))
        return [hub for _, _, hub in sorted(ranked, key=lambda found: found[:2])]

    def _between(self, origin: Airport, destination: Airport) -> Airport:
        hubs = self._hubs(DUFFEL_AIRWAYS, origin, destination)
        return hubs[0] if hubs else airport("VIE")

    def _scheduled(
        self,
        carrier: Carrier,
        origin: Airport,
        destination: Airport,
        on: date,
        *,
        index: int,
        count: int,
    ) -> datetime:
        """Return the departure (UTC): the day from 06:00 to 22:00 is divided up."""
        width = 960 // count
        offset = self._dice.roll(
            width, "slot", carrier.iata, origin.iata, destination.iata, index
        )
        minute = 5 * ((360 + index * width + offset) // 5)
        wall = datetime.combine(on, time(minute // 60, minute % 60), origin.zone)
        return wall.astimezone(UTC)

    def _fly(
        self,
        carrier: Carrier,
        origin: Airport,
        destination: Airport,
        departs: datetime,
        via: Airport | None = None,
    ) -> Leg:
        """Return one flight whose local times are each unambiguous.

        Local times carry no offset, so a flight that left or landed in the hour
        that a clock change repeats could not be told from one an hour earlier.
        """
        while True:
            stop = None
            if via is None:
                block = timedelta(minutes=_block_minutes(origin, destination))
                arrives = departs + block
            else:
                landed = departs + timedelta(minutes=_block_minutes(origin, via))
                stop = Stop(via, landed, landed + timedelta(minutes=55))
                rest = timedelta(minutes=_block_minutes(via, destination))
                arrives = stop.departs + rest
            if _unambiguous(departs, origin) and _unambiguous(arrives, destination):
                break
            departs += timedelta(hours=1)
        clock = departs.astimezone(origin.zone).strftime("%H%M")
        number = 100 + self._dice.roll(
            6900, "number", carrier.iata, origin.iata, destination.iata, clock
        )
        return Leg(carrier, str(number), origin, destination, departs, arrives, stop)

    def _chain(
        self, carrier: Carrier, route: tuple[Airport, ...], departs: datetime
    ) -> Itinerary:
        """Fly `route` in legs, changing planes for 60 to 295 minutes at each hub."""
        legs: list[Leg] = []
        codes = "-".join(place.iata for place in route)
        for origin, destination in itertools.pairwise(route):
            leg = self._fly(carrier, origin, destination, departs)
            legs.append(leg)
            pause = 60 + 5 * self._dice.roll(48, "layover", carrier.iata, codes)
            departs = leg.arrives + timedelta(minutes=pause)
        return Itinerary(tuple(legs))
