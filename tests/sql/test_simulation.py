"""The search plan finds more with less: a small simulation (`make simulate`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal

import psycopg
import pytest

from sidecar.local.cluster import Cluster
from tests.bench.simulated_engine import run_engine, state_trips
from tests.bench.simulated_market import (
    DAY_TICKS,
    START,
    TICK,
    FareMarket,
    FareWalk,
    Search,
)
from tests.bench.simulated_policies import Outcome, first_fits, round_robin
from tests.bench.simulated_trips import Trip, draw_trips
from tests.sandbox.flights.dice import Dice
from tests.sandbox.flights.fares import walk
from tests.sql import cloned_database

SEED = 7
DAYS = 2
TICKS = DAYS * DAY_TICKS
BUDGET = 10  # searches per tick


@pytest.fixture(scope="module")
def market() -> FareMarket:
    """Return the sandbox's fares."""
    return FareMarket(SEED)


@pytest.fixture(scope="module")
def trips(market: FareMarket) -> list[Trip]:
    """Return what 200 travellers want."""
    return draw_trips(market, seed=SEED, count=200, days=DAYS)


@pytest.fixture(scope="module")
def engine(
    cluster: Cluster,
    template: str,
    clone_name: Callable[[], str],
    market: FareMarket,
    trips: list[Trip],
) -> Iterator[Outcome]:
    """Return what the engine made of it."""
    with cloned_database(cluster, template, clone_name) as dsn:
        yield run_engine(dsn, trips, market, budget=BUDGET, ticks=TICKS)


def test_it_books_no_fewer_trips_than_a_round_robin_with_fewer_searches_each(
    engine: Outcome, market: FareMarket, trips: list[Trip]
) -> None:
    """On the same market, trips and budget."""
    baseline = round_robin(trips, market, budget=BUDGET, ticks=TICKS, share=True)
    assert len(engine.booked) >= len(baseline.booked) > 0
    assert engine.per_booking < baseline.per_booking


def test_it_books_within_the_cap_the_budget_and_what_was_possible(
    engine: Outcome, market: FareMarket, trips: list[Trip]
) -> None:
    """The market is the oracle: what was paid was on sale then, and no sooner."""
    fits = first_fits(trips, market, ticks=TICKS)
    assert max(engine.searches) <= BUDGET
    assert engine.booked.keys() <= fits.keys()
    for number, (tick, ratio) in engine.booked.items():
        trip = trips[number]
        fares = [market.cheapest(search, tick) for search in trip.searches]
        assert tick >= fits[number]
        assert ratio <= 1
        assert ratio * float(trip.cap) in [
            pytest.approx(fare) for fare in fares if fare is not None
        ]


def test_the_baselines_search_for_what_the_engine_plans(
    connect: Callable[[], psycopg.Connection[tuple[object, ...]]], trips: list[Trip]
) -> None:
    """A trip means the same searches to all."""
    sql = connect()
    state_trips(sql, trips)
    sql.execute(
        "select engine.plan_trips(array_agg(id), %s) from public.trip_requests", [START]
    )
    for trip in trips:
        planned = sql.execute(
            "select origin, destination, departure_date, return_date"
            " from engine.trip_searches"
            " where trip_request_id = md5('trip' || %s)::uuid",
            [str(trip.number)],
        ).fetchall()
        assert {Search(*row) for row in planned} == set(trip.searches)  # type: ignore[arg-type]


def test_the_markets_fares_are_those_of_the_sandbox(
    market: FareMarket, trips: list[Trip]
) -> None:
    """But for what suppliers round: a tenth, or the whole unit."""
    for number, trip in enumerate(trips[:30]):
        search = trip.searches[0]
        tick = trip.arrives + number
        offers = market.writer.offers(market.asked(search, START + tick * TICK))
        shown = min(Decimal(offer["total_amount"]) for offer in offers)
        assert market.cheapest(search, tick) == pytest.approx(float(shown), abs=0.5)


def test_the_first_fit_is_the_first_tick_at_or_below_the_cap(
    market: FareMarket, trips: list[Trip]
) -> None:
    """Passing over hours that cannot fit passes over none that does."""
    for trip in trips[:60]:
        search, cap = trip.searches[0], float(trip.cap)
        fares = [market.cheapest(search, tick) for tick in range(TICKS)]
        fitting = [
            n for n, fare in enumerate(fares) if fare is not None and fare <= cap
        ]
        assert market.first_fit(search, cap, 0, TICKS - 1) == next(iter(fitting), None)


def test_a_fare_walks_as_in_the_sandbox() -> None:
    """At the ends of an hour, and between."""
    route = ("BA", "LHR", "JFK", "2026-04-01")
    moved = FareWalk(Dice(SEED), route)
    for tick in range(0, 200, 7):
        expected = walk(Dice(SEED), START + tick * TICK, *route)
        assert moved.factor(tick) == pytest.approx(float(expected), abs=1e-9)
