"""Callbacks: who really sent this body, and the little of it that is kept.

Nothing here decides about bookings, and nothing here knows HTTP or the database. A body
is verified over its raw bytes before it is read; whatever is wrong with it is one word
of a closed set (`Reason`), so that a refusal can be counted without keeping any of it.

    Refused(reason)   raised for all that is not a fresh, signed event of our mode

Sources: Stripe "webhooks" (header `Stripe-Signature`, tolerance of the official SDK);
Duffel "webhooks" guide and its official Ruby client (header `X-Duffel-Signature`).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import stripe

Provider = Literal["stripe", "duffel"]
Reason = Literal[
    "no_secret",
    "no_signature",
    "malformed_signature",
    "bad_signature",
    "too_old",
    "in_the_future",
    "too_large",
    "cut_short",
    "too_slow",
    "unreadable",
    "no_event",
    "wrong_mode",
]
Event = dict[str, Any]

HEADERS: dict[Provider, str] = {
    "stripe": "stripe-signature",
    "duffel": "x-duffel-signature",
}
TOLERANCE_SECONDS = 300
MAX_BYTES = 256 * 1024

_ID = re.compile(r"[A-Za-z0-9_-]{1,200}")
_TYPE = re.compile(r"[a-z0-9_.]{1,100}")
_WORD = re.compile(r"[a-z_]{1,50}")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_UNIX_TIME = re.compile(r"[0-9]{1,12}")
_SCHEMES: dict[Provider, frozenset[str]] = {
    "stripe": frozenset({"v1"}),
    # One live integrator reports v2 with the computation of v1.
    "duffel": frozenset({"v1", "v2"}),
}
# Of Stripe's objects: where an id of another object may stand, plain or expanded.
_STRIPE_REFERENCES = ("payment_intent", "charge", "latest_charge", "refund", "customer")
_DUFFEL_REFERENCES = ("offer_id", "order_id", "payment_id", "aic_id")


class Refused(Exception):
    """The body is not an event for us; `reason` is all that may be said of it."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason


def read_event(
    provider: Provider,
    body: bytes,
    header: str | None,
    *,
    secrets: Sequence[str],
    live_mode: bool,
    now: float,
) -> Event:
    """Return the event of a signed body, cut to what `engine.receive_events` takes.

    `header` is the provider's signature header, `now` unix seconds; one of `secrets`
    has to fit, and several are valid while they are rotated. Raises Refused.
    """
    _verify(provider, body, header, secrets, now)
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise Refused("unreadable") from None
    if not isinstance(found, dict):
        raise Refused("no_event")
    cut = _cut_stripe if provider == "stripe" else _cut_duffel
    mode = found.get("livemode" if provider == "stripe" else "live_mode")
    event = cut(found)
    if event is None or not isinstance(mode, bool):
        raise Refused("no_event")
    if mode is not live_mode:
        raise Refused("wrong_mode")
    return event


def _verify(
    provider: Provider,
    body: bytes,
    header: str | None,
    secrets: Sequence[str],
    now: float,
) -> None:
    if not secrets:
        raise Refused("no_secret")
    if not header:
        raise Refused("no_signature")
    sent_at, signatures = _parse(header, _SCHEMES[provider])
    fits = _fits_stripe if provider == "stripe" else _fits_duffel
    if not fits(body, header, sent_at, signatures, secrets):
        raise Refused("bad_signature")
    # In both directions: Stripe's SDK takes any time in the future for a fresh one.
    if int(sent_at) < now - TOLERANCE_SECONDS:
        raise Refused("too_old")
    if int(sent_at) > now + TOLERANCE_SECONDS:
        raise Refused("in_the_future")


def _parse(header: str, schemes: frozenset[str]) -> tuple[str, list[str]]:
    """Return the time, as it was signed, and the signatures of a header.

    Two times are refused: what was signed with one must not be as old as the other.
    """
    pairs = [part.strip().partition("=") for part in header.split(",")]
    times = [value for name, _, value in pairs if name == "t"]
    signatures = [value for name, _, value in pairs if name in schemes]
    if len(times) != 1 or _UNIX_TIME.fullmatch(times[0]) is None or not signatures:
        raise Refused("malformed_signature")
    return times[0], signatures


def _fits_stripe(
    body: bytes,
    header: str,
    _sent_at: str,
    _signatures: list[str],
    secrets: Sequence[str],
) -> bool:
    fits = False
    for secret in secrets:
        try:
            # Its age is judged by the caller, in both directions.
            stripe.WebhookSignature.verify_header(body, header, secret, None)
            fits = True
        except (stripe.SignatureVerificationError, ValueError, TypeError):
            # Neither UTF-8 nor ASCII is promised of a body and a header.
            continue
    return fits


