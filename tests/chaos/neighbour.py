"""Another installation on the same accounts: what each must never do to the other.

It has a database of its own and knows nothing of the first; both see each other's
orders and payments in the providers' lists. The oracle is what the providers say.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.factories import World

NAME = "select id::text from engine.installation"
_CASES = "select kind, object_id, evidence::text as evidence from engine.review_cases"
Thing = tuple[str, str]  # the installation that made it, and its id


def move_in(beside: World, dsn: str, kind: Callable[..., World] = World) -> World:
    """Return another installation at `dsn`, a copy of the first at rest (superuser)."""
    world = kind(
        dsn=dsn,
        flights=beside.flights,
        flights_url=beside.flights_url,
        payments=beside.payments,
        payments_url=beside.payments_url,
    )
    world.rows("select engine.renew_installation('lives beside its original')")
    return world


class Border:
    """Tells what changed at the providers while somebody else was at work."""

    def __init__(self, *worlds: World) -> None:
        self._names = {id(world): str(world.value(NAME)) for world in worlds}
        assert len(set(self._names.values())) == len(worlds)
        self._worlds = worlds
        self._seen = self._look()

    def crossed(self, mover: World) -> list[str]:
        """Return what changed since the last time though it is not the mover's."""
        before, self._seen = self._seen, self._look()
        mine = self._names[id(mover)]
        return [
            f"{mine} changed {key} of {owner}"
            for owner, key in {**before, **self._seen}
            if owner != mine
            and before.get((owner, key)) != self._seen.get((owner, key))
        ]

    def look_anew(self) -> None:
        """Look again, because time or the providers themselves changed something."""
        self._seen = self._look()

    def named(self) -> list[str]:
        """Return the cases that one opened about what is another's."""
        return [
            f"case {case['kind']} of {mine} is about {key} of {owner}"
            for world, mine in zip(self._worlds, self._names.values(), strict=True)
            for case in world.rows(_CASES)
            for owner, key in self._seen
            if owner != mine and key in (case["object_id"] + " " + case["evidence"])
        ]

    def _look(self) -> dict[Thing, dict[str, Any]]:
        world = self._worlds[0]
        things = [
            *world.flights.state()["orders"],
            *world.payments.state()["payment_intents"],
        ]
        return {
            (thing["metadata"].get("installation_id", "nobody"), thing["id"]): {
                # An order appears by itself, in its own time.
                **thing,
                "visible": None,
            }
            for thing in things
        }
