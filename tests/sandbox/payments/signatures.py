"""The provider's webhook signature, written from its documentation.

Not with the SDK's own helper: the receiver checks with the SDK, and one mistake made
twice would look right. ``Stripe-Signature: t=..,v1=..[,v1=..],v0=..``; v1 is the hex
HMAC-SHA256 of ``t.payload``, one for each secret in force. Test mode adds a v0 that
means nothing and must not be accepted (docs.stripe.com/webhooks/signature).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable


def sign(payload: bytes, secrets: Iterable[str], *, timestamp: int) -> str:
    """Return the header's value; `timestamp` is in unix seconds."""
    signed = f"{timestamp}.".encode() + payload
    parts = [f"t={timestamp}"]
    for secret in secrets:
        parts.append(f"v1={_digest(secret.encode(), signed)}")
    parts.append(f"v0={_digest(b'', signed)}")
    return ",".join(parts)


def _digest(key: bytes, signed: bytes) -> str:
    return hmac.new(key, signed, hashlib.sha256).hexdigest()
