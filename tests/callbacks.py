"""Events as the providers send them, signed by hand and not by what is tested."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import Any
from uuid import uuid4

Row = dict[str, Any]
STRIPE_SECRET = "whsec_a_secret_of_the_test"
DUFFEL_SECRET = "c2VjcmV0LWZvci10ZXN0cw=="
PATHS = {"stripe": "/webhooks/stripe", "duffel": "/webhooks/duffel"}
HEADERS = {"stripe": "Stripe-Signature", "duffel": "X-Duffel-Signature"}
SECRETS = {"stripe": STRIPE_SECRET, "duffel": DUFFEL_SECRET}


def sign(body: bytes, secret: str, at: int | None = None, scheme: str = "v1") -> str:
    """Return the header that both providers send: t=..,v1=.."""
    moment = int(time.time()) if at is None else at
    signed = str(moment).encode() + b"." + body
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return f"t={moment},{scheme}={digest}"


def snapshot(kind: str, about: Row, **changes: Any) -> Row:
    """Return a Stripe event that carries its object."""
    return {
        "id": f"evt_{uuid4().hex}",
        "object": "event",
        "api_version": "2026-10-28.endive",
        "type": kind,
        "livemode": False,
        "created": 1_790_000_000,
        "data": {"object": about},
        **changes,
    }


def thin(kind: str, object_id: str, **changes: Any) -> Row:
    """Return a Stripe event that only names its object."""
    return {
        "id": f"evt_{uuid4().hex}",
        "object": "v2.core.event",
        "type": f"v1.{kind}",
        "livemode": False,
        "created": "2026-11-23T07:00:00.000Z",
        "context": None,
        "reason": None,
        "related_object": {
            "id": object_id,
            "type": "payment_intent",
            "url": f"/v1/payment_intents/{object_id}",
        },
        **changes,
    }


def duffel(kind: str, about: Row, **changes: Any) -> Row:
    """Return a Duffel event."""
    return {
        "id": f"wev_{uuid4().hex}",
        "api_version": "v2",
        "type": kind,
        "data": {"object": about},
        "live_mode": False,
        "idempotency_key": uuid4().hex,
        "created_at": "2026-11-23T07:00:00.123456Z",
        **changes,
    }


def as_bytes(event: Row) -> bytes:
    """Return an event's body."""
    return json.dumps(event).encode()
