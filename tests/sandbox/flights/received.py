"""Notes every order that reached this machine, executed or not.

A fault may keep a request from the application. Whether the client sent one order or
two is then seen here alone, so this stands before the faults.
"""

from __future__ import annotations

import json
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.sandbox.control import SandboxClock
from tests.sandbox.flights.ids import timestamp

_KEPT = ("selected_offers", "passengers", "metadata")


class ReceivedOrders:
    """ASGI layer that reads each ``POST /air/orders`` before passing it on."""

    def __init__(self, app: ASGIApp, clock: SandboxClock) -> None:
        self._app = app
        self._clock = clock
        self.requests: list[dict[str, Any]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if (scope.get("method"), scope.get("path")) != ("POST", "/air/orders"):
            await self._app(scope, receive, send)
            return
        messages: list[Message] = []
        while not messages or messages[-1].get("more_body"):
            messages.append(await receive())
        body = b"".join(message.get("body", b"") for message in messages)
        self.requests.append(self._note(body))

        async def replay() -> Message:
            return messages.pop(0) if messages else await receive()

        await self._app(scope, replay, send)

    def _note(self, body: bytes) -> dict[str, Any]:
        try:
            data = json.loads(body)["data"]
            named = {key: data.get(key) for key in _KEPT}
        except (ValueError, KeyError, TypeError, AttributeError):
            named = dict.fromkeys(_KEPT)
        return {"at": timestamp(self._clock.now()), **named}
