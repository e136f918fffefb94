"""Control routes of the webhooks: how the way of an event is bent.

``POST /__sandbox/webhooks`` ``{"kind": "duplicate", "match": "charge.*", "times": 1,
"seconds": 60}`` arms a switch (``webhooks.SwitchKind`` lists the kinds); ``DELETE``
disarms all; ``GET`` shows destinations, switches and deliveries.
``POST /__sandbox/webhooks/{id}/roll`` ``{"overlap_seconds": 60}``: a new secret for an
endpoint; both sign until the overlap has passed.
``POST /__sandbox/events`` ``{"type": "no.such", "object": "charge", "id": "ch_1"}``:
an event of any type, sent to every destination.
``POST /__sandbox/events/{id}/resend``: an old event once more.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.sandbox.payments.control_routes import read_body, reply
from tests.sandbox.payments.controls import Controls
from tests.sandbox.payments.errors import JsonObject
from tests.sandbox.payments.webhooks import Switch


def webhook_control_routes(controls: Controls) -> list[Route]:
    """Return the routes that bend the delivery of events."""

    async def bend(request: Request) -> Response:
        if request.method == "GET":
            return JSONResponse(controls.describe_webhooks())
        if request.method == "DELETE":
            controls.unbend()
            return JSONResponse({"cleared": True})
        body = await read_body(request)

        def arm() -> JsonObject:
            controls.bend(Switch(**body))
            return {"armed": True}

        return reply(arm)

    async def roll(request: Request) -> Response:
        body, destination = await read_body(request), request.path_params["id"]
        return reply(
            lambda: {"secret": controls.roll_secret(destination, **body)},
        )

    async def tell(request: Request) -> Response:
        body = await read_body(request)

        def send() -> JsonObject:
            controls.tell(body["type"], body["object"], body["id"])
            return {"sent": True}

        return reply(send)

    async def tell_again(request: Request) -> Response:
        event_id = request.path_params["id"]
        return reply(lambda: controls.tell_again(event_id))

    return [
        Route("/__sandbox/webhooks", bend, methods=["GET", "POST", "DELETE"]),
        Route("/__sandbox/webhooks/{id}/roll", roll, methods=["POST"]),
        Route("/__sandbox/events", tell, methods=["POST"]),
        Route("/__sandbox/events/{id}/resend", tell_again, methods=["POST"]),
    ]
