"""Who is searched next: the two baselines, and what knowing everything would find.

All have the same market, trips and budget as the engine. A look costs one search; a
trip is booked by a look of its own whose fare is at most its cap.
"""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tests.bench.simulated_market import FareMarket, Search
from tests.bench.simulated_trips import Trip


@dataclass(slots=True)
class Outcome:
    """What a policy did."""

    name: str
    budget: int  # searches per tick
    searches: list[int] = field(default_factory=list)  # by tick
    booked: dict[int, tuple[int, float]] = field(default_factory=dict)
    """Trip number -> tick, price / cap."""

    @property
    def spent(self) -> int:
        """All searches made."""
        return sum(self.searches)

    @property
    def per_booking(self) -> float:
        """Searches per booking."""
        return self.spent / max(len(self.booked), 1)


class Looker:
    """Makes a baseline's looks within a tick's budget.

    With `share`, an answer to an identical search of the same tick that is above the
    cap spares the look; one that fits still costs the trip its own.
    """

    def __init__(self, market: FareMarket, outcome: Outcome, *, share: bool) -> None:
        self._market, self._outcome, self._share = market, outcome, share
        self._seen: set[Search] = set()
        self._tick = 0
        self.left = 0

    def begin(self, tick: int) -> None:
        """Start a tick."""
        self._tick, self.left = tick, self._outcome.budget
        self._seen.clear()
        self._outcome.searches.append(0)

    def is_over(self, trip: Trip, search: Search) -> bool:
        """Tell whether there is nothing more to search."""
        return trip.number in self._outcome.booked or search.last_tick() < self._tick

    def look(self, trip: Trip, search: Search) -> float:
        """Return the cheapest fare as a part of the cap; infinite: nothing on sale."""
        fare = self._market.cheapest(search, self._tick)
        ratio = float("inf") if fare is None else fare / float(trip.cap)
        if not (self._share and search in self._seen and ratio > 1):
            self.left -= 1
            self._outcome.searches[-1] += 1
            self._seen.add(search)
            if ratio <= 1:
                self._outcome.booked[trip.number] = self._tick, ratio
        return ratio


def arrivals(trips: Sequence[Trip], ticks: int) -> Iterator[list[Trip]]:
    """Return the trips that arrive at each tick."""
    by_tick: dict[int, list[Trip]] = {}
    for trip in trips:
        by_tick.setdefault(trip.arrives, []).append(trip)
    for tick in range(ticks):
        yield by_tick.get(tick, [])


def round_robin(
    trips: Sequence[Trip], market: FareMarket, *, budget: int, ticks: int, share: bool
) -> Outcome:
    """Make every trip's searches in turn, each tick as far as the budget goes."""
    outcome = Outcome("round-robin" + (", sharing" if share else ""), budget)
    looker = Looker(market, outcome, share=share)
    queue: deque[tuple[Trip, Search]] = deque()
    for tick, fresh in enumerate(arrivals(trips, ticks)):
        looker.begin(tick)
        queue.extend((trip, search) for trip in fresh for search in trip.searches)
        for _ in range(len(queue)):
            if not looker.left:
                break
            trip, search = queue.popleft()
            if not looker.is_over(trip, search):
                looker.look(trip, search)
                queue.append((trip, search))
    return outcome


def cheapest_first(
    trips: Sequence[Trip], market: FareMarket, *, budget: int, ticks: int, share: bool
) -> Outcome:
    """Make those searches first whose last fare was the smallest part of the cap.

    One that was never made comes before all.
    """
    outcome = Outcome("cheapest first" + (", sharing" if share else ""), budget)
    looker = Looker(market, outcome, share=share)
    order = itertools.count()
    heap: list[tuple[float, int, Trip, Search]] = []
    for tick, fresh in enumerate(arrivals(trips, ticks)):
        looker.begin(tick)
        for trip in fresh:
            for search in trip.searches:
                heapq.heappush(heap, (0.0, next(order), trip, search))
        done = []
        while heap and looker.left:
            _, _, trip, search = heapq.heappop(heap)
            if not looker.is_over(trip, search):
                done.append((looker.look(trip, search), next(order), trip, search))
        for one in done:
            heapq.heappush(heap, one)
    return outcome


def first_fits(
    trips: Sequence[Trip], market: FareMarket, *, ticks: int
) -> dict[int, int]:
    """Return, for each trip that anybody could book, the first tick that fits."""
    fits = {}
    for trip in trips:
        best: int | None = None
        for search in trip.searches:
            end = ticks if best is None else best
            last = min(search.last_tick(), end - 1)
            found = market.first_fit(search, float(trip.cap), trip.arrives, last)
            best = best if found is None else found
        if best is not None:
            fits[trip.number] = best
    return fits
