"""Where events go: ``/v1/webhook_endpoints`` and ``/v2/core/event_destinations``.

An endpoint of v1 takes snapshots, a destination of v2 takes what it asks for. Both
reach this machine only, so that no payment of a test leaves it.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sidecar.setting_types import is_loopback
from tests.sandbox.payments.errors import ApiError, JsonObject, invalid_parameter
from tests.sandbox.payments.listing import page
from tests.sandbox.payments.metadata import merged
from tests.sandbox.payments.store import Call, World
from tests.sandbox.payments.webhooks import Destination

_ENDPOINT = "webhook_endpoint"
_DESTINATION = "v2.core.event_destination"
_SECRET = "webhook_endpoint.signing_secret"


def create(call: Call) -> JsonObject:
    """``POST /v1/webhook_endpoints``; the secret is shown this once."""
    world, params = call.world, call.params
    _check_url(params["url"], "url")
    endpoint = world.add(
        {
            "id": world.new_id("we"),
            "object": _ENDPOINT,
            "api_version": params.get("api_version"),
            "application": None,
            "created": world.now(),
            "description": params.get("description") or None,
            "enabled_events": params["enabled_events"],
            "livemode": False,
            "metadata": merged({}, params),
            "status": "enabled",
            "url": params["url"],
        }
    )
    secret = _open(world, endpoint, params["url"], thin=False)
    return {**endpoint, "secret": secret}


def retrieve(call: Call) -> JsonObject:
    """``GET /v1/webhook_endpoints/{id}``."""
    return call.world.get(_ENDPOINT, call.id, param="id")


def update(call: Call) -> JsonObject:
    """``POST /v1/webhook_endpoints/{id}``."""
    world, params = call.world, call.params
    endpoint = world.get(_ENDPOINT, call.id, param="id")
    if "url" in params:
        _check_url(params["url"], "url")
    for name in ("description", "enabled_events", "url"):
        if name in params:
            endpoint[name] = params[name]
    endpoint["metadata"] = merged(endpoint["metadata"], params)
    if "disabled" in params:
        endpoint["status"] = "disabled" if params["disabled"] else "enabled"
    destination = world.webhooks.destinations[endpoint["id"]]
    destination.url = endpoint["url"]
    destination.types = endpoint["enabled_events"]
    destination.enabled = endpoint["status"] == "enabled"
    return endpoint


def delete(call: Call) -> JsonObject:
    """``DELETE /v1/webhook_endpoints/{id}``."""
    world = call.world
    endpoint = world.get(_ENDPOINT, call.id, param="id")
    world.webhooks.remove(endpoint["id"])
    del world.objects[_ENDPOINT][endpoint["id"]]
    return {"id": endpoint["id"], "object": _ENDPOINT, "deleted": True}


def list_all(call: Call) -> JsonObject:
    """``GET /v1/webhook_endpoints``."""
    rows = call.world.all(_ENDPOINT)
    return page(rows, call.params, "/v1/webhook_endpoints")


def create_destination(call: Call) -> JsonObject:
    """``POST /v2/core/event_destinations``; the secret is shown when asked for."""
    world, params = call.world, call.params
    if params["type"] != "webhook_endpoint" or "webhook_endpoint" not in params:
        message = "Only destinations of type webhook_endpoint are served here."
        raise invalid_parameter(message, "type")
    url = params["webhook_endpoint"]["url"]
    _check_url(url, "webhook_endpoint[url]")
    moment = datetime.fromtimestamp(world.now(), UTC).isoformat().replace("+00:00", "Z")
    destination = world.add(
        {
            "id": world.new_id("ed_test"),
            "object": _DESTINATION,
            "created": moment,
            "description": params.get("description", ""),
            "enabled_events": params["enabled_events"],
            "event_payload": params["event_payload"],
            "events_from": params.get("events_from", ["@self"]),
            "livemode": False,
            "metadata": merged({}, params),
            "name": params["name"],
            "snapshot_api_version": params.get("snapshot_api_version"),
            "status": "enabled",
            "status_details": None,
            "type": params["type"],
            "updated": moment,
            "webhook_endpoint": {"signing_secret": None, "url": None},
        }
    )
    thin = params["event_payload"] == "thin"
    secret = _open(world, destination, url, thin=thin)
    include = params.get("include", [])
    shown = {
        "signing_secret": secret if _SECRET in include else None,
        "url": url if "webhook_endpoint.url" in include else None,
    }
    return {**destination, "webhook_endpoint": shown}


def retrieve_destination(call: Call) -> JsonObject:
    """``GET /v2/core/event_destinations/{id}``."""
    return call.world.get(_DESTINATION, call.id, param="id")


def delete_destination(call: Call) -> JsonObject:
    """``DELETE /v2/core/event_destinations/{id}``."""
    world = call.world
    destination = world.get(_DESTINATION, call.id, param="id")
    world.webhooks.remove(destination["id"])
    del world.objects[_DESTINATION][destination["id"]]
    return {"id": destination["id"], "object": _DESTINATION, "deleted": True}


def roll_secret(world: World, destination_id: str, *, overlap_seconds: float) -> str:
    """Return a new signing secret; the old one stays in force for the overlap."""
    destination = world.webhooks.destinations.get(destination_id)
    if destination is None:
        raise ApiError(404, f"No such destination: {destination_id}", param="id")
    secret, end = _new_secret(world), world.time() + overlap_seconds
    older = [
        (value, end if until is None else min(end, until))
        for value, until in destination.secrets
    ]
    destination.secrets = [(secret, None), *older]
    return secret


def _open(world: World, obj: JsonObject, url: str, *, thin: bool) -> str:
    secret = _new_secret(world)
    world.webhooks.destinations[obj["id"]] = Destination(
        url, obj["enabled_events"], thin, [(secret, None)]
    )
    world.webhooks.notify()
    return secret


def _new_secret(world: World) -> str:
    return f"whsec_{world.random_text(32)}"


def _check_url(url: str, param: str) -> None:
    if not is_loopback(url):
        message = "Invalid URL: this sandbox delivers to loopback addresses only."
        raise invalid_parameter(message, param, "url_invalid")
