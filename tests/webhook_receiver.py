"""Someone that webhooks are sent to: keeps what came, answers what it was told."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.sandbox.server import running_in_thread


@dataclass(frozen=True, slots=True)
class Letter:
    """One delivery as it arrived."""

    body: bytes
    signature: str | None
    status: int  # what it was answered with

    @property
    def event(self) -> dict[str, Any]:
        """The event in the body."""
        found: dict[str, Any] = json.loads(self.body)
        return found


class Receiver:
    """Answers each delivery with `decide` of it, which says 200 at first."""

    def __init__(self) -> None:
        self.url = ""
        self.letters: list[Letter] = []
        self.decide: Callable[[Letter], int] = lambda letter: 200
        self._arrived = threading.Condition()

    def wait(self, count: int) -> list[Letter]:
        """Return all letters once `count` of them have arrived."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: len(self.letters) >= count, 20):
                kinds = [letter.event["type"] for letter in self.letters]
                raise AssertionError(f"{len(kinds)} of {count} letters came: {kinds}")
            return list(self.letters)

    def types(self, count: int) -> list[str]:
        """Return the types of all letters once `count` of them have arrived."""
        return [letter.event["type"] for letter in self.wait(count)]

    async def take(self, request: Request) -> Response:
        """Serve one delivery."""
        body, signature = await request.body(), request.headers.get("stripe-signature")
        status = self.decide(Letter(body, signature, 0))
        with self._arrived:
            self.letters.append(Letter(body, signature, status))
            self._arrived.notify_all()
        return Response(status_code=status)


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Serve a receiver for the block."""
    receiver = Receiver()
    app = Starlette(routes=[Route("/", receiver.take, methods=["POST"])])
    with running_in_thread(app) as url:
        receiver.url = f"{url}/"
        yield receiver
