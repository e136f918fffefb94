"""Trips as people state them, arriving over a month. Seeded."""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from tests.bench.simulated_market import DAY_TICKS, START, FareMarket, Search
from tests.sandbox.flights.carriers import ALL_CARRIERS
from tests.sandbox.flights.places import airport, distance_km

ROUTES = 150
_LEAD_DAYS = (4, 45, 18)  # from the statement to the first departure: least, most, mode
# The cap by the typical fare: least, most, and how many in a hundred trips.
_CAPS = ((0.60, 0.78, 15), (0.84, 0.97, 65), (1.00, 1.15, 20))


@dataclass(frozen=True, slots=True)
class Trip:
    """What one traveller wants; `searches` is what the plan makes of it."""

    number: int
    arrives: int  # tick
    origin: str
    destinations: tuple[str, ...]
    departures: tuple[int, int]  # days after the start
    nights: int | None
    cap: Decimal
    searches: tuple[Search, ...]

    @property
    def currency(self) -> str:
        """The cap's, which is the fares'."""
        return self.searches[0].currency()


def draw_routes(dice: random.Random) -> list[tuple[str, str]]:
    """Return routes between carriers' hubs, which are real airports."""
    hubs = sorted({hub for carrier in ALL_CARRIERS for hub in carrier.hubs})
    pairs = [
        (a, b)
        for a, b in itertools.permutations(hubs, 2)
        if distance_km(airport(a), airport(b)) > 400
    ]
    return dice.sample(pairs, ROUTES)


def draw_trips(market: FareMarket, *, seed: int, count: int, days: int) -> list[Trip]:
    """Return trips in the order of their arrival, which is even over the days.

    The n-th route is asked for in proportion to 1 / n.
    """
    dice = random.Random(seed)
    routes = draw_routes(dice)
    weights = [1 / rank for rank in range(1, ROUTES + 1)]
    arrivals = sorted(dice.randrange(days * DAY_TICKS) for _ in range(count))
    trips: list[Trip] = []
    for number, arrives in enumerate(arrivals):
        (origin, destination), other = dice.choices(routes, weights, k=2)
        destinations = [destination]
        # About every seventh would go to either of two places.
        if dice.random() < 0.15 and other[1] not in (origin, destination):
            destinations.append(other[1])
        least, most, mode = _LEAD_DAYS
        first = arrives // DAY_TICKS + round(dice.triangular(least, most, mode))
        last = first + dice.choice((0, 0, 1, 2))
        nights = None if dice.random() < 0.4 else dice.choice((3, 4, 7, 7, 7, 10, 14))
        searches = tuple(
            Search(
                origin,
                place,
                departs := (START + timedelta(days=day)).date(),
                None if nights is None else departs + timedelta(days=nights),
            )
            for day in range(first, last + 1)
            for place in sorted(destinations)
        )
        fares = [market.typical(search) for search in searches]
        low, high, _ = dice.choices(_CAPS, [share for *_, share in _CAPS])[0]
        typical = min(fare for fare in fares if fare is not None)
        cap = Decimal(f"{typical * dice.uniform(low, high):.2f}")
        trips.append(
            Trip(
                number,
                arrives,
                origin,
                tuple(destinations),
                (first, last),
                nights,
                cap,
                searches,
            )
        )
    return trips
