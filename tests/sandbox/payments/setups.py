"""SetupIntents: a card is verified and saved for later off-session use."""

from __future__ import annotations

import copy

from tests.sandbox.payments import methods
from tests.sandbox.payments.cards import Decline
from tests.sandbox.payments.errors import (
    ApiError,
    JsonObject,
    invalid_parameter,
    unexpected_state,
)
from tests.sandbox.payments.metadata import merged
from tests.sandbox.payments.method_types import check_types
from tests.sandbox.payments.store import Call, World

_CONFIRMABLE = ("requires_payment_method", "requires_confirmation", "requires_action")


def create(call: Call) -> JsonObject:
    """``POST /v1/setup_intents``, confirmed at once with ``confirm=true``."""
    world, params = call.world, call.params
    if "customer" in params:
        world.get("customer", params["customer"], param="customer")
    setup_id = world.new_id("seti")
    nulls = (
        "application",
        "cancellation_reason",
        "customer_account",
        "excluded_payment_method_types",
        "flow_directions",
        "last_setup_error",
        "latest_attempt",
        "mandate",
        "next_action",
        "payment_method",
        "payment_method_configuration_details",
        "single_use_mandate",
    )
    setup = {
        "id": setup_id,
        "object": "setup_intent",
        **dict.fromkeys(nulls),
        "allowed_payment_method_types": params.get("allowed_payment_method_types"),
        "automatic_payment_methods": params.get("automatic_payment_methods"),
        "client_secret": f"{setup_id}_secret_{world.random_text(25)}",
        "created": world.now(),
        "customer": params.get("customer"),
        "description": params.get("description"),
        "livemode": False,
        "metadata": merged({}, params),
        "on_behalf_of": params.get("on_behalf_of"),
        "payment_method_options": {
            "card": {
                "mandate_options": None,
                "network": None,
                "request_three_d_secure": "automatic",
            }
        },
        "payment_method_types": ["card"],
        "status": "requires_payment_method",
        "usage": params.get("usage", "off_session"),
    }
    _choose_method(world, setup, params)
    if params.get("confirm", False):
        _check_ready(setup)
    world.add(setup)
    world.emit("setup_intent.created", setup)
    if params.get("confirm", False):
        _attempt(world, setup)
    return setup


def confirm(call: Call) -> JsonObject:
    """``POST /v1/setup_intents/{id}/confirm``."""
    world = call.world
    setup = world.get("setup_intent", call.id, param="intent")
    if setup["status"] not in _CONFIRMABLE:
        message = (
            "You cannot confirm this SetupIntent because it has a status of "
            f"{setup['status']}."
        )
        raise unexpected_state(message, kind="setup_intent", body=setup)
    draft = copy.deepcopy(setup)
    _choose_method(world, draft, call.params)
    _check_ready(draft)
    setup.update(draft)
    _attempt(world, setup)
    return setup


def cancel(call: Call) -> JsonObject:
    """``POST /v1/setup_intents/{id}/cancel``."""
    world = call.world
    setup = world.get("setup_intent", call.id, param="intent")
    if setup["status"] not in _CONFIRMABLE:
        message = (
            "You cannot cancel this SetupIntent because it has a status of "
            f"{setup['status']}."
        )
        raise unexpected_state(message, kind="setup_intent", body=setup)
    reason = call.params.get("cancellation_reason")
    setup.update(status="canceled", cancellation_reason=reason, next_action=None)
    world.emit("setup_intent.canceled", setup)
    return setup


def retrieve(call: Call) -> JsonObject:
    """``GET /v1/setup_intents/{id}``."""
    return call.world.get("setup_intent", call.id, param="intent")


def authenticate(world: World, setup: JsonObject, *, succeed: bool) -> None:
    """The customer passes or fails the challenge of a requires_action setup."""
    if setup["status"] != "requires_action":
        message = f"Nothing to authenticate in status {setup['status']}."
        raise unexpected_state(message, kind="setup_intent", body=setup)
    method = world.get("payment_method", setup["payment_method"])
    setup["next_action"] = None
    if succeed:
        _finish(world, setup, method)
        return
    message = (
        "We are unable to authenticate your payment method. Please choose a different "
        "payment method and try again."
    )
    decline = Decline("setup_intent_authentication_failure", message)
    _fail(world, setup, method, decline)


def _choose_method(world: World, setup: JsonObject, params: JsonObject) -> None:
    check_types(params)
    for name in ("payment_method_data", "confirmation_token"):
        if name in params:
            message = f"{name} is not served here: pass payment_method."
            raise invalid_parameter(message, name)
    if "payment_method" not in params:
        return
    method = methods.resolve(world, params["payment_method"])
    if world.cards[method["id"]].spent or method["customer"] not in (
        None,
        setup["customer"],
    ):
        message = (
            f"The PaymentMethod {method['id']} cannot be set up for this Customer: it "
            "was used up, detached, or belongs to another Customer."
        )
        raise ApiError(400, message, param="payment_method")
    setup["payment_method"] = method["id"]
    setup["status"] = "requires_confirmation"


def _check_ready(setup: JsonObject) -> None:
    if setup["payment_method"] is None:
        message = (
            "You cannot confirm this SetupIntent because it's missing a payment method."
        )
        raise unexpected_state(message, kind="setup_intent", body=setup)


def _attempt(world: World, setup: JsonObject) -> None:
    method = world.get("payment_method", setup["payment_method"])
    card = world.cards[method["id"]].card
    setup["last_setup_error"] = None
    setup["latest_attempt"] = world.new_id("setatt")
    if card.attach_decline is not None:
        raise _fail(world, setup, method, card.attach_decline)
    if card.asks(off_session=False, set_up=False):
        url = f"https://hooks.stripe.com/redirect/authenticate/{setup['id']}"
        sdk = {"type": "three_d_secure_redirect", "stripe_js": url}
        setup["status"] = "requires_action"
        setup["next_action"] = {"type": "use_stripe_sdk", "use_stripe_sdk": sdk}
        world.emit("setup_intent.requires_action", setup)
        return
    _finish(world, setup, method)


def _finish(world: World, setup: JsonObject, method: JsonObject) -> None:
    setup["status"] = "succeeded"
    if setup["usage"] == "off_session":
        world.cards[method["id"]].set_up = True
    if setup["customer"] is not None and method["customer"] is None:
        methods.bind(world, method, setup["customer"])
    world.emit("setup_intent.succeeded", setup)


def _fail(
    world: World, setup: JsonObject, method: JsonObject, decline: Decline
) -> ApiError:
    seen = copy.deepcopy(method)
    error = methods.card_error(decline, payment_method=seen)
    setup.update(
        status="requires_payment_method",
        payment_method=None,
        last_setup_error=error.fields(),
    )
    world.emit("setup_intent.setup_failed", setup)
    return methods.card_error(
        decline, payment_method=seen, setup_intent=copy.deepcopy(setup)
    )
