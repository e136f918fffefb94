"""How Duffel signs a webhook, and the ways in which a signature can be wrong.

``X-Duffel-Signature: t=1616202842,v1=<hex>`` with the HMAC-SHA256 of ``t.body``, keyed
with the secret's bytes as given: it looks like base64 and is not decoded.
Source: Duffel's webhooks guide; the official Ruby client's `webhook_event`.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Literal

Signature = Literal["v1", "v2", "several", "forged", "altered", "stale", "none"]
_ANOTHER_KEY = "bm90LXRoZS1zZWNyZXQ="
_STALE_SECONDS = 3600


def sign(secret: str, moment: int, body: bytes) -> str:
    """Return the signature of `body`, sent at the Unix time `moment`, in hex."""
    message = f"{moment}.".encode() + body
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def signature_header(
    secret: str, moment: int, body: bytes, how: Signature = "v1"
) -> str | None:
    """Return the header's value; only the first three of `how` are genuine.

    "v2" was seen once in the wild. "several" has one element by another secret, as
    while a secret is being replaced. "altered" is of a body with one byte more.
    """
    if how == "none":
        return None
    if how == "stale":
        moment -= _STALE_SECONDS
    name = "v2" if how == "v2" else "v1"
    key = _ANOTHER_KEY if how == "forged" else secret
    element = sign(key, moment, body + b" " if how == "altered" else body)
    if how == "several":
        other = sign(_ANOTHER_KEY, moment, body)
        return f"t={moment},{name}={other},{name}={element}"
    return f"t={moment},{name}={element}"
