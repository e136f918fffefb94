"""Someone that alerts are told to: a chat's webhook and a dead man's switch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.sandbox.server import running_in_thread


@dataclass
class AlertReceiver:
    """Keeps what was posted, answers with `status`."""

    status: int = 200
    posted: list[dict[str, str]] = field(default_factory=list)
    beats: int = 0

    @property
    def text(self) -> str:
        """Everything that was told, one message after the other."""
        return "\n".join(one["text"] for one in self.posted)

    def line(self, words: str) -> str | None:
        """Return the first line with these words that was told."""
        return next((line for line in self.text.splitlines() if words in line), None)

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Serve; yield the address, of `/hook/secret-path` and `/beat`."""

        async def post(request: Request) -> Response:
            self.posted.append(await request.json())
            return Response("ok", self.status)

        async def beat(_request: Request) -> Response:
            self.beats += 1
            return Response("ok", self.status)

        routes = [
            Route("/hook/secret-path", post, methods=["POST"]),
            Route("/beat", beat, methods=["GET"]),
        ]
        with running_in_thread(Starlette(routes=routes)) as url:
            yield url
