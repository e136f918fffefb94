"""Control routes of this sandbox: what customer, bank and issuer do meanwhile.

``POST /__sandbox/payment_intents/{id}/authenticate`` ``{"succeed": true}`` and the
same for ``setup_intents``: the customer answers the 3-D Secure challenge.
``POST /__sandbox/payment_intents/{id}/slow`` ``{"seconds": 60}``: the issuer takes that
long over the next confirmation, which is processing meanwhile.
``POST /__sandbox/payment_methods/{id}`` ``{"behaves_as": "4000000000009995"}``: from
now on the issuer treats the card like that test number.
``POST /__sandbox/refunds/{id}`` ``{"status": "failed"}`` or ``"succeeded"``: the bank
decides a refund, also after it had succeeded.
``POST /__sandbox/payment_methods/{id}/renew`` ``{"exp_year": 2039, "last4": "4242"}``:
the network replaces a card that ran out.
``POST /__sandbox/charges/{id}/dispute`` ``{"amount": 100, "reason": "fraudulent"}`` and
``/warn`` ``{"fraud_type": "misc"}``: the cardholder disputes, the issuer warns; the id
may also be the PaymentIntent's.
``POST /__sandbox/disputes/{id}`` ``{"status": "won"}``, "lost" or "under_review".
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

from tests.sandbox.control import Fault, Faults
from tests.sandbox.payments.controls import Controls
from tests.sandbox.payments.errors import ApiError, JsonObject

_CONTROL_REQUEST = "req_control"


def payment_control_routes(
    controls: Controls, execution_faults: Faults, reset: Callable[[int | None], None]
) -> list[Route]:
    """Return the routes that this sandbox adds to the shared ones."""

    async def authenticate(request: Request) -> Response:
        body = await read_body(request)
        intent_id = request.path_params["id"]
        succeed = bool(body.get("succeed", True))
        return reply(lambda: controls.authenticate(intent_id, succeed=succeed))

    async def confirm(request: Request) -> Response:
        body = await read_body(request)
        return reply(lambda: controls.confirm(**body))

    async def slow_down(request: Request) -> Response:
        body, intent_id = await read_body(request), request.path_params["id"]
        return reply(lambda: controls.slow_down(intent_id, **body))

    async def set_method(request: Request) -> Response:
        body = await read_body(request)
        method_id, number = request.path_params["id"], str(body.get("behaves_as"))
        return reply(lambda: controls.set_card_behavior(method_id, number))

    async def set_refund(request: Request) -> Response:
        body = await read_body(request)
        refund_id = request.path_params["id"]
        reason = None
        if body.get("status") == "failed":
            reason = str(body.get("failure_reason", "expired_or_canceled_card"))
        return reply(lambda: controls.settle_refund(refund_id, failure_reason=reason))

    async def renew(request: Request) -> Response:
        body, method_id = await read_body(request), request.path_params["id"]
        return reply(lambda: controls.renew_card(method_id, **body))

    async def dispute(request: Request) -> Response:
        body, paid_id = await read_body(request), request.path_params["id"]
        return reply(lambda: controls.open_dispute(paid_id, **body))

    async def warn(request: Request) -> Response:
        body, paid_id = await read_body(request), request.path_params["id"]
        return reply(lambda: controls.warn_of_fraud(paid_id, **body))

    async def decide(request: Request) -> Response:
        body, dispute_id = await read_body(request), request.path_params["id"]
        return reply(lambda: controls.decide_dispute(dispute_id, body["status"]))

    async def set_execution_fault(request: Request) -> Response:
        if request.method == "GET":
            return JSONResponse(execution_faults.describe())
        if request.method == "DELETE":
            execution_faults.clear()
            return JSONResponse({"cleared": True})
        try:
            execution_faults.arm(Fault(**await read_body(request)))
        except (TypeError, ValueError) as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        return JSONResponse({"armed": True}, status_code=201)

    async def start_over(request: Request) -> Response:
        reset((await read_body(request)).get("seed"))
        return JSONResponse({"reset": True})

    return [
        Route(
            "/__sandbox/{kind:str}/{id:str}/authenticate",
            authenticate,
            methods=["POST"],
        ),
        Route("/__sandbox/confirm", confirm, methods=["POST"]),
        Route("/__sandbox/payment_intents/{id}/slow", slow_down, methods=["POST"]),
        Route("/__sandbox/payment_methods/{id}", set_method, methods=["POST"]),
        Route("/__sandbox/payment_methods/{id}/renew", renew, methods=["POST"]),
        Route("/__sandbox/refunds/{id}", set_refund, methods=["POST"]),
        Route("/__sandbox/charges/{id}/dispute", dispute, methods=["POST"]),
        Route("/__sandbox/charges/{id}/warn", warn, methods=["POST"]),
        Route("/__sandbox/disputes/{id}", decide, methods=["POST"]),
        Route(
            "/__sandbox/execution_faults",
            set_execution_fault,
            methods=["GET", "POST", "DELETE"],
        ),
        Route("/__sandbox/reset", start_over, methods=["POST"]),
    ]


async def read_body(request: Request) -> dict[str, Any]:
    """Return the JSON object of a control request; none is an empty one."""
    text = await request.body()
    body: dict[str, Any] = json.loads(text) if text else {}
    return body


def reply(action: Callable[[], JsonObject]) -> Response:
    """Answer with what `action` returns, or with why it cannot be done."""
    try:
        return JSONResponse(action())
    except ApiError as error:
        return JSONResponse(error.envelope(_CONTROL_REQUEST), error.status)
    except (KeyError, TypeError, ValueError) as error:
        return JSONResponse({"error": f"{type(error).__name__}: {error}"}, 400)
