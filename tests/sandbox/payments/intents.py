"""PaymentIntents as records: create, update, retrieve, list.

Money moves in ``authorization`` and ``settlement``; this module only decides what
a PaymentIntent says before it is confirmed.
"""

from __future__ import annotations

import copy

from tests.sandbox.payments import authorization, methods
from tests.sandbox.payments.errors import (
    ApiError,
    JsonObject,
    invalid_parameter,
    unexpected_state,
)
from tests.sandbox.payments.ledger import Ledger
from tests.sandbox.payments.listing import page
from tests.sandbox.payments.metadata import merged
from tests.sandbox.payments.method_types import check_types
from tests.sandbox.payments.money import check_charge_amount, check_currency
from tests.sandbox.payments.store import Call, World

# Stored as given; an empty string unsets.
_PLAIN = (
    "allowed_payment_method_types",
    "application_fee_amount",
    "description",
    "excluded_payment_method_types",
    "on_behalf_of",
    "payment_details",
    "receipt_email",
    "setup_future_usage",
    "shipping",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_data",
    "transfer_group",
)
_CONFIRM_ONLY = (
    "error_on_requires_action",
    "mandate",
    "mandate_data",
    "off_session",
    "return_url",
    "use_stripe_sdk",
)
_OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")
_ALWAYS_UPDATABLE = {
    "description",
    "expand",
    "metadata",
    "receipt_email",
    "shipping",
    "transfer_group",
}


def create(call: Call) -> JsonObject:
    """``POST /v1/payment_intents``, confirmed at once with ``confirm=true``."""
    world, params = call.world, call.params
    confirm = params.get("confirm", False)
    for name in () if confirm else _CONFIRM_ONLY:
        if name in params:
            message = (
                f"The parameter `{name}` cannot be passed when creating a "
                "PaymentIntent unless `confirm` is set to true."
            )
            raise invalid_parameter(message, name)
    allowed = params.get("allowed_payment_method_types")
    automatic = params.get("automatic_payment_methods")
    if automatic is None and allowed is None:
        automatic = {"enabled": True}
    if automatic and automatic["enabled"]:
        automatic = {"allow_redirects": "always", **automatic}
    currency = check_currency(params["currency"])
    check_charge_amount(params["amount"], currency)
    if "customer" in params:
        world.get("customer", params["customer"], param="customer")
    intent = _blank(world, params, currency=currency, automatic=automatic)
    apply_changes(world, intent, params)
    if confirm:
        authorization.check_ready(world, intent, params)
    world.add(intent)
    world.ledgers[intent["id"]] = Ledger()
    world.emit("payment_intent.created", intent)
    if confirm:
        authorization.confirm(world, intent, params)
    return intent


def _blank(
    world: World,
    params: JsonObject,
    *,
    currency: str,
    automatic: JsonObject | None,
) -> JsonObject:
    intent_id = world.new_id("pi")
    nulls = (
        "application",
        "canceled_at",
        "cancellation_reason",
        "customer_account",
        "hooks",
        "last_payment_error",
        "latest_charge",
        "next_action",
        "payment_method",
        "payment_method_configuration_details",
        "payment_record",
        "processing",
        "review",
        "source",
    )
    return {
        "id": intent_id,
        "object": "payment_intent",
        **dict.fromkeys(nulls),
        **dict.fromkeys(_PLAIN),
        "amount": params["amount"],
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "automatic_payment_methods": automatic,
        "capture_method": "automatic_async",
        "client_secret": f"{intent_id}_secret_{world.random_text(25)}",
        "confirmation_method": params.get("confirmation_method", "automatic"),
        "created": world.now(),
        "currency": currency,
        "customer": params.get("customer"),
        "livemode": False,
        "metadata": {},
        "payment_method_options": {
            "card": {
                "installments": None,
                "mandate_options": None,
                "network": None,
                "request_three_d_secure": "automatic",
            }
        },
        "payment_method_types": ["card"],
        "status": "requires_payment_method",
    }


