"""The endpoint's answer to a card's holder: what confirms a payment in a browser."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from sidecar.db import Database
from sidecar.payments import Payments


class HolderBody(BaseModel):
    """Names the trip, and the signed-in user whose payment it must be."""

    trip_request_id: UUID
    user_id: UUID


def holder_router(database: Database, payments: Payments | None) -> APIRouter:
    """Return the one route; `payments` is None in a process without Stripe's key."""
    router = APIRouter()

    @router.post("/rpc/payment_to_confirm")
    def payment_to_confirm(body: HolderBody) -> JSONResponse:
        """Return the payment that waits for the user as its card's holder, or null.

        Its client secret is read at Stripe for this answer and kept nowhere.
        """
        if payments is None:
            return JSONResponse(
                {"message": "this process has no key for Stripe: ask `sidecar run`"},
                503,
            )
        found = database.rpc("payment_to_confirm", body.trip_request_id, body.user_id)
        if isinstance(found, dict):
            secret = payments.client_secret(found["payment_intent"])
            if secret is None:
                return JSONResponse({"message": "Stripe did not answer"}, 503)
            found = {**found, "client_secret": secret}
        return JSONResponse({"payment": found})

    return router
