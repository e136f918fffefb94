"""What every API call passes: headers, rate limits, envelopes, request ids."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.sandbox.control import SandboxClock
from tests.sandbox.flights.errors import ApiError, refusal
from tests.sandbox.flights.ids import request_id

_WINDOW = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Call:
    """One authenticated request."""

    path: dict[str, Any]
    query: QueryParams
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    """A successful answer; `meta` is given for lists only."""

    data: Any
    status: int = 200
    meta: dict[str, Any] | None = None
    empty: bool = False


Handler = Callable[[Call], Reply]


class RateLimit:
    """A fixed window of 60 sandbox seconds that opens with its first request."""

    def __init__(self, clock: SandboxClock, limit: int) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._used = 0
        self._resets_at = datetime.fromtimestamp(0, UTC)
        self.limit = limit

    def take(self) -> tuple[bool, dict[str, str]]:
        """Count one request; return whether it is allowed, and the rate headers."""
        with self._lock:
            now = self._clock.now()
            if now >= self._resets_at:
                # Whole seconds, so that the HTTP date tells the exact moment.
                end = math.ceil((now + _WINDOW).timestamp())
                self._resets_at = datetime.fromtimestamp(end, UTC)
                self._used = 0
            allowed = self._used < self.limit
            self._used += allowed
            return allowed, {
                "ratelimit-limit": str(self.limit),
                "ratelimit-remaining": str(max(0, self.limit - self._used)),
                "ratelimit-reset": format_datetime(self._resets_at, usegmt=True),
            }


class Gateway:
    """Wraps handlers into ASGI endpoints with the API's common behaviour."""

    def __init__(self, clock: SandboxClock, *, saved: Callable[[], None]) -> None:
        self._saved = saved
        self.search_limit = RateLimit(clock, 600)
        self.general_limit = RateLimit(clock, 4000)

    def endpoint(
        self,
        handler: Handler,
        *,
        search: bool = False,
        saves: bool = False,
        takes_data: bool = False,
    ) -> Callable[[Request], Awaitable[Response]]:
        """Return an endpoint; `takes_data` requires a ``{"data": {...}}`` body.

        With `saves`, the sandbox's state is kept before the answer is given.
        """

        def run(call: Call) -> Reply:
            try:
                return handler(call)
            finally:
                if saves:
                    self._saved()

        limit = self.search_limit if search else self.general_limit

        async def serve(request: Request) -> Response:
            body = await request.body()
            headers = _common_headers(request)
            try:
                _check_token(request)
                allowed, rates = limit.take()
                headers.update(rates)
                if not allowed:
                    raise refusal("rate_limit_exceeded")
                _check_headers(request, body)
                data = _read_data(body) if takes_data else {}
                call = Call(dict(request.path_params), request.query_params, data)
                reply = await run_in_threadpool(run, call)
            except ApiError as error:
                return _refuse(error, headers)
            if reply.empty:
                return Response(status_code=reply.status, headers=headers)
            content = {"data": reply.data}
            if reply.meta is not None:
                content["meta"] = reply.meta
            return JSONResponse(content, status_code=reply.status, headers=headers)

        return serve

    async def unknown_route(self, request: Request, error: Exception) -> Response:
        """Answer paths (404) and methods (405) that the API does not have."""
        wrong_method = getattr(error, "status_code", 404) == 405
        code = "method_not_allowed" if wrong_method else "not_found"
        return _refuse(refusal(code), _common_headers(request))


def _common_headers(request: Request) -> dict[str, str]:
    headers = {"x-request-id": request_id()}
    correlation = request.headers.get("x-client-correlation-id")
    if correlation is not None:
        headers["x-client-correlation-id"] = correlation
    return headers


def _refuse(error: ApiError, headers: dict[str, str]) -> Response:
    body = error.envelope(headers["x-request-id"])
    return JSONResponse(body, status_code=error.status, headers=headers)


def _check_token(request: Request) -> None:
    header = request.headers.get("authorization")
    if header is None:
        raise refusal("missing_authorization_header")
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise refusal("invalid_authorization_header")
    # A live token must never work here, so that a wrong setting is found at once.
    if not token.strip().startswith("duffel_test_"):
        raise refusal("access_token_not_found")


def _check_headers(request: Request, body: bytes) -> None:
    version = request.headers.get("duffel-version")
    if version is None:
        raise refusal("missing_version_header")
    if version != "v2":
        raise refusal("unsupported_version")
    accepted = request.headers.get("accept", "")
    kinds = {part.split(";")[0].strip().lower() for part in accepted.split(",")}
    if "application/json" not in kinds:
        raise refusal("unsupported_format")
    if body:
        kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
        if kind != "application/json":
            raise refusal("invalid_content_type_header")


def _read_data(body: bytes) -> dict[str, Any]:
    if not body:
        raise refusal("missing_data_param")
    try:
        document = json.loads(body)
    except ValueError:
        raise refusal("bad_request") from None
    if not isinstance(document, dict) or "data" not in document:
        raise refusal("missing_data_param")
    if not isinstance(document["data"], dict):
        raise refusal("malformed_data_param")
    return document["data"]