def apply_changes(world: World, intent: JsonObject, params: JsonObject) -> None:
    """Write create, update or confirm parameters into an open PaymentIntent.

    Everything is checked before the first field changes.
    """
    for name in ("payment_method_data", "confirmation_token"):
        if name in params:
            message = f"{name} is not served here: pass payment_method."
            raise invalid_parameter(message, name)
    check_types(params)
    metadata = merged(intent["metadata"], params)
    card_options = (params.get("payment_method_options") or {}).get("card") or {}
    future = params.get("setup_future_usage", intent["setup_future_usage"])
    if "stored_credential_usage" in card_options and future:
        message = "stored_credential_usage cannot be used with setup_future_usage."
        raise invalid_parameter(
            message, "payment_method_options[card][stored_credential_usage]"
        )
    if "payment_method" in params:
        method = methods.resolve(world, params["payment_method"])
        customer = params.get("customer", intent["customer"])
        check_method(world, method, customer)
        intent["payment_method"] = method["id"]
        intent["status"] = "requires_confirmation"
        intent["next_action"] = None
    for name in _PLAIN:
        if name in params:
            intent[name] = params[name] or None
    if "capture_method" in params:
        intent["capture_method"] = params["capture_method"]
    if params.get("amount_details"):
        intent["amount_details"] = {"tip": {}, **params["amount_details"]}
    intent["payment_method_options"]["card"].update(card_options)
    intent["metadata"] = metadata


def check_method(world: World, method: JsonObject, customer: str | None) -> None:
    """Raise 400 when the method may not pay for this customer."""
    owner = method["customer"]
    if owner is not None and owner != customer:
        whose = (
            "Please include the Customer in the `customer` parameter on the "
            "PaymentIntent."
            if customer is None
            else "It belongs to another Customer."
        )
        message = f"The PaymentMethod {method['id']} belongs to a Customer. {whose}"
        raise ApiError(400, message, param="payment_method")
    if world.cards[method["id"]].spent:
        message = (
            "The provided PaymentMethod was previously used with a PaymentIntent "
            "without Customer attachment, or was detached from a Customer. It may "
            "not be used again. To use a PaymentMethod multiple times, you must "
            "attach it to a Customer first."
        )
        raise ApiError(400, message, param="payment_method")


def update(call: Call) -> JsonObject:
    """``POST /v1/payment_intents/{id}``."""
    world, params = call.world, call.params
    intent = world.get("payment_intent", call.id, param="intent")
    frozen = sorted(set(params) - _ALWAYS_UPDATABLE)
    if frozen and intent["status"] not in _OPEN:
        message = (
            f"This PaymentIntent's {frozen[0]} could not be updated because it has a "
            f"status of {intent['status']}. You may only update the {frozen[0]} of a "
            f"PaymentIntent with one of the following statuses: {', '.join(_OPEN)}."
        )
        raise unexpected_state(message, kind="payment_intent", body=intent)
    customer = params.get("customer")
    if customer is not None:
        world.get("customer", customer, param="customer")
        if intent["customer"] not in (None, customer):
            message = (
                "You cannot modify `customer` on a PaymentIntent once it already has "
                "been set. To fulfill a payment with a different Customer, cancel "
                "this PaymentIntent and create a new one."
            )
            raise ApiError(400, message, param="customer")
    wanted = {**intent, **params}
    currency = check_currency(wanted["currency"])
    amount: int = wanted["amount"]
    if {"amount", "currency"} & set(params):
        check_charge_amount(amount, currency)
    apply_changes(world, intent, params)
    intent.update(amount=amount, currency=currency)
    if customer is not None:
        intent["customer"] = customer
    return intent


def confirm(call: Call) -> JsonObject:
    """``POST /v1/payment_intents/{id}/confirm``."""
    world, params = call.world, call.params
    intent = world.get("payment_intent", call.id, param="intent")
    authorization.check_confirmable(intent)
    if params.get("amount_to_confirm", intent["amount"]) != intent["amount"]:
        message = "The amount_to_confirm must equal the PaymentIntent's amount."
        raise ApiError(
            400,
            message,
            code="payment_intent_invalid_parameter",
            param="amount_to_confirm",
        )
    # A refused confirm must leave the PaymentIntent as it was: change a draft.
    draft = copy.deepcopy(intent)
    apply_changes(world, draft, params)
    authorization.check_ready(world, draft, params)
    intent.update(draft)
    authorization.confirm(world, intent, params)
    return intent


def retrieve(call: Call) -> JsonObject:
    """``GET /v1/payment_intents/{id}``."""
    return call.world.get("payment_intent", call.id, param="intent")


def list_all(call: Call) -> JsonObject:
    """``GET /v1/payment_intents`` by customer and creation time."""
    params = call.params
    rows = [
        intent
        for intent in call.world.all("payment_intent")
        if params.get("customer") in (None, intent["customer"])
    ]
    return page(rows, params, "/v1/payment_intents")
