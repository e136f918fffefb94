"""The flags sandbox as an ASGI application, and its controls."""

from __future__ import annotations

import gzip
import hashlib
import json
import threading
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from tests.sandbox.control import (
    FaultMiddleware,
    Faults,
    SandboxClock,
    control_routes,
)
from tests.sandbox.flags.catalog import Catalog
from tests.sandbox.flags.gateway import Gateway
from tests.sandbox.flags.shapes import Json
from tests.sandbox.flags.streams import Streams
from tests.sandbox.flags.usage import Usage

_FIRST_FLAGS = {
    "auto_booking_pipeline_enabled": True,
    "auto_booking_emergency_disable": False,
    "advanced_filtering": True,
    "price_optimization": True,
}
Serve = Callable[[Request], Awaitable[Response]]


class FlagsSandbox:
    """A local LaunchDarkly: state in memory, every method callable from any thread.

    Streams, polls and events have one address here; give it to the SDK as `base_uri`,
    `stream_uri` and `events_uri`. `sdk_key` is the only one accepted, or any that
    starts with ``sdk-`` when None. Controls exist both as methods and as routes:

    ``PUT /__sandbox/flags/{key}``, ``PUT /__sandbox/segments/{key}``, and ``DELETE``;
    ``POST /__sandbox/streams`` ``{"action": "drop" | "silence" | "resume"}``;
    ``POST /__sandbox/stale_patch/{key}``; ``POST /__sandbox/refuse``
    ``{"status": 401 | 503 | null}``.

    A fault that needs the whole answer first (``drop_after``, ``status_after``,
    ``truncate``, ``hold_after``) has nothing to wait for on a stream: use the controls.
    """

    def __init__(
        self,
        *,
        sdk_key: str | None = None,
        clock: SandboxClock | None = None,
        heartbeat_seconds: float = 15.0,
    ) -> None:
        self.clock = clock or SandboxClock()
        self.faults = Faults()
        self._lock = threading.RLock()
        self._gateway = Gateway(sdk_key)
        self._catalog = Catalog()
        self._usage = Usage()
        self._polls = {"answered": 0, "not_modified": 0}
        for key, value in _FIRST_FLAGS.items():
            self._catalog.put("flags", key, {"value": value})
        self._streams = Streams(
            Starlette(routes=self._routes()),
            gateway=self._gateway,
            lock=self._lock,
            everything=self._catalog.live,
            heartbeat_seconds=heartbeat_seconds,
        )
        # Outside of everything: a fault must reach the server's own connection.
        self.app: ASGIApp = FaultMiddleware(self._streams, self.faults)

    def state(self) -> dict[str, Any]:
        """Return the sandbox's own truth, ready for JSON."""
        with self._lock:
            return {
                **self._catalog.live(),
                "deleted": self._catalog.tombstones(),
                "streams": self._streams.describe(),
                "polls": dict(self._polls),
                "events": self._usage.describe(),
                "refuses_with": self._gateway.refuses_with,
            }

    def set_flag(self, key: str, flag: Mapping[str, Any]) -> Json:
        """Replace a flag, tell every stream, and return the flag as served.

        `flag` is LaunchDarkly's JSON, whole or in part, or ``{"value": x}``; see
        `expand_flag`. Its version rises by itself unless a newer one is given.
        Raises ValueError.
        """
        with self._lock:
            data = self._catalog.put("flags", key, flag)
            self._streams.publish("patch", {"path": f"/flags/{key}", "data": data})
            return data

    def delete_flag(self, key: str) -> int:
        """Delete a flag and return the version of the delete; raises KeyError."""
        with self._lock:
            version = self._catalog.delete("flags", key)
            deleted = {"path": f"/flags/{key}", "version": version}
            self._streams.publish("delete", deleted)
            return version

    def set_segment(self, key: str, segment: Mapping[str, Any]) -> Json:
        """Replace a segment as `set_flag` does a flag; raises ValueError."""
        with self._lock:
            data = self._catalog.put("segments", key, segment)
            self._streams.publish("patch", {"path": f"/segments/{key}", "data": data})
            return data

    def delete_segment(self, key: str) -> int:
        """Delete a segment and return the version of the delete; raises KeyError."""
        with self._lock:
            version = self._catalog.delete("segments", key)
            deleted = {"path": f"/segments/{key}", "version": version}
            self._streams.publish("delete", deleted)
            return version

    def send_stale_patch(self, key: str) -> Json:
        """Send a patch older than the flag, with the other answer; raises KeyError.

        Only the streams get it: the flag stays what it is. Returns what was sent.
        """
        with self._lock:
            data = self._catalog.stale_flag(key)
            self._streams.publish("patch", {"path": f"/flags/{key}", "data": data})
            return data

    def drop_streams(self) -> int:
        """End every open stream, and return how many there were."""
        return self._streams.drop()

    def silence(self) -> None:
        """Keep streams open and send nothing, not even heartbeats, until `resume`."""
        self._streams.silence()

    def resume(self) -> None:
        """Send again, first what was held back."""
        self._streams.resume()

    def refuse(self, status: int | None) -> None:
        """Answer new SDK requests with `status`; None serves them again.

        Streams that are open stay so: `drop_streams` ends them. Raises ValueError.
        """
        if status is not None and not 400 <= status < 600:
            raise ValueError(f"{status} is not an error status")
        self._gateway.refuses_with = status

    def _routes(self) -> list[Route]:
        def sdk(method: str, path: str, serve: Serve) -> Route:
            async def guarded(request: Request) -> Response:
                refusal = self._gateway.refusal(request.headers)
                return refusal or await serve(request)

            return Route(path, guarded, methods=[method])

        return [
            sdk("GET", "/sdk/latest-all", self._poll),
            sdk("POST", "/bulk", self._take_events),
            sdk("POST", "/diagnostic", self._take_diagnostic),
            *self._control_routes(),
            *control_routes(clock=self.clock, faults=self.faults, state=self.state),
        ]

    async def _poll(self, request: Request) -> Response:
        with self._lock:
            body = json.dumps(self._catalog.live(), separators=(",", ":")).encode()
            etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
            known = request.headers.get("if-none-match") == etag
            self._polls["not_modified" if known else "answered"] += 1
        if known:
            return Response(status_code=304, headers={"ETag": etag})
        return Response(body, media_type="application/json", headers={"ETag": etag})

    async def _take_events(self, request: Request) -> Response:
        body = await request.body()
        if request.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        payload_id = request.headers.get("x-launchdarkly-payload-id")
        with self._lock:
            self._usage.record(json.loads(body), payload_id)
        return Response(status_code=202)

    async def _take_diagnostic(self, request: Request) -> Response:
        await request.body()
        with self._lock:
            self._usage.record_diagnostic()
        return Response(status_code=202)

    def _control_routes(self) -> list[Route]:
        def control(
            method: str, path: str, apply: Callable[[str, Any], dict[str, Any]]
        ) -> Route:
            async def serve(request: Request) -> Response:
                try:
                    body = json.loads(await request.body() or b"{}")
                    answer = apply(request.path_params.get("key", ""), body)
                except KeyError as error:
                    return JSONResponse({"error": repr(error)}, status_code=404)
                except (TypeError, ValueError) as error:
                    return JSONResponse({"error": repr(error)}, status_code=400)
                return JSONResponse(answer)

            return Route(f"/__sandbox/{path}", serve, methods=[method])

        return [
            control("PUT", "flags/{key}", self.set_flag),
            control("PUT", "segments/{key}", self.set_segment),
            control(
                "DELETE",
                "flags/{key}",
                lambda key, _: {"version": self.delete_flag(key)},
            ),
            control(
                "DELETE",
                "segments/{key}",
                lambda key, _: {"version": self.delete_segment(key)},
            ),
            control(
                "POST", "stale_patch/{key}", lambda key, _: self.send_stale_patch(key)
            ),
            control("POST", "streams", lambda _, body: self._act_on_streams(body)),
            control("POST", "refuse", lambda _, body: self._set_refusal(body)),
        ]

    def _act_on_streams(self, body: Any) -> dict[str, Any]:
        match body:
            case {"action": "drop"}:
                return {"dropped": self.drop_streams()}
            case {"action": "silence"}:
                self.silence()
            case {"action": "resume"}:
                self.resume()
            case _:
                raise ValueError('give {"action": "drop" | "silence" | "resume"}')
        return self._streams.describe()

    def _set_refusal(self, body: Any) -> dict[str, Any]:
        match body:
            case {"status": int() | None as status}:
                self.refuse(status)
            case _:
                raise ValueError('give {"status": 401 | 503 | null}')
        return {"status": status}
