"""The HTTP endpoint: health, the doorbell, callbacks, and the service entry points.

Errors of the engine come back with the HTTP status that `sql/errors.md` gives their
SQLSTATE and a JSON body with code, message, field, detail and hint.
"""

from __future__ import annotations

import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated
from uuid import UUID

import psycopg
import structlog
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel

from sidecar import __version__
from sidecar.config import ServeSettings
from sidecar.db import Database, describe
from sidecar.errors import EngineError, SetupError
from sidecar.inbox import Inbox
from sidecar.limits import Locks, connect

_log = structlog.get_logger()
# Of the module: FastAPI looks the names in annotations up there, and takes a parameter
# whose annotation it cannot resolve for a part of the query.
_BEARER = HTTPBearer(auto_error=False)


class TripBody(BaseModel):
    """Names the trip an entry point is called for."""

    trip_request_id: UUID


def build_app(settings: ServeSettings, database: Database) -> FastAPI:
    """Return the application; `database` is closed by the caller."""
    inbox = Inbox(settings, database)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        inbox.close()

    app = FastAPI(
        title="Skylatch", version=__version__, redoc_url=None, lifespan=lifespan
    )
    redis_url = settings.redis_url
    locks = Locks(connect(redis_url.get_secret_value() if redis_url else None))
    app.state.inbox = inbox
    app.include_router(inbox.router())

    def authorized(
        given: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)],
    ) -> None:
        expected = settings.http_token.get_secret_value().encode()
        if given is None or not hmac.compare_digest(
            given.credentials.encode(), expected
        ):
            raise HTTPException(
                401, "a valid bearer token is needed", {"WWW-Authenticate": "Bearer"}
            )

    @app.exception_handler(EngineError)
    def engine_refused(_: Request, error: EngineError) -> JSONResponse:
        return JSONResponse(error.as_problem(), status_code=error.http_status)

    @app.exception_handler(psycopg.Error)
    def database_failed(request: Request, error: psycopg.Error) -> JSONResponse:
        _log.error("rpc.failed", path=request.url.path, error=describe(error))
        if isinstance(error, psycopg.OperationalError):
            return JSONResponse({"message": "the database is not available"}, 503)
        return JSONResponse({"message": "the call failed; the log says why"}, 500)

    @app.get("/livez")
    def livez() -> dict[str, str]:
        """Tell that the process runs; nothing else is asked."""
        return {"status": "ok"}

    @app.get("/readyz")
    def readyz() -> JSONResponse:
        """Tell whether the database answers, is of our version, and is set up."""
        try:
            database.check_version()
        except SetupError as error:
            # Anyone may ask: what the server said is for the log.
            _log.warning("readyz.down", error=str(error))
            reason = "the database is away or of another version"
            return JSONResponse({"status": "down", "reason": reason}, 503)
        try:
            database.check_setup()
        except SetupError as error:
            # What is open in a database is for the log too.
            _log.error("readyz.not_set_up", error=str(error))
            reason = "the database lacks what a deploy sets: deploy"
            return JSONResponse({"status": "down", "reason": reason}, 503)
        return JSONResponse({"status": "ok", "version": __version__})

    @app.post("/wake", status_code=204)
    def wake() -> None:
        """Accept pg_net's doorbell; workers hear of work by NOTIFY and by polling.

        It carries nothing and decides nothing, so that a lost or doubled ring is
        harmless and needs no credentials.
        """

    guarded = [Depends(authorized)]

    @app.post("/rpc/duffel_search", dependencies=guarded)
    def duffel_search(body: TripBody) -> dict[str, object]:
        """Search a trip now."""
        return {"searches": database.rpc("duffel_search", body.trip_request_id)}

    @app.post("/rpc/auto_book_production", dependencies=guarded)
    def auto_book_production(body: TripBody) -> dict[str, object]:
        """Book the best offer of a trip now; returns the attempt."""
        return {"attempt": database.rpc("auto_book_production", body.trip_request_id)}

    @app.post("/rpc/auto_book_monitor", dependencies=guarded)
    def auto_book_monitor() -> dict[str, object]:
        """Run one tick of the monitor."""
        with locks.held("auto_book_monitor"):
            return {"run": database.rpc("auto_book_monitor")}

    return app
