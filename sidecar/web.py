"""The HTTP endpoint: health, the doorbell, callbacks, and the service entry points.

Errors of the engine come back with the HTTP status that `sql/errors.md` gives their
SQLSTATE and a JSON body with code, message, field, detail and hint.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID

import psycopg
import structlog
from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.security import HTTPBearer
from pydantic import BaseModel
from starlette.types import ASGIApp

from sidecar import __version__
from sidecar.card_holder import holder_router
from sidecar.config import ServeSettings
from sidecar.db import Database
from sidecar.errors import Busy, EngineError
from sidecar.health import Doctor, Health
from sidecar.inbox import Inbox
from sidecar.intake import Intake, Rule
from sidecar.limits import Locks, LockTaken, connect
from sidecar.metrics import CONTENT_TYPE, Metrics, Scrapes
from sidecar.payments import Payments
from sidecar.pool import describe
from sidecar.setting_types import revealed
from sidecar.waiting_room import WaitingRoom
from sidecar.worker import Worker

_log = structlog.get_logger()
# The description says that a token is needed; the intake has checked the token by then.
_BEARER = HTTPBearer(auto_error=False)
_MAX_BODY_BYTES = 4096
_READ_SECONDS = 5.0
# The pages of /docs load scripts from elsewhere.
_DOCS_POLICY = (
    "default-src 'none'; connect-src 'self'; img-src data: https://fastapi.tiangolo.com;"
    " script-src 'unsafe-inline' https://cdn.jsdelivr.net;"
    " style-src 'unsafe-inline' https://cdn.jsdelivr.net; frame-ancestors 'none'"
)


# A lock that was not had in time, a deadlock, or a decision that another one overtook.
_BUSY = ("55P03", "40P01", "40001")


class TripBody(BaseModel):
    """Names the trip that an entry point is called for."""

    trip_request_id: UUID


class Invalid(BaseModel):
    """What is wrong with a request, and with which field; never the value sent."""

    message: str
    field: str | None
    hint: str


_WRONG: dict[int | str, dict[str, Any]] = {422: {"model": Invalid}}


class _App(FastAPI):
    """The application behind the intake, which comes first and handles all errors."""

    rules: dict[str, Rule]
    token: str

    def build_middleware_stack(self) -> ASGIApp:
        """Return the layers that a request passes through."""
        return Intake(
            super().build_middleware_stack(),
            token=self.token,
            rules=self.rules,
            otherwise=Rule(WaitingRoom(16)),
        )


def _rules(inbox: Inbox, settings: ServeSettings) -> dict[str, Rule]:
    """Return the rule of each path; any other path needs the token, and no body."""
    room = WaitingRoom(16)
    open_to_all = Rule(room, needs_token=False, seconds=_READ_SECONDS)
    return {
        "/livez": open_to_all,
        "/readyz": open_to_all,
        "/openapi.json": open_to_all,
        # In a room of its own, so that scrapes never delay requests to book.
        "/metrics": Rule(WaitingRoom(16), token=revealed(settings.metrics_token)),
        "/wake": Rule(
            room,
            token=revealed(settings.wake_token),
            most_bytes=_MAX_BODY_BYTES,
            seconds=_READ_SECONDS,
        ),
        "/rpc/": Rule(
            WaitingRoom(16), most_bytes=_MAX_BODY_BYTES, seconds=_READ_SECONDS
        ),
        **inbox.rules(),
        **(
            {"/docs": replace(open_to_all, policy=_DOCS_POLICY)}
            if settings.http_docs
            else {}
        ),
    }


def build_app(
    settings: ServeSettings,
    database: Database,
    *,
    metrics: Metrics | None = None,
    worker: Worker | None = None,
    payments: Payments | None = None,
) -> FastAPI:
    """Return the application; the caller closes `database`.

    The doorbell wakes `worker` where one runs in this process. Client secrets are read
    with `payments`.
    """
    inbox = Inbox(settings, database)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        inbox.close()

    app = _App(
        title="Skylatch",
        version=__version__,
        docs_url="/docs" if settings.http_docs else None,
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
        # A redirect would repeat the Host that was claimed.
        redirect_slashes=False,
        lifespan=lifespan,
    )
    app.token = settings.http_token.get_secret_value()
    app.rules = _rules(inbox, settings)
    metrics = metrics or Metrics("serve")
    scrapes = Scrapes(database, metrics)
    redis = connect(revealed(settings.redis_url))
    locks = Locks(redis, metrics)
    doctor = Doctor(database, redis)
    app.state.inbox = inbox
    app.include_router(inbox.router())

    @app.exception_handler(EngineError)
    def engine_refused(_: Request, error: EngineError) -> JSONResponse:
        return JSONResponse(error.as_problem(), status_code=error.http_status)

    @app.exception_handler(psycopg.Error)
    def database_failed(request: Request, error: psycopg.Error) -> JSONResponse:
        _log.error("rpc.failed", path=request.url.path, error=describe(error))
        if error.sqlstate in _BUSY:
            return engine_refused(request, Busy.of(error))
        if isinstance(error, psycopg.OperationalError):
            return JSONResponse({"message": "the database is not available"}, 503)
        return JSONResponse({"message": "the call failed; the log says why"}, 500)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        return JSONResponse(_as_problem(error).model_dump(), 422)

    @app.exception_handler(Exception)
    async def crashed(_: Request, _error: Exception) -> JSONResponse:
        # The server logs the error.
        return JSONResponse({"message": "the call failed; the log says why"}, 500)

    @app.get("/livez")
    async def livez() -> JSONResponse:
        """Tell that the process runs, and that its worker, if any, does not hang."""
        if worker is not None and not worker.is_alive():
            return JSONResponse({"status": "the worker hangs"}, 503)
        return JSONResponse({"status": "ok"})

    checking: asyncio.Task[Health] | None = None

    @app.get("/readyz")
    async def readyz() -> JSONResponse:
        """Tell whether the database can be worked with, and what works less well."""
        nonlocal checking
        # One question to the database at a time, however many ask, because anybody may
        # ask.
        if checking is None or checking.done():
            checking = asyncio.create_task(asyncio.to_thread(doctor.look))
        health = await asyncio.shield(checking)
        return JSONResponse(health.as_body(), health.http_status)

    guarded = [Depends(_BEARER)]

    @app.post("/wake", status_code=204, dependencies=guarded)
    async def wake() -> None:
        """Make the worker of this process look for work now: pg_net's doorbell.

        A ring carries nothing and decides nothing: a lost or doubled ring is harmless.
        """
        if worker is not None:
            worker.wake()

    @app.get("/metrics", dependencies=guarded)
    async def tell_metrics() -> Response:
        """Tell what Postgres knows and this process measures, for Prometheus."""
        return Response(await scrapes.answer(), media_type=CONTENT_TYPE)

    @app.post("/rpc/duffel_search", dependencies=guarded, responses=_WRONG)
    def duffel_search(body: TripBody) -> dict[str, object]:
        """Search a trip now."""
        return {"searches": database.rpc("duffel_search", body.trip_request_id)}

    @app.post("/rpc/auto_book_production", dependencies=guarded, responses=_WRONG)
    def auto_book_production(body: TripBody) -> dict[str, object]:
        """Book the best offer of a trip now; returns the attempt."""
        return {"attempt": database.rpc("auto_book_production", body.trip_request_id)}

    app.include_router(
        holder_router(database, payments), dependencies=guarded, responses=_WRONG
    )

    @app.post("/rpc/auto_book_monitor", dependencies=guarded)
    def auto_book_monitor() -> dict[str, object]:
        """Run one tick of the monitor; returns its number and what it did."""
        try:
            with locks.held("auto_book_monitor", patient=False):
                run = database.rpc("auto_book_monitor")
        except LockTaken:
            return {**_NOTHING_DONE, "reason": "monitor already running"}
        return {**_NOTHING_DONE, "run": run, **database.monitor_run(run)}

    return app


_NOTHING_DONE: dict[str, object] = {
    "run": None,
    "claimed": 0,
    "skipped": 0,
    "expired": 0,
    "searches": 0,
    "reason": None,
}


def _as_problem(error: RequestValidationError) -> Invalid:
    """Return what is wrong and where; the value that was sent is never repeated."""
    first = error.errors()[0]
    names = [part for part in first["loc"][1:] if isinstance(part, str)]
    field = ".".join(names) or None
    hint = f"{field or 'body'}: {_HINTS.get(first['type'], 'see /openapi.json')}"
    return Invalid(message="the request is not valid", field=field, hint=hint)


# By pydantic's own names; its messages may quote the input.
_HINTS = {
    "missing": "it is missing",
    "json_invalid": "it is not JSON",
    "uuid_parsing": "it is not a UUID",
    "uuid_type": "it is not a UUID",
}
