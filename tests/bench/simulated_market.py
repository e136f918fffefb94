"""The Duffel sandbox's fares, without its HTTP and its JSON: any search at any tick.

A fare there is a fixed price times a walk over time, so the fixed prices of a search
are asked once and a look only moves them. `tests/sql/test_simulation.py` holds this to
what the sandbox itself answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from tests.sandbox.flights.dice import Dice
from tests.sandbox.flights.fares import (
    WALK_BOUND_PERCENT,
    WALK_BUCKET_SECONDS,
    WALK_OCTAVES,
    brands_for,
    price_usd,
    walk,
)
from tests.sandbox.flights.ids import IdFactory
from tests.sandbox.flights.money import currency_of, from_dollars
from tests.sandbox.flights.network import Itinerary
from tests.sandbox.flights.offers import Asked, OfferWriter
from tests.sandbox.flights.places import airport, distance_km
from tests.sandbox.flights.wishes import read_search

# A Monday.
START = datetime(2026, 3, 2, tzinfo=UTC)
TICK = timedelta(seconds=WALK_BUCKET_SECONDS)
DAY_TICKS = timedelta(days=1) // TICK
_FIRST_BUCKET = int(START.timestamp()) // WALK_BUCKET_SECONDS
_HOUR = 6  # ticks: between whole hours all octaves but the finest run straight
_FINEST = WALK_OCTAVES[0][1] / 100
_LOWEST = 1 - WALK_BOUND_PERCENT / 100
_HIGHEST = 1 + WALK_BOUND_PERCENT / 100


class Search(NamedTuple):
    """What is asked for one adult in economy, with one connection at most."""

    origin: str
    destination: str
    departs: date
    returns: date | None

    def request(self) -> dict[str, object]:
        """Return the body of the offer request."""
        slices = [(self.origin, self.destination, self.departs)]
        if self.returns is not None:
            slices.append((self.destination, self.origin, self.returns))
        return {
            "slices": [
                {"origin": a, "destination": b, "departure_date": str(on)}
                for a, b, on in slices
            ],
            "passengers": [{"type": "adult"}],
            "cabin_class": "economy",
            "max_connections": 1,
        }

    def last_tick(self) -> int:
        """Return the last tick at which it is searched: the day of departure is."""
        over = datetime.combine(self.departs, datetime.min.time(), UTC)
        return (over + timedelta(days=1) - START) // TICK - 1

    def currency(self) -> str:
        """Return what its fares are sold in."""
        return currency_of(airport(self.origin).country)


class FareWalk:
    """How one carrier's fares on one route and date move; the points are remembered."""

    def __init__(self, dice: Dice, route: tuple[object, ...]) -> None:
        self._dice, self._route = dice, route
        self._points: tuple[dict[int, int], ...] = tuple({} for _ in WALK_OCTAVES)

    def factor(self, tick: int, *, finest: bool = True) -> float:
        """Return what `fares.walk` returns, or that without its finest octave."""
        bucket = _FIRST_BUCKET + tick
        percent = 0.0
        for octave in range(0 if finest else 1, len(WALK_OCTAVES)):
            period, weight = WALK_OCTAVES[octave]
            index, rest = divmod(bucket, period)
            here = self._point(octave, index)
            if rest:
                here += (self._point(octave, index + 1) - here) * rest / period
            percent += here * weight / 1000
        return 1 + percent / 100

    def _point(self, octave: int, index: int) -> float:
        known = self._points[octave]
        if index not in known:
            period = WALK_OCTAVES[octave][0]
            roll = self._dice.roll(2001, "walk", period, index, *self._route)
            known[index] = roll - 1000
        return known[index]


@dataclass(frozen=True, slots=True)
class Way:
    """One carrier's flights for a search: a fixed price and a walk for each slice."""

    prices: tuple[float, ...]
    walks: tuple[FareWalk, ...]
    leaves: datetime

    @property
    def price(self) -> float:
        """The fare where the walk stands at its mean."""
        return sum(self.prices)

    def beats(self, other: Way) -> bool:
        """Tell whether it is never dearer than `other`, because they move alike."""
        return self.walks == other.walks and all(
            mine <= theirs
            for mine, theirs in zip(self.prices, other.prices, strict=True)
        )

    def fare(self, tick: int, *, finest: bool = True) -> float:
        """Return the fare at a tick."""
        return sum(
            price * one.factor(tick, finest=finest)
            for price, one in zip(self.prices, self.walks, strict=True)
        )


