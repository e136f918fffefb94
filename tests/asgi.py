"""Calls an ASGI application in this process, with bodies that no real client sends."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Message

Headers = Sequence[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Answered:
    """What came back, and how many bytes of the body the application took."""

    status: int
    body: bytes
    taken: int


async def post(
    app: ASGIApp, path: str, chunks: Iterable[bytes], headers: Headers = ()
) -> Answered:
    """POST a body in the given chunks; None among them is a client that hangs up."""
    coming = iter(chunks)
    pending: list[bytes | None] = [next(coming, b"")]
    taken = 0
    sent: list[Message] = []

    async def receive() -> Message:
        nonlocal taken
        if not pending:
            await asyncio.Future()
        chunk = pending.pop()
        if chunk is None:
            return {"type": "http.disconnect"}
        taken += len(chunk)
        following = next(coming, b"") if chunk else b""
        more = bool(chunk) and following != b""
        if more:
            pending.append(following)
        return {"type": "http.request", "body": chunk, "more_body": more}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": list(headers),
        "server": ("127.0.0.1", 80),
        "client": ("127.0.0.1", 1),
    }
    await app(scope, receive, send)
    status = next(m["status"] for m in sent if m["type"] == "http.response.start")
    body = b"".join(m.get("body", b"") for m in sent)
    return Answered(status, body, taken)
