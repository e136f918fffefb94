"""Callbacks: who really sent a body; `sidecar.events` then cuts what is kept of it.

This module decides nothing about bookings, and knows neither HTTP nor the database. A
body is verified over its raw bytes before it is read. The reason for a refusal is one
word of a closed set (`Reason`), so that refusals can be counted without keeping any of
the body.

    Refused(reason)   raised for all that is not a fresh, signed event of our mode

Sources: Stripe "webhooks" (header `Stripe-Signature`, tolerance of the official SDK);
Duffel "webhooks" guide and its official Ruby client (header `X-Duffel-Signature`).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Sequence
from typing import Literal

import stripe

from sidecar.events import Event, Provider, cut_event

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
HEADERS: dict[Provider, str] = {
    "stripe": "stripe-signature",
    "duffel": "x-duffel-signature",
}
TOLERANCE_SECONDS = 300
MAX_BYTES = 256 * 1024

_UNIX_TIME = re.compile(r"[0-9]{1,12}")
_SCHEMES: dict[Provider, frozenset[str]] = {
    "stripe": frozenset({"v1"}),
    # One live integrator reports that v2 is computed like v1.
    "duffel": frozenset({"v1", "v2"}),
}


class Refused(Exception):
    """The body is no event for us; only `reason` may be said of it."""

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
    mode = found.get("livemode" if provider == "stripe" else "live_mode")
    event = cut_event(provider, found)
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

    A header with two times is refused: the signed time could be old and the other
    fresh.
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
            # The caller judges the age, in both directions.
            stripe.WebhookSignature.verify_header(body, header, secret, None)
            fits = True
        except (stripe.SignatureVerificationError, ValueError, TypeError):
            # A body need not be UTF-8, nor a header ASCII.
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
        # If the secret looks like base64 and is not, its characters are the key.
        signer = hmac.new(secret.encode(), sent_at.encode() + b".", hashlib.sha256)
        signer.update(body)
        expected = signer.hexdigest().encode()
        for given in signatures:
            # Every signature is compared, so that the time reveals nothing.
            fits |= hmac.compare_digest(expected, given.encode(errors="replace"))
    return fits
