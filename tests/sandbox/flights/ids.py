"""Opaque identifiers and timestamps in the forms that Duffel uses."""

from __future__ import annotations

import base64
import hashlib
import secrets
import string
import threading
import time
from datetime import UTC, datetime

_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_PNR_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def _base62(number: int, width: int) -> str:
    digits = []
    for _ in range(width):
        number, rest = divmod(number, 62)
        digits.append(_ALPHABET[rest])
    return "".join(reversed(digits))


class IdFactory:
    """Issues ids that sort by creation and never repeat, not even after a restart.

    They are deliberately not derived from the sandbox's seed: a restarted sandbox
    must not hand out an order id that a client's database already holds.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def new(self, prefix: str) -> str:
        """Return a fresh id such as ``off_0000AwEE7XosOlx8huuz1o``."""
        with self._lock:
            self._last = max(self._last + 1, time.time_ns() // 1000)
            stamp = self._last
        tail = "".join(secrets.choice(_ALPHABET) for _ in range(9))
        return f"{prefix}_0000{_base62(stamp, 9)}{tail}"


def fixed_id(prefix: str, *parts: str) -> str:
    """Return the id of a reference object, the same in every sandbox."""
    digest = hashlib.sha256("|".join(parts).encode()).digest()
    return f"{prefix}_00009{_base62(int.from_bytes(digest[:13]), 17)}"


def comparison_key(text: str) -> str:
    """Return a short opaque key, equal for equal itinerary and fare brand."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()[:6]).decode()


def request_id() -> str:
    """Return an id for the ``x-request-id`` header."""
    return base64.urlsafe_b64encode(secrets.token_bytes(15)).decode()


def booking_reference() -> str:
    """Return a six-character record locator (PNR)."""
    return "".join(secrets.choice(_PNR_ALPHABET) for _ in range(6))


def timestamp(moment: datetime, digits: int = 6) -> str:
    """Return `moment` in UTC with `Z` and 0 to 6 fractional digits."""
    moment = moment.astimezone(UTC)
    text = moment.strftime("%Y-%m-%dT%H:%M:%S")
    if digits:
        text += "." + f"{moment.microsecond:06d}"[:digits]
    return text + "Z"


def fraction_digits(text: str) -> int:
    """Return how many fractional digits a timestamp was written with."""
    return len(text.partition(".")[2].rstrip("Z"))


def parse_timestamp(text: str) -> datetime:
    """Parse an ISO 8601 timestamp; one without an offset counts as UTC."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
