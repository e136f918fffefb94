"""Control routes of this sandbox: what customer, bank and issuer do meanwhile.

``POST /__sandbox/payment_intents/{id}/authenticate`` ``{"succeed": true}`` and the
same for ``setup_intents``: the customer answers the 3-D Secure challenge.
``POST /__sandbox/payment_methods/{id}`` ``{"behaves_as": "4000000000009995"}``: from
now on the issuer treats the card like that test number.
``POST /__sandbox/refunds/{id}`` ``{"status": "failed"}`` or ``"succeeded"``: the bank
decides a refund, also after it had succeeded.
``/__sandbox/execution_faults``: like ``/__sandbox/faults``, under the idempotency key.
``POST /__sandbox/reset`` ``{"seed": 7}``: start over.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sidecar.sandbox.control import Fault, Faults
from sidecar.sandbox.payments import authorization, cards, refunds, setups
from sidecar.sandbox.payments.errors import ApiError, JsonObject
from sidecar.sandbox.payments.store import World

_CONTROL_REQUEST = "req_control"


class Controls:
    """The same switches for tests that hold the sandbox in their own process."""

    def __init__(self, world: World) -> None:
        self._world = world

    def authenticate(self, intent_id: str, *, succeed: bool = True) -> JsonObject:
        """The customer passes or fails 3-D Secure for a PaymentIntent or setup."""
        with self._world.lock:
            if intent_id in self._world.objects["setup_intent"]:
                setup = self._world.get("setup_intent", intent_id)
                setups.authenticate(self._world, setup, succeed=succeed)
                return setup
            intent = self._world.get("payment_intent", intent_id)
            authorization.authenticate(self._world, intent, succeed=succeed)
            return intent

    def set_card_behavior(self, method_id: str, number: str) -> JsonObject:
        """The issuer treats the saved card like test card `number` from now on."""
        with self._world.lock:
            method = self._world.get("payment_method", method_id)
            card = cards.BY_NUMBER.get(number)
            if card is None:
                raise ApiError(400, f"No such test card: {number}", param="behaves_as")
            self._world.cards[method_id].card = card
            return method

    def settle_refund(
        self, refund_id: str, *, failure_reason: str | None = None
    ) -> JsonObject:
        """The bank completes a pending refund, or fails it when given a reason."""
        with self._world.lock:
            refund = self._world.get("refund", refund_id)
            refunds.settle(self._world, refund, failure_reason=failure_reason)
            return refund


def payment_control_routes(
    controls: Controls, execution_faults: Faults, reset: Callable[[int | None], None]
) -> list[Route]:
    """Return the routes that this sandbox adds to the shared ones."""

    async def authenticate(request: Request) -> Response:
        body = await _body(request)
        intent_id = request.path_params["id"]
        succeed = bool(body.get("succeed", True))
        return _reply(lambda: controls.authenticate(intent_id, succeed=succeed))

    async def set_method(request: Request) -> Response:
        body = await _body(request)
        method_id, number = request.path_params["id"], str(body.get("behaves_as"))
        return _reply(lambda: controls.set_card_behavior(method_id, number))

    async def set_refund(request: Request) -> Response:
        body = await _body(request)
        refund_id = request.path_params["id"]
        reason = None
        if body.get("status") == "failed":
            reason = str(body.get("failure_reason", "expired_or_canceled_card"))
        return _reply(lambda: controls.settle_refund(refund_id, failure_reason=reason))

    async def set_execution_fault(request: Request) -> Response:
        if request.method == "GET":
            return JSONResponse(execution_faults.describe())
        if request.method == "DELETE":
            execution_faults.clear()
            return JSONResponse({"cleared": True})
        try:
            execution_faults.arm(Fault(**await _body(request)))
        except (TypeError, ValueError) as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        return JSONResponse({"armed": True}, status_code=201)

    async def start_over(request: Request) -> Response:
        reset((await _body(request)).get("seed"))
        return JSONResponse({"reset": True})

    return [
        Route(
            "/__sandbox/{kind:str}/{id:str}/authenticate",
            authenticate,
            methods=["POST"],
        ),
        Route("/__sandbox/payment_methods/{id}", set_method, methods=["POST"]),
        Route("/__sandbox/refunds/{id}", set_refund, methods=["POST"]),
        Route(
            "/__sandbox/execution_faults",
            set_execution_fault,
            methods=["GET", "POST", "DELETE"],
        ),
        Route("/__sandbox/reset", start_over, methods=["POST"]),
    ]


async def _body(request: Request) -> dict[str, Any]:
    text = await request.body()
    body: dict[str, Any] = json.loads(text) if text else {}
    return body


def _reply(action: Callable[[], JsonObject]) -> Response:
    try:
        return JSONResponse(action())
    except ApiError as error:
        return JSONResponse(error.envelope(_CONTROL_REQUEST), error.status)
