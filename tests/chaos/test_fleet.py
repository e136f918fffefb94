"""Many trips, two sidecars, ticks at once, and Redis coming and going."""

from __future__ import annotations

import threading
from uuid import UUID

import psycopg
import pytest

from tests.factories import World, until
from tests.redis_server import RedisServer

TRIPS = 50


def tick_from_many(world: World, *, ticks: int) -> list[threading.Thread]:
    """Run ticks from connections of their own, all at once."""
    barrier = threading.Barrier(ticks)

    def tick() -> None:
        with psycopg.connect(world.dsn, autocommit=True) as connection:
            barrier.wait()
            connection.execute("select public.auto_book_monitor()")

    threads = [threading.Thread(target=tick) for _ in range(ticks)]
    for thread in threads:
        thread.start()
    return threads


def assert_each_booked_once(world: World, trips: list[UUID]) -> None:
    """Assert 50 bookings, 50 orders, 50 captures, in the sandboxes' truth."""
    orders, intents = world.orders(), world.intents()
    booked_trips = [o["metadata"]["trip_request_id"] for o in orders]
    assert sorted(booked_trips) == sorted(str(t) for t in trips)
    captured = [i for i in intents if i["captured"]]
    paid_trips = [i["metadata"]["trip_request_id"] for i in captured]
    assert sorted(paid_trips) == sorted(booked_trips)
    assert all(i["captured"] == i["amount"] for i in captured)
    assert sum(i["held"] for i in intents) == 0
    booked = world.value(
        "select count(*) from public.flight_bookings where status = 'CONFIRMED'"
    )
    assert booked == len(trips)
    assert world.violations() == []


@pytest.mark.parametrize("redis", ["never there", "there", "stopped on the way"])
def test_two_sidecars_and_many_ticks_book_every_trip_once(
    world: World, redis_server: RedisServer, redis: str
) -> None:
    """Redis there, gone, or going: the same 50 bookings."""
    if redis == "never there":
        redis_server.stop()
    world.redis_url = redis_server.url
    trips = [world.trip(world.traveller()) for _ in range(TRIPS)]
    with world.working(sidecars=2, threads=8):
        threads = tick_from_many(world, ticks=4)
        if redis == "stopped on the way":
            until(lambda: len(world.orders()) > TRIPS // 5, seconds=120)
            redis_server.stop()
            assert len(world.orders()) < TRIPS
        threads += tick_from_many(world, ticks=4)
        for thread in threads:
            thread.join()
        # A sidecar's own tick may still be running.
        world.tick()
        until(world.at_rest, seconds=240)
    assert_each_booked_once(world, trips)
