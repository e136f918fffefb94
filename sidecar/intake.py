"""The checks that every request meets before the application sees it.

    announced length ──► token ──► body, bounded in bytes and time ──► application
          413             401          413 · 408 · 400

A request is refused as early as possible, so that a stranger costs next to nothing:
before its body is read when its length or its token is wrong. A path without a rule of
its own needs the token and may have no body. Every answer carries the security headers.
"""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sidecar.waiting_room import WaitingRoom, source_of

NO_CONTENT_AT_ALL = "default-src 'none'; frame-ancestors 'none'"
_HEADERS = {
    "cache-control": "no-store",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
_POLICY = "content-security-policy"

BodyProblem = Literal["too_large", "too_slow", "cut_short"]
_STATUS: dict[BodyProblem, HTTPStatus] = {
    "too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "too_slow": HTTPStatus.REQUEST_TIMEOUT,
    # The client has gone: nobody would read an answer.
    "cut_short": HTTPStatus.BAD_REQUEST,
}


class _Unreadable(Exception):
    def __init__(self, problem: BodyProblem) -> None:
        super().__init__(problem)
        self.problem: BodyProblem = problem


@dataclass(frozen=True, slots=True)
class Rule:
    """The checks for requests of one path."""

    # How many senders may be in the middle of a body at once.
    room: WaitingRoom
    needs_token: bool = True
    most_bytes: int = 0
    # How long a body may take, from its first byte to its last.
    seconds: float = 5.0
    # Called with what was wrong with a body. Then the refusal has no text: the callers
    # of such a path are no clients of ours, and an explanation would help a forger
    # only.
    refused: Callable[[BodyProblem], None] | None = None
    policy: str = NO_CONTENT_AT_ALL
    # A token that opens this path, besides the endpoint's own token.
    token: str | None = None


class Intake:
    """Checks every HTTP request by its rule, then hands it on with its whole body."""

    def __init__(
        self, app: ASGIApp, *, token: str, rules: Mapping[str, Rule], otherwise: Rule
    ) -> None:
        """Apply `rules` by path: exact, or as a prefix with a slash at its end."""
        self._app = app
        self._token = token.encode()
        self._exact = {p: r for p, r in rules.items() if not p.endswith("/")}
        self._prefixes = {p: r for p, r in rules.items() if p.endswith("/")}
        self._otherwise = otherwise

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection event of the server."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        rule = self._rule(scope["path"])
        send = _with_headers(send, rule.policy)
        length = _header(scope, b"content-length")
        if length is not None and not length.isdigit():
            await _refuse(send, HTTPStatus.BAD_REQUEST)
        elif length is not None and _exceeds(length, rule.most_bytes):
            await _refuse_body(send, rule, "too_large")
        elif rule.needs_token and not self._is_authorized(scope, rule):
            await _refuse(
                send, HTTPStatus.UNAUTHORIZED, "a valid bearer token is needed"
            )
        else:
            try:
                body = await _read(scope, receive, rule)
            except _Unreadable as unreadable:
                await _refuse_body(send, rule, unreadable.problem)
            else:
                await self._app(scope, _replay(body, receive), send)

    def _rule(self, path: str) -> Rule:
        if path in self._exact:
            return self._exact[path]
        for prefix, rule in self._prefixes.items():
            if path.startswith(prefix):
                return rule
        return self._otherwise

    def _is_authorized(self, scope: Scope, rule: Rule) -> bool:
        scheme, _, given = (_header(scope, b"authorization") or b"").partition(b" ")
        # Every given token is compared, so that the time reveals nothing about the
        # right one.
        fits = hmac.compare_digest(given.strip(), self._token)
        if rule.token is not None:
            fits |= hmac.compare_digest(given.strip(), rule.token.encode())
        return fits and scheme.lower() == b"bearer"


async def _read(scope: Scope, receive: Receive, rule: Rule) -> bytes:
    """Return the body, and read no further than the limit, whatever was announced."""
    body = bytearray()
    client = scope.get("client")
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(rule.seconds) as deadline:

            def give_way() -> None:
                if not deadline.expired():
                    deadline.reschedule(loop.time())

            place = rule.room.enter(source_of(client[0] if client else None), give_way)
            try:
                more = True
                while more:
                    message = await receive()
                    if message["type"] != "http.request":
                        raise _Unreadable("cut_short")
                    body += message.get("body", b"")
                    if len(body) > rule.most_bytes:
                        raise _Unreadable("too_large")
                    more = message.get("more_body", False)
            finally:
                rule.room.leave(place)
    except TimeoutError:
        raise _Unreadable("too_slow") from None
    return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that yields the whole body first, then what comes after it."""
    pending: list[Message] = [
        {"type": "http.request", "body": body, "more_body": False}
    ]

    async def replayed() -> Message:
        return pending.pop() if pending else await receive()

    return replayed


def _with_headers(send: Send, policy: str) -> Send:
    headers = {**_HEADERS, _POLICY: policy}
    added = [(name.encode(), value.encode()) for name, value in headers.items()]

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), *added]}
        await send(message)

    return sending


async def _refuse_body(send: Send, rule: Rule, problem: BodyProblem) -> None:
    if rule.refused is not None:
        rule.refused(problem)
        await _refuse(send, _STATUS[problem], None)
    else:
        await _refuse(send, _STATUS[problem])


async def _refuse(send: Send, status: HTTPStatus, message: str | None = "") -> None:
    """Answer and hang up, because the rest of the request is not read.

    The text is the status's own name unless `message` says more; None is no text.
    """
    body = b""
    headers = [(b"connection", b"close")]
    if message is not None:
        body = json.dumps({"message": message or status.phrase.lower()}).encode()
        headers.append((b"content-type", b"application/json"))
    if status is HTTPStatus.UNAUTHORIZED:
        headers.append((b"www-authenticate", b"Bearer"))
    headers.append((b"content-length", str(len(body)).encode()))
    await send(
        {"type": "http.response.start", "status": int(status), "headers": headers}
    )
    await send({"type": "http.response.body", "body": body})


def _header(scope: Scope, wanted: bytes) -> bytes | None:
    headers: Iterable[tuple[bytes, bytes]] = scope["headers"]
    return next((value for name, value in headers if name == wanted), None)


def _exceeds(length: bytes, most: int) -> bool:
    # The digits are counted first: a very long number takes long to read.
    digits = length.lstrip(b"0")
    return len(digits) > 18 or int(digits or b"0") > most
