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

import requests
from standardwebhooks import Webhook
from urllib3.exceptions import HTTPError

from sidecar.http import StatusSession
from sidecar.providers import NO_ANSWER, Answer
from sidecar.setting_types import is_loopback

_CONNECT_SECONDS, _SECONDS = 5.0, 15.0


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
        with StatusSession() as session:
            session.trust_env = not is_loopback(url)
            try:
                session.request(
                    "POST",
                    url,
                    data=body.encode(),
                    headers={
                        "Content-Type": "application/json",
                        "User-Agent": "Skylatch",
                        "webhook-id": request["message_id"],
                        "webhook-timestamp": str(int(now.timestamp())),
                        "webhook-signature": " ".join(signatures),
                    },
                    timeout=(_CONNECT_SECONDS, _SECONDS),
                )
            except (requests.RequestException, HTTPError, ValueError):
                # Nothing of the error is kept: its text has the address.
                if session.status is None:
                    return NO_ANSWER
            return Answer(http_status=session.status, body={})
