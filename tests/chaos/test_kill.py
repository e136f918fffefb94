"""kill -9 of the sidecar at points of every story, then a restart.

Every commit, send and receive is a crash point. The oracle is what Duffel and Stripe
say happened, and that everything comes to rest.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from uuid import UUID

import pytest

from tests.chaos.crashing_sidecar import NEVER, start_sidecar
from tests.chaos.stories import (
    STORIES,
    Story,
    crash_points,
    describe,
    lapse_leases,
    prepare,
    run,
)
from tests.chaos.truth import assert_ends
from tests.factories import World, until

# All pairs take hours: `make crash-points PAIRS=all`.
_ALL_PAIRS = os.environ.get("CRASH_PAIRS") == "all"
_PAIRS = 2
_SEED = 20261123
_MOST_POINTS = 200
_SESSIONS = (
    "select count(*) from pg_stat_activity where datname = current_database()"
    " and application_name = 'skylatch-sidecar'"
)


def live_and_die(world: World, story: Story, trip: UUID, crash_at: int) -> str | None:
    """Run a sidecar that dies at `crash_at`; return where it died, if it did."""
    sidecar = start_sidecar(world, crash_at)
    run(
        world,
        story,
        trip,
        stopped=lambda: sidecar.is_at_its_point() or not sidecar.process.is_alive(),
    )
    if not sidecar.end():
        return None
    # A statement that was under way is finished by the server all the same.
    until(lambda: not world.value(_SESSIONS))
    lapse_leases(world)
    return sidecar.point


def crash(world: World, story: Story, *crash_at: int) -> tuple[int, float]:
    """Die once at each of the points, recover; return deaths and seconds to rest."""
    trip = prepare(world, story)
    places: list[str] = []
    try:
        for point in crash_at:
            place = live_and_die(world, story, trip, point)
            if place is None:
                break
            places.append(place)
        died_at = time.monotonic()
        if len(places) == len(crash_at):
            assert live_and_die(world, story, trip, NEVER) is None
        assert_ends(world, story, trip)
    except AssertionError as error:
        error.add_note(f"points {crash_at}: {places}, {describe(world, trip)}")
        raise
    return len(places), time.monotonic() - died_at


@pytest.mark.parametrize("name", STORIES)
def test_a_sidecar_killed_anywhere_leaves_one_booking_or_none(
    world: World, name: str, record_property: Callable[[str, object], None]
) -> None:
    """Once at each point, and again while it recovers."""
    story, slowest, tried, last = STORIES[name], 0.0, 0, 0
    for point in crash_points(name):
        assert point < _MOST_POINTS, "the story has more points than expected"
        deaths, seconds = crash(world, story, point)
        if not deaths:
            break
        tried, last = tried + 1, point
        slowest = max(slowest, seconds)
    assert tried >= 1, "a call has four points at least"
    chosen = random.Random(f"{_SEED} {name}")
    pairs = 0
    if _ALL_PAIRS:
        for first in range(1, last + 1):
            for second in range(1, _MOST_POINTS):
                pairs += 1
                if crash(world, story, first, second)[0] < 2:
                    break
    else:
        for _ in range(_PAIRS):
            pairs += 1
            first = chosen.randint(1, last)
            crash(world, story, first, chosen.randint(1, last - first + 1))
    record_property(
        "crash points",
        f"sidecar killed, {name}: {tried} points, {pairs} pairs,"
        f" at most {slowest:.1f} s to rest",
    )
