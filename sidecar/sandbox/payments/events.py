"""The event log: ``/v1/events``. Nothing is delivered from here."""

from __future__ import annotations

from fnmatch import fnmatchcase

from sidecar.sandbox.payments.errors import JsonObject, invalid_parameter
from sidecar.sandbox.payments.listing import page
from sidecar.sandbox.payments.store import Call


def retrieve(call: Call) -> JsonObject:
    """``GET /v1/events/{id}``."""
    return call.world.get("event", call.id, param="id")


def list_all(call: Call) -> JsonObject:
    """``GET /v1/events``, filtered by type (``payment_intent.*`` is legal).

    With no webhook endpoint every event counts as delivered, so
    ``delivery_success=false`` lists none.
    """
    params = call.params
    if "type" in params and "types" in params:
        message = "You may only specify one of these parameters: type, types."
        raise invalid_parameter(message, "types")
    wanted = params.get("types") or [params.get("type", "*")]
    rows = [
        event
        for event in call.world.all("event")
        if any(fnmatchcase(event["type"], pattern) for pattern in wanted)
        and params.get("delivery_success", True)
    ]
    return page(rows, params, "/v1/events")