def _fits_duffel(
    body: bytes,
    _header: str,
    sent_at: str,
    signatures: list[str],
    secrets: Sequence[str],
) -> bool:
    fits = False
    for secret in secrets:
        # The secret looks like base64 and is not: its characters are the key.
        signer = hmac.new(secret.encode(), sent_at.encode() + b".", hashlib.sha256)
        signer.update(body)
        expected = signer.hexdigest().encode()
        for given in signatures:
            # Every one is compared, so that the time tells nothing.
            fits |= hmac.compare_digest(expected, given.encode(errors="replace"))
    return fits


def _cut_stripe(found: dict[str, Any]) -> Event | None:
    """Cut a snapshot or a thin event; the thin one's type has `v1.` in front."""
    thin = found.get("object") == "v2.core.event"
    if not thin and found.get("object") != "event":
        return None
    about = found.get("related_object") if thin else _inner(found)
    about = about if isinstance(about, dict) else {}
    hints = {
        **_ids((name, _reference(about.get(name))) for name in _STRIPE_REFERENCES),
        **_words(about, "status"),
        **_attempt(about),
    }
    # Of some objects it is a whole description, of others the id.
    method = _reference(about.get("payment_method"))
    hints |= _ids([("payment_method", method)])
    kind = found.get("type")
    return _event(
        found.get("id"),
        kind.removeprefix("v1.") if isinstance(kind, str) else None,
        about.get("id"),
        hints,
        found.get("created"),
    )


def _cut_duffel(found: dict[str, Any]) -> Event | None:
    about = _inner(found)
    about = about if isinstance(about, dict) else {}
    # Of an order that could not be made, the offer is all there is.
    failed = found.get("type") == "order.creation_failed"
    names = (*(("offer_id",) if failed else ()), "id", *_DUFFEL_REFERENCES)
    object_id = next(
        (about[name] for name in names if _is_id(about, name)),
        # A ping is about nothing.
        found.get("id"),
    )
    hints = {
        **_ids((name, about.get(name)) for name in _DUFFEL_REFERENCES),
        **_attempt(about),
    }
    if isinstance(object_id, str) and object_id.startswith("ord_"):
        hints.setdefault("order_id", object_id)
    return _event(
        found.get("id"), found.get("type"), object_id, hints, found.get("created_at")
    )


def _event(
    event_id: Any, kind: Any, object_id: Any, hints: Event, occurred: Any
) -> Event | None:
    if not (_fits(_ID, event_id) and _fits(_TYPE, kind) and _fits(_ID, object_id)):
        return None
    return {
        "event_id": event_id,
        "type": kind,
        "object_id": object_id,
        "hints": hints,
        "occurred_at": _time(occurred),
    }


def _inner(found: dict[str, Any]) -> Any:
    data = found.get("data")
    return data.get("object") if isinstance(data, dict) else None


def _fits(pattern: re.Pattern[str], value: Any) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _is_id(about: dict[str, Any], name: str) -> bool:
    return _fits(_ID, about.get(name))


def _reference(value: Any) -> Any:
    return value.get("id") if isinstance(value, dict) else value


def _ids(pairs: Iterable[tuple[str, Any]]) -> Event:
    return {name: value for name, value in pairs if _fits(_ID, value)}


def _words(about: dict[str, Any], *names: str) -> Event:
    return {name: about[name] for name in names if _fits(_WORD, about.get(name))}


def _attempt(about: dict[str, Any]) -> Event:
    """Return the attempt and the installation that our own metadata names."""
    found = about.get("metadata")
    metadata = found if isinstance(found, dict) else {}
    return {
        name: metadata[name]
        for name in ("attempt_id", "installation_id")
        if _fits(_UUID, metadata.get(name))
    }


def _time(value: Any) -> str | None:
    """Return unix seconds or an ISO 8601 time as UTC; None for neither."""
    read: Callable[[], datetime]
    if isinstance(value, int):
        read = lambda: datetime.fromtimestamp(value, UTC)  # noqa: E731
    elif isinstance(value, str):
        read = lambda: datetime.fromisoformat(value)  # noqa: E731
    else:
        return None
    try:
        found = read()
        aware = found if found.tzinfo else found.replace(tzinfo=UTC)
        return aware.astimezone(UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        return None
