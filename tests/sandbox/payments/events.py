"""The event log: ``/v1/events`` and, as thin events, ``/v2/core/events``.

A thin event has an id of its own and names its snapshot in `snapshot_event`; here it is
derived from that one, so nothing is stored twice.
"""

from __future__ import annotations

from datetime import UTC, datetime
from fnmatch import fnmatchcase

from tests.sandbox.payments.errors import JsonObject, invalid_parameter, no_such
from tests.sandbox.payments.listing import page
from tests.sandbox.payments.store import Call

_SNAPSHOT, _THIN = "evt_", "evt_test_"
_MOST_TYPES = 20
# Object type -> the collection it is read from.
_COLLECTIONS = {
    "customer": "/v1/customers",
    "payment_method": "/v1/payment_methods",
    "setup_intent": "/v1/setup_intents",
    "payment_intent": "/v1/payment_intents",
    "charge": "/v1/charges",
    "refund": "/v1/refunds",
    "dispute": "/v1/disputes",
    "radar.early_fraud_warning": "/v1/radar/early_fraud_warnings",
}


def retrieve(call: Call) -> JsonObject:
    """``GET /v1/events/{id}``."""
    return call.world.get("event", call.id, param="id")


def list_all(call: Call) -> JsonObject:
    """``GET /v1/events``: by one type, which may be ``payment_intent.*``, or by names.

    ``delivery_success=false`` lists what some destination has not taken (yet).
    """
    params, webhooks = call.params, call.world.webhooks
    if "type" in params and "types" in params:
        message = "You may only specify one of these parameters: type, types."
        raise invalid_parameter(message, "types")
    names = params.get("types")
    if names is not None and len(names) > _MOST_TYPES:
        message = f"You may only specify up to {_MOST_TYPES} types."
        raise invalid_parameter(message, "types")
    pattern, wanted = params.get("type", "*"), params.get("delivery_success")
    rows = [
        event
        for event in call.world.all("event")
        if (event["type"] in names if names else fnmatchcase(event["type"], pattern))
        and wanted in (None, webhooks.is_delivered(event["id"]))
    ]
    return page(rows, params, "/v1/events")


def retrieve_thin(call: Call) -> JsonObject:
    """``GET /v2/core/events/{id}``."""
    snapshot_id = call.id.replace(_THIN, _SNAPSHOT, 1)
    if not call.id.startswith(_THIN):
        raise no_such("event", call.id, param="id")
    event = call.world.get("event", snapshot_id, param="id")
    return {
        **notification(event),
        "changes": None,
        "data": {},
        "snapshot_event": event["id"],
    }


def notification(event: JsonObject) -> JsonObject:
    """Return what a thin destination is sent of a snapshot event."""
    about, request = event["data"]["object"], event["request"]
    moment = datetime.fromtimestamp(event["created"], UTC)
    reason = None
    if request["id"] is not None:
        key = request["idempotency_key"] or ""
        reason = {
            "type": "request",
            "request": {"id": request["id"], "idempotency_key": key},
        }
    return {
        "id": event["id"].replace(_SNAPSHOT, _THIN, 1),
        "object": "v2.core.event",
        "type": f"v1.{event['type']}",
        "created": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "livemode": event["livemode"],
        "context": None,
        "reason": reason,
        "related_object": {
            "id": about["id"],
            "type": about["object"],
            "url": f"{_COLLECTIONS[about['object']]}/{about['id']}",
        },
    }
