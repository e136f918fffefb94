"""A bounded number of waiting senders; the greediest gives way to a newcomer.

If newcomers were turned away when every place is taken, a few slow senders could shut
everybody else out. Here a newcomer always gets in. When that makes one too many, the
source with the most places loses the place that it has had the longest. A quick sender
has left before its turn comes, whatever the slow ones do, even one that shares an
address with them.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(eq=False, slots=True)
class Place:
    """One sender's place; `give_way` is called when it has to go."""

    source: str
    give_way: Callable[[], None]


@dataclass(slots=True)
class WaitingRoom:
    """At most `places` wait at once; used by one event loop, so there are no locks."""

    places: int
    _taken: dict[str, dict[Place, None]] = field(default_factory=dict)
    _count: int = 0

    def enter(self, source: str, give_way: Callable[[], None]) -> Place:
        """Take a place; when none is left, another sender is called to give way."""
        place = Place(source, give_way)
        self._taken.setdefault(source, {})[place] = None
        self._count += 1
        if self._count > self.places:
            # Dictionaries keep their order: of equals the one that came first.
            greediest = max(self._taken.values(), key=len)
            longest = next(iter(greediest))
            self.leave(longest)
            longest.give_way()
        return place

    def leave(self, place: Place) -> None:
        """Give the place back; a second call does nothing."""
        taken = self._taken.get(place.source, {})
        if place not in taken:
            return
        del taken[place]
        self._count -= 1
        if not taken:
            del self._taken[place.source]


def source_of(address: str | None) -> str:
    """Return the source that an address belongs to: for IPv6 one customer's network.

    What a request says of itself (`X-Forwarded-For` and the like) is ignored.
    """
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return ""  # a socket of this machine
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)
