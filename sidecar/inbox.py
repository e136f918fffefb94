"""The routes of the callbacks: take a bounded body, verify, store once, answer.

Nothing else happens before the answer. One thread applies events after the answer, and
the engine applies them every minute in any case; so a thread that fails costs a minute.
Refusals are counted here and written by the same thread every few seconds, so that
forged requests cost the database nothing.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import anyio.to_thread
import psycopg
import structlog
from fastapi import APIRouter, Request, Response
from pydantic import SecretStr

from sidecar import threads
from sidecar.config import ServeSettings
from sidecar.db import Database
from sidecar.errors import EngineError
from sidecar.events import Provider
from sidecar.intake import Rule
from sidecar.pool import describe
from sidecar.waiting_room import WaitingRoom
from sidecar.webhooks import HEADERS, MAX_BYTES, Reason, Refused, read_event

_log = structlog.get_logger()
_DATABASE_DOWN = (psycopg.Error, EngineError)
# How many bodies are read at once; a slow sender loses its place after a while, or to a
# newcomer.
_MAX_READING = 64
_READ_SECONDS = 10.0
# How many connections storing may take: the entry points need some as well.
_MAX_STORING = 2
_FLUSH_SECONDS = 5.0
_BATCH = 100


class Inbox:
    """Stores what providers send; safe to use from many threads."""

    def __init__(
        self,
        settings: ServeSettings,
        database: Database,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._clock = clock
        self._live_mode = settings.live_mode
        self._secrets: dict[Provider, Sequence[str]] = {
            "stripe": _plain(settings.stripe_webhook_secrets),
            "duffel": _plain(settings.duffel_webhook_secrets),
        }
        self._lock = threading.Lock()
        self._refusals: Counter[tuple[Provider, Reason]] = Counter()
        self._thread: threading.Thread | None = None
        self._received = threading.Event()
        self._closing = threading.Event()
        # Belongs to the event loop, so it is made at the first request.
        self._storing: anyio.CapacityLimiter | None = None

    def router(self) -> APIRouter:
        """Return the routes; they need no token, because the bodies are signed."""
        router = APIRouter(prefix="/webhooks")
        router.post("/stripe")(self._route("stripe"))
        router.post("/duffel")(self._route("duffel"))
        return router

    def rules(self) -> dict[str, Rule]:
        """Return the rules that a body has to meet before it gets here."""
        room = WaitingRoom(_MAX_READING)
        return {
            f"/webhooks/{provider}": Rule(
                room,
                needs_token=False,
                most_bytes=MAX_BYTES,
                seconds=_READ_SECONDS,
                refused=partial(self._count, provider),
            )
            for provider in HEADERS
        }

    def refusals(self) -> dict[tuple[Provider, Reason], int]:
        """Return the refusals that are not in the database yet."""
        with self._lock:
            return dict(self._refusals)

    def close(self) -> None:
        """Write the counts and end the thread."""
        self._closing.set()
        self._received.set()
        if self._thread is not None:
            self._thread.join(timeout=_FLUSH_SECONDS)

    def _route(self, provider: Provider) -> Callable[[Request], Awaitable[Response]]:
        async def receive(request: Request) -> Response:
            return await self._receive(provider, request)

        receive.__doc__ = f"Take one signed event of {provider.title()}."
        return receive

    async def _receive(self, provider: Provider, request: Request) -> Response:
        try:
            event = read_event(
                provider,
                await request.body(),
                request.headers.get(HEADERS[provider]),
                secrets=self._secrets[provider],
                live_mode=self._live_mode,
                now=self._clock(),
            )
        except Refused as refusal:
            # An explanation would help a forger only.
            self._count(provider, refusal.reason)
            return Response(status_code=400)
        if self._storing is None:
            self._storing = anyio.CapacityLimiter(_MAX_STORING)
        try:
            await anyio.to_thread.run_sync(
                self._database.receive_events, provider, [event], limiter=self._storing
            )
        except _DATABASE_DOWN as error:
            # The provider repeats the delivery; a 200 would lose the event.
            _log.warning("webhook.not_stored", provider=provider, error=describe(error))
            return Response(status_code=503)
        self._received.set()
        self._start()
        return Response(status_code=200)

    def _count(self, provider: Provider, reason: Reason) -> None:
        with self._lock:
            self._refusals[provider, reason] += 1
        self._start()

    def _start(self) -> None:
        with self._lock:
            if self._thread is None and not self._closing.is_set():
                self._thread = threads.start(
                    self._work, name="inbox", may_end=self._closing.is_set
                )

    def _work(self) -> None:
        """Apply received events at once; write refusals every few seconds."""
        flushed_at = -_FLUSH_SECONDS
        while not self._closing.is_set():
            try:
                if self._received.is_set():
                    self._received.clear()
                    while self._database.apply_events(_BATCH) == _BATCH:
                        pass
                if time.monotonic() - flushed_at >= _FLUSH_SECONDS:
                    flushed_at = time.monotonic()
                    self._flush()
            except _DATABASE_DOWN as error:
                _log.warning("inbox.failed", error=describe(error))
                # The engine applies the events within a minute; the counts wait here.
                self._closing.wait(1.0)
            self._received.wait(_FLUSH_SECONDS)
        try:
            self._flush()
        except _DATABASE_DOWN as error:
            _log.warning("inbox.failed", error=describe(error))

    def _flush(self) -> None:
        for (provider, reason), times in self.refusals().items():
            self._database.refuse_events(provider, reason, times)
            with self._lock:
                self._refusals[provider, reason] -= times
                if self._refusals[provider, reason] == 0:
                    del self._refusals[provider, reason]


def _plain(secrets: Sequence[SecretStr]) -> list[str]:
    return [secret.get_secret_value() for secret in secrets]
