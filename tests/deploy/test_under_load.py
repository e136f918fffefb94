"""Deploys during bookings hurt nobody; the figures of twenty: make deploys."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.deploy.load import book_beside_deploys
from tests.factories import World


def test_deploys_during_bookings_hurt_nobody(
    world: World, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """None fails, no traveller sees an error, every trip is booked once."""
    figures = book_beside_deploys(world, tmp_path, 3)
    record_property("longest pause of a saga", str(figures.longest_pause))
    assert (figures.deploys, figures.failed, figures.errors) == (3, [], [])
    assert figures.asked > 0
    assert len(world.orders()) == figures.booked
    assert world.violations() == []
