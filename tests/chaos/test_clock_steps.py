"""The database's clock is set right in mid-saga, forwards or back, before any step.

The providers' clocks go on. What is compared across the step may look odd, and an
invariant that reads times may say so; money and orders are as promised.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Any
from uuid import UUID

import pytest

from tests.chaos.oracle import Truth
from tests.chaos.stepper import Hand, Stepper
from tests.clock import move_clock
from tests.factories import World, in_days, running_world

_MOST_STEPS = 100


class SteppedClock(Stepper):
    """A stepper whose database's clock jumps at the n-th send or report of a trip."""

    def __init__(self, world: World, *, seconds: float) -> None:
        super().__init__(world)
        self._seconds = seconds

    def go(self, trip: UUID, *, jump_at: int) -> None:
        """Search and book, a step at a time, until nothing is due soon."""
        self._trip, self._jump_at, self.steps = trip, jump_at, 0
        self.world.tick()
        while self.claim("one"):
            while self.hands:
                for hand in list(self.hands):
                    self._step(hand)
                    self.send(hand)
                    self._step(hand)
                self.report(list(self.hands))

    def _step(self, hand: Hand) -> None:
        if hand.call.trip_request_id != self._trip:
            return
        self.steps += 1
        if self.steps == self._jump_at:
            move_clock(self.world.rows, self._seconds)
            self.world.rows("select engine.beat_flags('test')")
            self.run_schedules()


@pytest.mark.parametrize("minutes", [-60, -10, 10, 60])
def test_a_clock_that_is_set_in_mid_saga_doubles_and_loses_nothing(
    open_database: Callable[[], Any], minutes: int
) -> None:
    """Before every send and every report in turn; one booking, or none and no money."""
    ends = set()
    with (
        open_database() as dsn,
        running_world(dsn, recordings=False) as world,
        closing(SteppedClock(world, seconds=minutes * 60)) as stepper,
    ):
        for jump_at in range(1, _MOST_STEPS):
            # The trips of before are not searched again.
            world.rows("update public.trip_requests set next_search_at = 'infinity'")
            trip = world.trip(
                world.traveller(),
                origins=["PPT"],
                destinations=["BOB"],
                departure_from=in_days(40),
                currency="USD",
            )
            stepper.go(trip, jump_at=jump_at)
            stepper.run_to_rest(rounds=200)
            truth = Truth(world)
            assert truth.broken() + truth.loose_ends() == []
            assert len(world.orders(trip)) <= 1
            ends.add(world.status(trip))
            if stepper.steps < jump_at:
                break
            # Set right again, while nothing is under way.
            move_clock(world.rows, -minutes * 60)
            if minutes > 0:
                # A heartbeat of the hour that is to come again would not count.
                world.rows("select engine.beat_flags('test')")
        else:
            raise AssertionError("a booking has more steps than expected")
    assert "BOOKED" in ends
