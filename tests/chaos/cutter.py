"""A line between two parties that can be cut, also in the middle of a message.

    with Cutter(("127.0.0.1", 4010)) as line: ...  # callers use line.port
    with Cutter(server_socket, at=other_socket) as line: ...

What is forwarded is not understood, so the same line serves HTTP and PostgreSQL.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from asyncio import StreamReader, StreamWriter
from collections import Counter, deque
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

Address = tuple[str, int] | Path
# Lost whole, or after its first half; the connection is gone either way. A question
# that is lost was never heard; an answer that is lost was given.
Cut = Literal["question", "half a question", "half an answer", "answer"]
CUTS: tuple[Cut, ...] = ("question", "half a question", "half an answer", "answer")
_QUESTIONS, _ANSWERS = CUTS[:2], CUTS[2:]


class Cutter:
    """Forwards bytes both ways until told otherwise; safe to tell from any thread."""

    def __init__(self, upstream: Address, *, at: Path | None = None) -> None:
        """Forward to `upstream` what arrives at the socket `at`, or at `port`."""
        self.cuts: Counter[str] = Counter()
        self.port = 0
        self._upstream = upstream
        self._at = at
        self._armed: dict[bool, deque[Cut]] = {True: deque(), False: deque()}
        self._ends: set[StreamWriter] = set()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))

    def __enter__(self) -> Self:
        """Listen."""
        self._thread.start()
        assert self._ready.wait(30)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Hang up on everybody."""
        self._loop.call_soon_threadsafe(self._closing.set)
        self._thread.join()

    def arm(self, *cuts: Cut) -> None:
        """Cut the next questions and answers so, one each, whosever they are."""
        for cut in cuts:
            self._armed[cut in _QUESTIONS].append(cut)

    def disarm(self) -> None:
        """Forget the cuts that have met nothing."""
        for armed in self._armed.values():
            armed.clear()

    def hang_up(self) -> None:
        """Cut every connection there is; new ones are welcome."""
        self._loop.call_soon_threadsafe(self._abort)

    def hold(self) -> None:
        """Pass nothing on, in either direction, until `release`."""
        self._loop.call_soon_threadsafe(self._flowing.clear)

    def release(self) -> None:
        """Pass on what was held."""
        self._loop.call_soon_threadsafe(self._flowing.set)

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._closing, self._flowing = asyncio.Event(), asyncio.Event()
        self._flowing.set()
        if self._at is not None:
            server = await asyncio.start_unix_server(self._serve, self._at)
        else:
            server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
            self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._closing.wait()
        server.close()
        self._abort()

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        ends = [writer]
        self._ends.add(writer)
        try:
            if isinstance(self._upstream, Path):
                far = await asyncio.open_unix_connection(self._upstream)
            else:
                far = await asyncio.open_connection(*self._upstream)
            ends.append(far[1])
            self._ends.add(far[1])
            pumps = [
                asyncio.ensure_future(self._pump(reader, far[1], asks=True)),
                asyncio.ensure_future(self._pump(far[0], writer, asks=False)),
            ]
            try:
                await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for pump in pumps:
                    pump.cancel()
                await asyncio.gather(*pumps, return_exceptions=True)
        except (OSError, asyncio.CancelledError):
            pass  # nobody there, or we are closing: hang up
        finally:
            for end in ends:
                self._ends.discard(end)
                end.transport.abort()

    async def _pump(
        self, source: StreamReader, target: StreamWriter, *, asks: bool
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(1 << 16):
                await self._flowing.wait()
                if self._armed[asks]:
                    cut = self._armed[asks].popleft()
                    self.cuts[cut] += 1
                    if cut.startswith("half"):
                        target.write(data[: len(data) // 2])
                        await target.drain()
                    return
                target.write(data)
                await target.drain()

    def _abort(self) -> None:
        for end in self._ends:
            self.cuts["connection"] += 1
            end.transport.abort()
