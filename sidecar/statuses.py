"""The statuses that an operator may ask for, and the option that takes one."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import typer


class TripStatus(StrEnum):
    """What `trips --status` may be."""

    PENDING = "PENDING"
    BOOKING = "BOOKING"
    BOOKED = "BOOKED"
    PAUSED = "PAUSED"
    ACTION_REQUIRED = "ACTION_REQUIRED"
    EXPIRED = "EXPIRED"
    CANCELLED = "CANCELLED"
    FAILED = "FAILED"


class BookingStatus(StrEnum):
    """What `bookings --status` may be."""

    CONFIRMED = "CONFIRMED"
    CANCELLED = "CANCELLED"
    REFUNDED = "REFUNDED"


class DeliveryState(StrEnum):
    """What `deliveries --status` may be."""

    OPEN = "OPEN"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"
    SKIPPED = "SKIPPED"


def one_of(kind: type[StrEnum]) -> Any:
    """Return an option that takes a value of `kind`, in letters of either case."""

    def parse(text: str) -> StrEnum:
        try:
            return kind(text.upper())
        except ValueError:
            known = ", ".join(kind)
            raise typer.BadParameter(f"{text!r} is not one of {known}") from None

    return typer.Option(
        parser=parse, metavar="STATUS", help=f"Only these: {', '.join(kind)}."
    )
