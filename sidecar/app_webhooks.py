"""Events for applications, signed as Standard Webhooks has it.

The secret of an endpoint is derived from this installation's key, the endpoint's name
and a number. So no table holds it, and rotating it is to raise the number
(`engine.change_webhook_endpoint`).
"""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

from standardwebhooks import Webhook

from sidecar.http import Http, NotReceivedError
from sidecar.providers import Answer

_SECONDS = 15.0
_MOST_BYTES = 64 * 1024


def secret_of(key: str, endpoint: str, number: int) -> str:
    """Return the secret that an application verifies with, ``whsec_…``."""
    made = hmac.new(key.encode(), f"{endpoint}:{number}".encode(), hashlib.sha256)
    return "whsec_" + b64encode(made.digest()).decode()


class AppWebhooks:
    """Posts events to the endpoints of applications."""

    def __init__(self, key: str) -> None:
        self._key = key

    def send(self, request: dict[str, Any], _key: str) -> Answer:
        """Post one event; the request is that of `engine.send_webhook_request`.

        The answer's status is the application's; its body says nothing.
        """
        body = json.dumps(request["event"], separators=(",", ":"))
        now = datetime.now(UTC)
        numbers = [request["secret_no"]]
        if request["former_secret"]:
            numbers.append(request["secret_no"] - 1)
        signatures = [
            Webhook(secret_of(self._key, request["endpoint"], number)).sign(
                msg_id=request["message_id"], timestamp=now, data=body
            )
            for number in numbers
        ]
        url = request["url"]
        try:
            received = Http(url, id_header="x-request-id").send(
                "POST",
                url,
                headers={
                    "Content-Type": "application/json",
                    "User-Agent": "Skylatch",
                    "webhook-id": request["message_id"],
                    "webhook-timestamp": str(int(now.timestamp())),
                    "webhook-signature": " ".join(signatures),
                },
                seconds=_SECONDS,
                most_bytes=_MOST_BYTES,
                data=body.encode(),
            )
        except NotReceivedError as error:
            return error.answer
        return Answer(http_status=received.status, body={})
