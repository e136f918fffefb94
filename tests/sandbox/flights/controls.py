"""The flights sandbox's own control routes, beside those that every sandbox has."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.sandbox.flights.cancellations import Terms
from tests.sandbox.flights.courier import Switches
from tests.sandbox.flights.errors import ApiError
from tests.sandbox.flights.outcomes import OrderOutcome

if TYPE_CHECKING:
    from tests.sandbox.flights.app import FlightsSandbox

Body = dict[str, Any]


def flight_control_routes(sandbox: FlightsSandbox) -> list[Route]:
    """Return a ``POST /__sandbox/...`` route for each control method."""

    def route(path: str, apply: Callable[[Body], object]) -> Route:
        async def serve(request: Request) -> Response:
            body = await request.json()
            try:
                result = await run_in_threadpool(apply, body)
            except (KeyError, TypeError, ValueError, ArithmeticError) as error:
                return JSONResponse({"error": repr(error)}, status_code=400)
            except ApiError as error:
                return JSONResponse({"error": str(error)}, status_code=error.status)
            return JSONResponse({"set": body, "result": result})

        return Route(f"/__sandbox/{path}", serve, methods=["POST"])

    return [
        route(
            "fares",
            lambda body: sandbox.set_fare_factor(
                body["origin"], body["destination"], Decimal(str(body["factor"]))
            ),
        ),
        route(
            "vanish",
            lambda body: sandbox.vanish(
                body["origin"], body["destination"], int(body.get("times", 1))
            ),
        ),
        route(
            "balance",
            lambda body: sandbox.set_balance(
                body["currency"], Decimal(str(body["amount"]))
            ),
        ),
        route(
            "orders_visibility",
            lambda body: sandbox.set_orders_visibility(float(body["seconds"])),
        ),
        route(
            "list_filter",
            lambda body: sandbox.set_list_filter(ignore=bool(body["ignore"])),
        ),
        route(
            "rate_limits",
            lambda body: sandbox.set_rate_limits(
                search=body.get("search"), general=body.get("general")
            ),
        ),
        # An empty object disarms what is armed.
        route(
            "order_outcomes",
            lambda body: (
                sandbox.arm_outcome(OrderOutcome(**body))
                if body
                else sandbox.clear_outcomes()
            ),
        ),
        # Each replaces all of it: an empty object is the plain behaviour.
        route("webhooks", lambda body: sandbox.set_deliveries(Switches(**body))),
        route("cancellations", lambda body: sandbox.set_cancellations(_terms(body))),
        route(
            "airline_changes",
            lambda body: (
                sandbox.airline_moves(
                    body["order_id"],
                    int(body["minutes"]),
                    silent=bool(body.get("silent")),
                )
                if body.get("minutes")
                else sandbox.airline_drops(body["order_id"])
            ),
        ),
        route(
            "airline_cancellations",
            lambda body: sandbox.airline_cancels(
                body["order_id"], refund=_amount(body.get("refund"))
            ),
        ),
        route(
            "order_actions",
            lambda body: sandbox.set_order_actions(body["order_id"], body["actions"]),
        ),
    ]


def _terms(body: Body) -> Terms:
    return Terms(**{**body, "refund_share": _amount(body.get("refund_share"))})


def _amount(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))
