"""Who hears of an event, when, and how the way there is bent on demand.

Sound deliveries are what the provider promises: at least once, in no order, again until
a 2xx for three days (docs.stripe.com/webhooks). Switches bend one delivery each, and
are armed through the control endpoint only. All times are the sandbox's, unix seconds.
Every method expects the caller to hold the world's lock.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Literal

from tests.sandbox.payments.errors import JsonObject
from tests.sandbox.persistence import Rows

SwitchKind = Literal[
    "duplicate",  # delivered twice
    "twin",  # two events with ids of their own tell of one fact
    "same_second",  # created in the second of the event before it
    "delay",  # first tried `seconds` later
    "reorder",  # held back until a later event has been delivered
    "drop",  # listed, never delivered
    # The first try is bent as follows, a second one is sound:
    "bad_signature",  # signed with a secret nobody has
    "no_signature",  # the header is missing
    "future_signature",  # signed as if it were `seconds` later
    "old_signature",  # signed as if it were `seconds` ago
    "altered_body",  # other bytes than those signed
    "wrong_livemode",  # well signed, of the other mode
]
TWISTS = frozenset(
    (
        "bad_signature",
        "no_signature",
        "future_signature",
        "old_signature",
        "altered_body",
        "wrong_livemode",
    )
)
_KINDS = TWISTS | {"duplicate", "twin", "same_second", "delay", "reorder", "drop"}
_FIRST_WAIT = 10.0
_LONGEST_WAIT = 12 * 3_600.0
_GIVEN_UP_AFTER = 3 * 86_400.0


@dataclass(slots=True)
class Switch:
    """Bends the delivery of the next `times` events of a type (None: of all)."""

    kind: SwitchKind
    match: str = "*"  # fnmatch pattern over the snapshot event's type
    times: int | None = 1
    seconds: float = 3_600.0

    def __post_init__(self) -> None:
        if self.kind not in _KINDS:
            raise ValueError(f"no such switch: {self.kind}")


@dataclass(slots=True)
class Destination:
    """Where events go; several secrets are in force while one is being replaced."""

    url: str
    types: list[str]
    thin: bool
    secrets: list[tuple[str, float | None]]  # with the time each one ends
    enabled: bool = True

    def wants(self, event_type: str) -> bool:
        """Tell whether it has subscribed to events of this type."""
        name = f"v1.{event_type}" if self.thin else event_type
        return self.enabled and ("*" in self.types or name in self.types)

    def secrets_at(self, now: float) -> list[str]:
        """Return the secrets in force, the newest first."""
        return [value for value, end in self.secrets if end is None or now < end]


@dataclass(slots=True)
class Delivery:
    """One event on its way to one destination."""

    number: int
    event: str
    destination: str
    planned: float
    due: float
    behind: bool = False
    twist: str | None = None
    shift: float = 0.0
    state: Literal["pending", "delivered", "given_up", "dropped"] = "pending"
    # What each try came back with; None: no answer.
    statuses: list[int | None] = field(default_factory=list)


class Webhooks:
    """Every destination, every delivery and the armed switches."""

    def __init__(self) -> None:
        self.notify: Callable[[], None] = lambda: None
        # By number; those still to be made are in `_pending` too.
        self.deliveries: Rows[Delivery] = Rows(asdict, lambda kept: Delivery(**kept))
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self.destinations: dict[str, Destination] = {}
        self._switches: list[Switch] = []
        self.deliveries.clear()
        self._pending: dict[int, Delivery] = {}
        self._undelivered: Counter[str] = Counter()

    def arm(self, switch: Switch) -> None:
        """Add a switch behind those already armed."""
        self._switches.append(switch)

    def disarm(self) -> None:
        """Remove every switch."""
        self._switches.clear()

    def take(self, event_type: str) -> Switch | None:
        """Return the first switch for an event of this type, counting it down."""
        for switch in self._switches:
            if fnmatchcase(event_type, switch.match):
                if switch.times is not None:
                    switch.times -= 1
                    if switch.times <= 0:
                        self._switches.remove(switch)
                return switch
        return None

    def plan(
        self,
        event: JsonObject,
        switch: Switch | None,
        *,
        now: float,
        to_all: bool = False,
    ) -> None:
        """Put a delivery on its way to each destination that wants the event."""
        kind = switch.kind if switch else None
        for name, destination in self.destinations.items():
            if not (destination.wants(event["type"]) or to_all):
                continue
            for _ in range(2 if kind == "duplicate" else 1):
                one = Delivery(len(self.deliveries), event["id"], name, now, now)
                self.deliveries.append(one)
                self._undelivered[one.event] += 1
                if switch is not None and kind == "delay":
                    one.due += switch.seconds
                elif switch is not None and kind in TWISTS:
                    one.twist, one.shift = kind, switch.seconds
                one.behind = kind == "reorder"
                if kind == "drop":
                    one.state = "dropped"
                else:
                    self._pending[one.number] = one
        self.notify()

    def next_due(self, now: float) -> Delivery | None:
        """Return the delivery to try now, the one planned first."""
        due = [d for d in self._pending.values() if d.due <= now and not d.behind]
        return min(due, key=lambda d: (d.due, d.number), default=None)

    def settle(self, one: Delivery, status: int | None, *, now: float) -> None:
        """Write down what a try came back with, and when the next one is due."""
        self._note(one)
        one.statuses.append(status)
        if one.number not in self._pending:
            return  # its destination was deleted meanwhile
        if status is not None and 200 <= status < 300:
            self._undelivered[one.event] -= 1
            self._end(one, "delivered")
            for other in self._pending.values():
                if other.destination == one.destination and other.number < one.number:
                    self._note(other)
                    other.behind = False
            return
        wait: float = _FIRST_WAIT * 4 ** (len(one.statuses) - 1)
        one.due = now + min(wait, _LONGEST_WAIT)
        if one.due > one.planned + _GIVEN_UP_AFTER:
            self._end(one, "given_up")

    def remove(self, destination: str) -> None:
        """Deliver nothing more there."""
        del self.destinations[destination]
        for one in list(self._pending.values()):
            if one.destination == destination:
                self._end(one, "given_up")

    def is_delivered(self, event_id: str) -> bool:
        """Tell whether every destination has taken the event."""
        return self._undelivered[event_id] == 0

    def waiting(self, event_id: str) -> int:
        """Return how many deliveries of the event are still to come."""
        return sum(d.event == event_id for d in self._pending.values())

    def describe(self) -> dict[str, Any]:
        """Return switches and deliveries (JSON-able), oldest first; no secrets."""
        return {
            "switches": [asdict(switch) for switch in self._switches],
            "destinations": [
                {"id": name, "url": d.url, "thin": d.thin, "types": d.types}
                for name, d in self.destinations.items()
            ],
            "deliveries": [asdict(one) for one in self.deliveries.values()],
        }

    def dump(self) -> dict[str, Any]:
        """Return switches and destinations (JSON-able), secrets too."""
        return {
            "switches": [asdict(switch) for switch in self._switches],
            "destinations": {
                name: asdict(destination)
                for name, destination in self.destinations.items()
            },
        }

    def restored(self, saved: dict[str, Any]) -> None:
        """Take up what `dump` returned, and what follows from the deliveries."""
        self._switches = [Switch(**one) for one in saved["switches"]]
        for name, one in saved["destinations"].items():
            secrets = [(value, end) for value, end in one["secrets"]]
            self.destinations[name] = Destination(**{**one, "secrets": secrets})
        for delivery in self.deliveries.values():
            if delivery.state == "pending":
                self._pending[delivery.number] = delivery
            self._undelivered[delivery.event] += delivery.state != "delivered"

    def _note(self, one: Delivery) -> None:
        self.deliveries.note(str(one.number))

    def _end(
        self, one: Delivery, state: Literal["delivered", "given_up", "dropped"]
    ) -> None:
        self._note(one)
        one.state = state
        del self._pending[one.number]
