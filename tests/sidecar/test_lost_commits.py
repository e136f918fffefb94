"""A commit of which the client never heard: done, and not done again.

The database has committed, the connection ends before it can say so. What was written
counts: the same answer is reported again, the same claim is somebody else's by its
lease, and an order whose leave to go was lost never left.
"""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.factories import World, until
from tests.sidecar.test_worker import Bench, assert_booked_once

# Six answers are reported on the way to a booking: from the search to the capture.
LOST = [
    ("claim_calls", 1),
    ("mark_sent", 1),
    *(("finish_calls", n + 1) for n in range(6)),
]


@pytest.mark.parametrize(("step", "nth"), LOST)
def test_a_commit_whose_acknowledgement_was_lost_is_not_done_twice(
    world: World, step: str, nth: int
) -> None:
    """The trip is booked and paid once; what the lost answer held is recovered."""
    # Or the heartbeat stands in for it, and its sweeps are reported too.
    world.let_cron_do_it()
    # Or the calls that nobody heard of would wait for minutes.
    world.rows("update engine.operations set lease = '1 second'")
    trip = world.trip(world.traveller())
    bench = Bench(world)
    working, lost = getattr(bench.database, step), []

    def losing(*args: Any, **options: Any) -> Any:
        result = working(*args, **options)
        # A claim of nothing is no loss.
        if result != [] or step != "claim_calls":
            lost.append(result)
            if len(lost) == nth:
                raise psycopg.OperationalError("the connection was closed")
        return result

    setattr(bench.database, step, losing)

    def settled() -> bool:
        world.rows("select engine.recover()")
        return world.at_rest()

    with bench.running():
        world.tick()
        until(lambda: len(lost) >= nth)
        until(settled)
    assert len(world.orders(trip)) == 1
    assert len(world.flights.state()["order_attempts"]) == 1
    assert_booked_once(world, trip)
