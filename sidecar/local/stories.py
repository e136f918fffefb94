"""The six trips of `make demo`: what each wishes for, and how each should end."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID, uuid4

_VISA = "4242424242424242"
_DECLINES_LATER = "4000000000000341"  # can be saved; every charge is declined


@dataclass(slots=True)
class Story:
    """One trip of the demo: its wishes, and how it should end."""

    title: str
    origin: str
    destination: str
    max_price: Decimal
    currency: str
    ends: str
    returns_after: int | None = None
    card: str = _VISA
    # How often the offer that was chosen first vanishes before it can be booked.
    vanishes: int = 0
    # The order is made, and its answer is an error that does not say so.
    unheard: bool = False
    # Fares start so many times higher, and fall once the first search was seen.
    dearer: int = 1
    attempts: int = 1
    user_id: UUID = field(default_factory=uuid4)
    trip_id: UUID | None = None

    @property
    def route(self) -> str:
        """The route, as a traveller writes it."""
        arrow = "⇄" if self.returns_after else "→"
        return f"{self.origin} {arrow} {self.destination}"


def stories() -> list[Story]:
    """Return the six trips."""
    return [
        Story(
            "a real fare",
            *("ATL", "FLL", Decimal("250.00"), "USD", "BOOKED"),
            returns_after=7,
        ),
        Story(
            "waits for the fare to fall",
            *("CDG", "FCO", Decimal("900.00"), "EUR", "BOOKED"),
            dearer=20,
        ),
        Story("too dear", *("LHR", "JFK", Decimal("20.00"), "GBP", "PENDING")),
        Story(
            "card declined",
            *("MAD", "BCN", Decimal("900.00"), "EUR", "ACTION_REQUIRED"),
            card=_DECLINES_LATER,
        ),
        Story(
            "best offer vanishes",
            *("AMS", "LIS", Decimal("900.00"), "EUR", "BOOKED"),
            vanishes=1,
            attempts=2,
        ),
        Story(
            "the airline's answer is lost",
            *("VIE", "OSL", Decimal("900.00"), "EUR", "BOOKED"),
            unheard=True,
        ),
    ]
