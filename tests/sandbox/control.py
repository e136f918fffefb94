"""What every sandbox shares: a clock, fault switches and the control endpoint.

Faults are set through the control endpoint only, never by magic input, so the
provider's own routes behave as the real ones do. Control routes live under
``/__sandbox`` and need no credentials: the sandbox listens on loopback only.

``POST /__sandbox/faults``  ``{"match": "POST /air/orders", "kind": "drop_after",
"times": 1, ...}`` adds one fault; ``DELETE`` clears them; ``GET`` lists them.
``GET /__sandbox/state`` shows the sandbox's own truth; ``POST /__sandbox/clock``
``{"advance_seconds": 60}`` moves its clock.
"""

from __future__ import annotations

import asyncio
import fnmatch
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, cast

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

FaultKind = Literal[
    "drop_before",
    "drop_after",
    "status",
    "status_after",
    "slow",
    "truncate",
    "hold_before",
    "hold_after",
]
# What each does; a hold is released when the faults are cleared.
FAULT_KINDS: dict[FaultKind, str] = {
    "drop_before": "nothing is executed, the connection is cut",
    "drop_after": "executed, then the connection is cut: the answer is lost",
    "status": "nothing is executed, the answer is a status of your choice",
    "status_after": "executed, but the answer is a status of your choice",
    "slow": "waits so many seconds, then behaves as ever",
    "truncate": "executed, then cut after half of the answer",
    "hold_before": "waits until the faults are cleared, then executes",
    "hold_after": "executes, then waits until the faults are cleared to answer",
}


class SandboxClock:
    """The sandbox's own time: real time plus an offset that tests may advance."""

    def __init__(self) -> None:
        self._offset = timedelta()

    def now(self) -> datetime:
        """Return the sandbox's current time (UTC)."""
        return datetime.now(UTC) + self._offset

    def advance(self, seconds: float) -> None:
        """Move the clock forward by `seconds`."""
        self._offset += timedelta(seconds=seconds)

    @property
    def advanced_seconds(self) -> float:
        """How far the clock was moved in all, for a sandbox that is kept."""
        return self._offset.total_seconds()


@dataclass(slots=True)
class Fault:
    """One armed fault; `times` counts down to removal (None: until cleared)."""

    match: str  # fnmatch pattern over "METHOD /path"
    kind: FaultKind
    times: int | None = 1
    status: int = 500
    body: Any = None
    content_type: str = "application/json"
    seconds: float = 1.0
    headers: dict[str, str] | None = None  # of the answer given instead


class Faults:
    """Thread-safe list of armed faults; the first match is used up."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._armed: list[Fault] = []
        self._hits: dict[str, int] = {}
        self.held = 0

    def arm(self, fault: Fault) -> None:
        """Add a fault behind those already armed."""
        with self._lock:
            self._armed.append(fault)

    def clear(self) -> None:
        """Remove every fault and release held requests."""
        with self._lock:
            self._armed.clear()

    def is_armed(self, fault: Fault) -> bool:
        """Tell whether `fault` is still in force (held requests wait on this)."""
        with self._lock:
            return any(f is fault for f in self._armed)

    def take(self, line: str) -> Fault | None:
        """Return the first fault matching "METHOD /path", counting it down."""
        with self._lock:
            self._hits[line] = self._hits.get(line, 0) + 1
            for fault in self._armed:
                if fnmatch.fnmatchcase(line, fault.match):
                    if fault.times is not None:
                        if fault.times <= 0:
                            continue
                        fault.times -= 1
                        if fault.times == 0 and not fault.kind.startswith("hold"):
                            self._armed.remove(fault)
                    return fault
        return None

    def describe(self) -> dict[str, Any]:
        """Return armed faults and how often each route was asked for."""
        with self._lock:
            armed = [
                {"match": f.match, "kind": f.kind, "times": f.times}
                for f in self._armed
            ]
            return {"armed": armed, "requests": dict(self._hits), "held": self.held}


def _cut(send: Send) -> None:
    """Close the client's TCP connection at once.

    uvicorn hands the application a bound method of its request cycle, which holds
    the transport; ASGI itself has no word for "hang up".
    """
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is not None:
        transport.abort()


class FaultMiddleware:
    """Outermost ASGI layer: applies at most one armed fault to each request."""

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self._app = app
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, faulty or not."""
        if scope["type"] != "http" or scope["path"].startswith("/__sandbox"):
            await self._app(scope, receive, send)
            return
        fault = self._faults.take(f"{scope['method']} {scope['path']}")
        if fault is None:
            await self._app(scope, receive, send)
            return
        if fault.kind == "slow":
            await asyncio.sleep(fault.seconds)
            await self._app(scope, receive, send)
        elif fault.kind == "drop_before":
            _cut(send)
        elif fault.kind == "status":
            await _read_body(receive)
            await _replacement(fault)(scope, receive, send)
        elif fault.kind == "hold_before":
            await self._hold(fault)
            await self._app(scope, receive, send)
        else:
            messages = await self._execute(scope, receive)
            if fault.kind == "drop_after":
                _cut(send)
            elif fault.kind == "status_after":
                await _replacement(fault)(scope, receive, send)
            elif fault.kind == "hold_after":
                await self._hold(fault)
                for message in messages:
                    await send(message)
            else:
                await _send_half(messages, send)

    async def _execute(self, scope: Scope, receive: Receive) -> list[Message]:
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        await self._app(scope, receive, keep)
        return messages

    async def _hold(self, fault: Fault) -> None:
        self._faults.held += 1
        try:
            while self._faults.is_armed(fault):
                await asyncio.sleep(0.01)
        finally:
            self._faults.held -= 1


async def _read_body(receive: Receive) -> None:
    while (await receive()).get("more_body"):
        pass


async def _send_half(messages: list[Message], send: Send) -> None:
    body = b"".join(m.get("body", b"") for m in messages)
    await send(messages[0])
    await send(
        {
            "type": "http.response.body",
            "body": body[: len(body) // 2],
            "more_body": True,
        }
    )
    _cut(send)


def _replacement(fault: Fault) -> Response:
    content = fault.body if isinstance(fault.body, str) else json.dumps(fault.body)
    return Response(
        content,
        status_code=fault.status,
        headers=fault.headers,
        media_type=fault.content_type,
    )


def control_routes(
    *, clock: SandboxClock, faults: Faults, state: Callable[[], dict[str, Any]]
) -> list[Route]:
    """Return the ``/__sandbox`` routes; `state` is the provider's own truth."""

    async def set_fault(request: Request) -> Response:
        if request.method == "GET":
            return JSONResponse(faults.describe())
        if request.method == "DELETE":
            faults.clear()
            return JSONResponse({"cleared": True})
        faults.arm(Fault(**cast(dict[str, Any], await request.json())))
        return JSONResponse({"armed": True}, status_code=201)

    async def read_state(_: Request) -> Response:
        return JSONResponse(state())

    async def move_clock(request: Request) -> Response:
        body = await request.json()
        clock.advance(float(body["advance_seconds"]))
        return JSONResponse({"now": clock.now().isoformat()})

    return [
        Route("/__sandbox/faults", set_fault, methods=["GET", "POST", "DELETE"]),
        Route("/__sandbox/state", read_state),
        Route("/__sandbox/clock", move_clock, methods=["POST"]),
    ]
