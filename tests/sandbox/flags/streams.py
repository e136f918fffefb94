"""The stream of changes: server-sent events to any number of clients at once.

A stream begins with everything (`put`) and goes on with every change. Taking the first
picture and joining the list of open streams is one step under the sandbox's lock, and
so is a change and its hand-over to the streams: none is lost in between or comes twice.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.sandbox.flags.gateway import Gateway

PATH = "/all"
_HEARTBEAT = b":\n\n"
_EXIT_CHECK_SECONDS = 0.1
# No Content-Length: the server then uses chunked transfer, without which SDKs wait for
# the end of the body.
_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache"),
]


class _Stream:
    """One client's connection and what it has yet to be sent."""

    def __init__(self, first: bytes) -> None:
        self._loop = asyncio.get_running_loop()
        self.pending = [first]
        self.woken = asyncio.Event()
        self.ended = False

    def wake(self) -> None:
        """Let the writer look again; callable from any thread while it is open."""
        self._loop.call_soon_threadsafe(self.woken.set)


class Streams:
    """ASGI layer that serves ``GET /all`` and passes on everything else.

    It stands outside of Starlette, which wraps `send`: that the server is going down
    can be seen on the server's own `send` only.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        gateway: Gateway,
        lock: threading.RLock,
        everything: Callable[[], dict[str, Any]],
        heartbeat_seconds: float,
    ) -> None:
        self._app = app
        self._gateway = gateway
        self._lock = lock
        self._everything = everything
        self._heartbeat_seconds = heartbeat_seconds
        self._open: set[_Stream] = set()
        self._opened = 0
        self._silent = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or (scope["method"], scope["path"]) != ("GET", PATH):
            await self._app(scope, receive, send)
            return
        refusal = self._gateway.refusal(Headers(scope=scope))
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        await self._serve(receive, send)

    def publish(self, event: str, data: dict[str, Any]) -> None:
        """Hand one event to every open stream."""
        frame = _frame(event, data)
        with self._lock:
            for stream in self._open:
                stream.pending.append(frame)
                stream.wake()

    def drop(self) -> int:
        """End every open stream, and return how many there were."""
        with self._lock:
            dropped = len(self._open)
            for stream in self._open:
                stream.ended = True
                stream.wake()
            self._open.clear()
            return dropped

    def silence(self) -> None:
        """Keep streams open, present and future ones, and send them nothing."""
        with self._lock:
            self._silent = True

    def resume(self) -> None:
        """Send again, first what was held back: a connection that stalls loses none."""
        with self._lock:
            self._silent = False
            for stream in self._open:
                stream.wake()

    def describe(self) -> dict[str, Any]:
        """Return how many streams are open and were ever opened, ready for JSON."""
        with self._lock:
            return {
                "open": len(self._open),
                "opened": self._opened,
                "silent": self._silent,
            }

    async def _serve(self, receive: Receive, send: Send) -> None:
        with self._lock:
            first = {"path": "/", "data": self._everything()}
            stream = _Stream(_frame("put", first))
            self._open.add(stream)
            self._opened += 1
        tasks = [
            asyncio.create_task(self._write(stream, send)),
            asyncio.create_task(_client_left(receive)),
            asyncio.create_task(_server_exits(send)),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            with self._lock:
                self._open.discard(stream)
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                raise result
        await _send_body(send, b"", more=False)

    async def _write(self, stream: _Stream, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        idle = False
        while (chunk := self._take(stream, idle=idle)) is not None:
            if chunk:
                await _send_body(send, chunk, more=True)
            try:
                async with asyncio.timeout(self._heartbeat_seconds):
                    await stream.woken.wait()
                idle = False
            except TimeoutError:
                idle = True
            stream.woken.clear()

    def _take(self, stream: _Stream, *, idle: bool) -> bytes | None:
        """Return what to send now, nothing while silent, None at the stream's end."""
        with self._lock:
            if stream.ended:
                return None
            if self._silent:
                return b""
            chunk = b"".join(stream.pending)
            stream.pending.clear()
        return chunk or (_HEARTBEAT if idle else b"")


def _frame(event: str, data: dict[str, Any]) -> bytes:
    text = json.dumps(data, separators=(",", ":"))
    return f"event: {event}\ndata: {text}\n\n".encode()


async def _send_body(send: Send, body: bytes, *, more: bool) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": more})


async def _client_left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _server_exits(send: Send) -> None:
    """Return when the server is going down, which waits for its open connections.

    ASGI has no word for it. uvicorn withdraws keep-alive from every unfinished request
    cycle, whose bound method `send` is; under any other server this never returns.
    """
    cycle = getattr(send, "__self__", None)
    while getattr(cycle, "keep_alive", True):
        await asyncio.sleep(_EXIT_CHECK_SECONDS)
