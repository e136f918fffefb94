"""Cuts a provider's event, from a callback or a list, down to what is kept.

An id, a type, a state and a time are kept: the object is read afterwards.
`engine.receive_events` takes an event as it is cut here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, Literal

Provider = Literal["stripe", "duffel"]
Event = dict[str, Any]

_ID = re.compile(r"[A-Za-z0-9_-]{1,200}")
_TYPE = re.compile(r"[a-z0-9_.]{1,100}")
_WORD = re.compile(r"[a-z_]{1,50}")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# Where Stripe's objects hold the id of another object, plain or expanded.
_STRIPE_REFERENCES = ("payment_intent", "charge", "latest_charge", "refund", "customer")
_DUFFEL_REFERENCES = ("offer_id", "order_id", "payment_id", "aic_id")


def cut_event(provider: Provider, found: dict[str, Any]) -> Event | None:
    """Return what is kept of an event; None for what is no event."""
    return _cut_stripe(found) if provider == "stripe" else _cut_duffel(found)


def _cut_stripe(found: dict[str, Any]) -> Event | None:
    """Cut a snapshot or a thin event; a thin event's type begins with `v1.`."""
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
    # For some objects this is a whole description, for others the id.
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
    data = found.get("data")
    # Older versions of the API put the object itself there.
    about = data.get("object", data) if isinstance(data, dict) else None
    about = about if isinstance(about, dict) else {}
    # An order that could not be made is known by its offer alone.
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
