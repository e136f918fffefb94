"""One request from socket to handler, in the provider's order.

credentials -> endpoint -> stored answer -> parameters -> key claimed -> execution

The execution sits behind a fault layer of its own. A fault there happens *under*
the key: ``hold_after`` keeps a finished call in flight (a second request gets 409),
``status_after`` 500 is stored and replayed. Faults of the network lie outside, in
the application's outermost layer, and never touch the key.
"""

from __future__ import annotations

import json
import traceback
from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from tests.sandbox.control import Fault, FaultMiddleware, Faults
from tests.sandbox.payments import expansion, parameters, wire
from tests.sandbox.payments.due import catch_up
from tests.sandbox.payments.errors import ApiError, JsonObject
from tests.sandbox.payments.idempotency import IdempotencyKeys, check_key
from tests.sandbox.payments.route import ApiRoute
from tests.sandbox.payments.routes import find_route
from tests.sandbox.payments.store import Call, World
from tests.sandbox.payments.wire import Reply

# The provider's own limiter and lock answer before execution.
_NEVER_SAVED = frozenset((401, 409, 429))


class ExecutionFaults(Faults):
    """Faults under the idempotency key; there is no connection to cut here."""

    def arm(self, fault: Fault) -> None:
        """Add a fault, refusing the kinds that need a connection."""
        if fault.kind not in (
            "status",
            "status_after",
            "slow",
            "hold_before",
            "hold_after",
        ):
            raise ValueError(f"{fault.kind} is a network fault")
        super().arm(fault)


@dataclass(frozen=True, slots=True)
class _Job:
    route: ApiRoute
    call: Call
    request_id: str
    key: str | None


class Gateway:
    """The ``/v1`` and ``/v2`` routes as an ASGI application."""

    def __init__(
        self, world: World, keys: IdempotencyKeys, faults: ExecutionFaults
    ) -> None:
        self._world = world
        self._keys = keys
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        request = Request(scope, receive)
        body = await request.body()
        version = wire.DEFAULT_VERSION
        with self._world.lock:
            request_id = self._world.new_id("req")
        try:
            wire.check_credentials(request.headers)
            version = wire.read_version(request.headers)
            reply = await self._answer(request, body, request_id)
        except ApiError as error:
            reply = wire.json_reply(error.status, error.envelope(request_id))
        response = Response(reply.body, reply.status, media_type=reply.content_type)
        response.headers["Request-Id"] = request_id
        response.headers["Stripe-Version"] = version
        response.headers.update(reply.headers)
        await response(scope, receive, send)

    async def _answer(self, request: Request, body: bytes, request_id: str) -> Reply:
        path = request.url.path
        route, ids = find_route(request.method, path)
        raw = _read_parameters(request, body)
        # Keys belong to POST: on other methods the header has no effect.
        key = request.headers.get("idempotency-key") if request.method == "POST" else ""
        if key:
            check_key(key)
        fingerprint = json.dumps(raw, sort_keys=True)
        with self._world.lock:
            now = self._world.now()
            if key:
                stored = self._keys.find(key, path, fingerprint, now)
                if stored is not None:
                    return stored
            params = parameters.check(route.params, raw)
            expansion.check_paths(
                route.returns, params.get("expand", []), listed=route.listed
            )
            if key:
                self._keys.claim(key, path, fingerprint, now=now, request_id=request_id)
        job = _Job(route, Call(self._world, params, ids), request_id, key or None)
        return await self._keep_under_key(request.scope, job)

    async def _keep_under_key(self, scope: Scope, job: _Job) -> Reply:
        reply: Reply | None = None
        try:
            reply = await self._run_behind_faults(scope, job)
        finally:
            with self._world.changing():
                if job.key and reply is not None and reply.saved:
                    self._keys.finish(job.key, reply)
                elif job.key:
                    self._keys.release(job.key)
        if not job.key:
            return reply
        headers = {"Idempotency-Key": job.key, "Original-Request": job.request_id}
        return replace(reply, headers={**reply.headers, **headers})

    async def _run_behind_faults(self, scope: Scope, job: _Job) -> Reply:
        executed: list[Reply] = []
        sent: list[Message] = []

        async def endpoint(scope: Scope, receive: Receive, send: Send) -> None:
            reply = self._run(job)
            executed.append(reply)
            response = Response(reply.body, reply.status, media_type=reply.content_type)
            await response(scope, receive, send)

        async def nothing_more() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def keep(message: Message) -> None:
            sent.append(message)

        await FaultMiddleware(endpoint, self._faults)(scope, nothing_more, keep)
        start = sent[0]
        headers = {k.decode(): v.decode() for k, v in start["headers"]}
        del headers["content-length"]
        content_type = headers.pop("content-type")
        status: int = start["status"]
        ran = not executed or executed[0].saved
        return Reply(
            status,
            b"".join(m.get("body", b"") for m in sent),
            saved=ran and status not in _NEVER_SAVED,
            content_type=content_type,
            headers=headers,
        )

    def _run(self, job: _Job) -> Reply:
        world = self._world
        with world.lock:
            catch_up(world)
            world.touched |= job.route.method != "GET"
            world.request = {"id": job.request_id, "idempotency_key": job.key}
            try:
                result = job.route.handler(job.call)
                paths = job.call.params.get("expand", [])
                body = expansion.expand(world, result, paths) if paths else result
                reply = wire.json_reply(200, body)
            except ApiError as error:
                envelope = error.envelope(job.request_id)
                reply = wire.json_reply(error.status, envelope, saved=error.executed)
            except Exception:  # noqa: BLE001 - reported through state(), see below
                # A fault of the sandbox itself: recorded, so that a test run that
                # met one cannot pass for a sound one.
                world.defects.append(traceback.format_exc())
                broken = ApiError(500, "An unknown error occurred.", kind="api_error")
                reply = wire.json_reply(500, broken.envelope(job.request_id))
            finally:
                world.request = None
            if job.key and reply.saved:
                ran = world.executions.get(job.key, 0)
                world.executions[job.key] = ran + 1
            return reply


def _read_parameters(request: Request, body: bytes) -> JsonObject:
    if request.method in ("GET", "DELETE"):
        return wire.parse_form(request.url.query)
    if request.url.path.startswith("/v2/"):
        return wire.parse_json(body)
    content_type = request.headers.get("content-type", wire.FORM_TYPE)
    if body and not content_type.startswith(wire.FORM_TYPE):
        message = (
            f"Invalid request (check that your POST content type is {wire.FORM_TYPE})."
        )
        raise ApiError(400, message, executed=False)
    try:
        return wire.parse_form(body.decode())
    except UnicodeDecodeError:
        message = "The request body is not valid UTF-8."
        raise ApiError(400, message, executed=False) from None