class FareMarket:
    """Cheapest fares by search and tick, in the currency of the origin."""

    def __init__(self, seed: int) -> None:
        self._dice = Dice(seed)
        self.writer = OfferWriter(self._dice, IdFactory())
        self._walks: dict[tuple[object, ...], FareWalk] = {}
        self._parts: dict[str, tuple[Decimal, FareWalk]] = {}
        self._ways: dict[Search, tuple[list[Way], list[Way]]] = {}
        self._fares: dict[tuple[Search, int], float | None] = {}
        self._lows: dict[tuple[Search, int], float] = {}

    def asked(self, search: Search, now: datetime) -> Asked:
        """Return the search as the sandbox reads it."""
        wish = read_search(search.request(), now=now)
        return Asked(wish, [{"id": "pas", "type": "adult", "age": None}], now, None)

    def typical(self, search: Search) -> float | None:
        """Return the cheapest fare where no walk has moved it; None: no flights."""
        ways, _ = self._known(search)
        return min((way.price for way in ways), default=None)

    def cheapest(self, search: Search, tick: int) -> float | None:
        """Return the cheapest fare on sale at a tick, in cents; None: nothing."""
        key = search, tick
        if key not in self._fares:
            everything, ways = self._known(search)
            now = START + tick * TICK
            if search.departs <= (now + timedelta(days=1)).date():
                soonest = now + timedelta(hours=1)
                ways = [way for way in everything if way.leaves > soonest]
            lowest = min((way.fare(tick) for way in ways), default=None)
            self._fares[key] = None if lowest is None else round(lowest, 2)
        return self._fares[key]

    def first_fit(
        self, search: Search, cap: float, first: int, last: int
    ) -> int | None:
        """Return the first tick of these whose fare is at most `cap`.

        Whole hours are passed over where the lowest that the fare can be is above it.
        """
        lowest = self.typical(search)
        if lowest is None or lowest * _LOWEST > cap:
            return None
        for hour in range(first // _HOUR, last // _HOUR + 1):
            if self._low(search, hour) > cap:
                continue
            begin = max(first, hour * _HOUR)
            for tick in range(begin, min(last, hour * _HOUR + _HOUR - 1) + 1):
                fare = self.cheapest(search, tick)
                if fare is not None and fare <= cap:
                    return tick
        return None

    def _low(self, search: Search, hour: int) -> float:
        """Return a bound below every fare of the hour, less half a cent's rounding."""
        key = search, hour
        if key not in self._lows:
            self._lows[key] = (
                min(
                    min(
                        way.fare(tick, finest=False)
                        for tick in (hour * _HOUR, hour * _HOUR + _HOUR)
                    )
                    - way.price * _FINEST
                    for way in self._known(search)[1]
                )
                - 0.005
            )
        return self._lows[key]

    def _known(self, search: Search) -> tuple[list[Way], list[Way]]:
        """Return all ways to fly, and those of them that can ever be the cheapest."""
        if search not in self._ways:
            ways = self._find(search)
            best = min((way.price for way in ways), default=0) * _HIGHEST
            able: list[Way] = []
            for way in sorted(ways, key=lambda way: way.price):
                if way.price * _LOWEST <= best and not any(
                    other.beats(way) for other in able
                ):
                    able.append(way)
            self._ways[search] = ways, able
        return self._ways[search]

    def _find(self, search: Search) -> list[Way]:
        asked = self.asked(search, START)
        dates = [one.on for one in asked.wish.slices]
        currency = search.currency()
        found = []
        for carrier in self.writer._network.carriers(asked.wish.network_wish(0)):
            for trip in self.writer._trips(carrier, asked):
                walks, prices = [], []
                for itinerary, on in zip(trip, dates, strict=True):
                    price, one = self._part(itinerary, on)
                    prices.append(float(from_dollars(price, currency)))
                    walks.append(one)
                leaves = trip[0].legs[0].departs
                found.append(Way(tuple(prices), tuple(walks), leaves))
        return found

    def _part(self, itinerary: Itinerary, on: date) -> tuple[Decimal, FareWalk]:
        """Return a slice's fixed price in dollars, and its walk."""
        if itinerary.key not in self._parts:
            first, last = itinerary.legs[0], itinerary.legs[-1]
            km = distance_km(first.origin, last.destination)
            route = (first.carrier.iata, first.origin.iata, last.destination.iata, on)
            basic = min(
                brands_for(first.carrier, "economy", km), key=lambda one: one.percent
            )
            price = price_usd(self._dice, itinerary, basic, on=on, now=START)
            price /= walk(self._dice, START, *route)
            if route not in self._walks:
                self._walks[route] = FareWalk(self._dice, route)
            self._parts[itinerary.key] = price, self._walks[route]
        return self._parts[itinerary.key]
