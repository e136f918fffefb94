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


class Lives:
    """One sidecar after the other: the one that recovers goes on to the next point."""

    def __init__(self, world: World, story: Story) -> None:
        self.world, self.story = world, story
        self._sidecar = start_sidecar(world)

    def crash(self, *crash_at: int) -> tuple[int, float]:
        """Die once at each point, recover; return deaths and seconds to rest."""
        places: list[str] = []
        trip = prepare(
            self.world, self.story, lambda: self._sidecar.begin_again(crash_at[0])
        )
        try:
            while (place := self._die(trip)) is not None:
                places.append(place)
                died_at = time.monotonic()
                self._sidecar = start_sidecar(
                    self.world, [*crash_at, NEVER][len(places)]
                )
            assert_ends(self.world, self.story, trip)
        except AssertionError as error:
            error.add_note(f"points {crash_at}: {places}, {describe(self.world, trip)}")
            raise
        self._sidecar.begin_again(NEVER)
        return len(places), time.monotonic() - died_at if places else 0.0

    def end(self) -> None:
        """Stop the one that lives."""
        assert not self._sidecar.end()

    def _die(self, trip: UUID) -> str | None:
        """Let the sidecar work; return where it died, if it did."""
        sidecar = self._sidecar
        run(
            self.world,
            self.story,
            trip,
            stopped=lambda: sidecar.is_at_its_point() or not sidecar.process.is_alive(),
        )
        if sidecar.process.is_alive() and sidecar.is_over():
            return None
        assert sidecar.end(), "it died of something else"
        # A statement that was under way is finished by the server all the same.
        until(lambda: not self.world.value(_SESSIONS))
        lapse_leases(self.world)
        return sidecar.point


@pytest.mark.parametrize("name", STORIES)
def test_a_sidecar_killed_anywhere_leaves_one_booking_or_none(
    world: World, name: str, record_property: Callable[[str, object], None]
) -> None:
    """Once at each point, and again while it recovers."""
    slowest, tried, last = 0.0, 0, 0
    lives = Lives(world, STORIES[name])
    for point in crash_points(name):
        assert point < _MOST_POINTS, "the story has more points than expected"
        deaths, seconds = lives.crash(point)
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
                if lives.crash(first, second)[0] < 2:
                    break
    else:
        for _ in range(_PAIRS):
            pairs += 1
            first = chosen.randint(1, last)
            lives.crash(first, chosen.randint(1, last - first + 1))
    lives.end()
    record_property(
        "crash points",
        f"sidecar killed, {name}: {tried} points, {pairs} pairs,"
        f" at most {slowest:.1f} s to rest",
    )
