"""Capture, cancel and expiry: held money is taken, given back or lapses."""

from __future__ import annotations

from tests.sandbox.payments import disputes, shapes
from tests.sandbox.payments.errors import (
    ApiError,
    JsonObject,
    invalid_parameter,
    unexpected_state,
)
from tests.sandbox.payments.metadata import merged
from tests.sandbox.payments.money import check_positive, show
from tests.sandbox.payments.store import Call, World

_CANCELABLE = (
    "requires_payment_method",
    "requires_capture",
    "requires_confirmation",
    "requires_action",
    "processing",
)


def capture(call: Call) -> JsonObject:
    """``POST /v1/payment_intents/{id}/capture``; a part releases the rest."""
    world, params = call.world, call.params
    intent = world.get("payment_intent", call.id, param="intent")
    amount: int = intent["amount_capturable"]
    if "amount_to_capture" in params:
        amount = params["amount_to_capture"]
        check_positive(amount, "amount_to_capture")
    if params.get("final_capture") is False:
        message = "This PaymentIntent does not support multicapture."
        raise invalid_parameter(message, "final_capture")
    metadata = merged(intent["metadata"], params)
    if intent["status"] != "requires_capture":
        raise _not_capturable(intent)
    if amount > intent["amount_capturable"]:
        currency = intent["currency"]
        message = (
            f"The requested capture amount ({show(amount, currency)}) is greater than "
            "the amount you can capture for this charge "
            f"({show(intent['amount_capturable'], currency)})."
        )
        raise ApiError(400, message, code="amount_too_large", param="amount_to_capture")
    ledger = world.ledgers[intent["id"]]
    ledger.capture(amount)
    charge = world.get("charge", intent["latest_charge"])
    movement = shapes.balance_transaction(world, charge, amount, "charge")
    charge.update(
        captured=True, amount_captured=amount, balance_transaction=movement["id"]
    )
    intent.update(
        status="succeeded",
        amount_capturable=0,
        amount_received=amount,
        metadata=metadata,
    )
    for name in ("statement_descriptor", "statement_descriptor_suffix"):
        if name in params:
            intent[name] = charge[name] = params[name]
    world.emit("charge.captured", charge)
    world.emit("payment_intent.succeeded", intent)
    world.emit("charge.updated", charge)
    disputes.after_capture(world, charge)
    assert ledger.matches(intent), "ledger and PaymentIntent disagree"
    return intent


def _not_capturable(intent: JsonObject) -> ApiError:
    if intent["cancellation_reason"] == "expired":
        message = "The charge cannot be captured because the authorization has expired."
        return ApiError(
            400,
            message,
            code="charge_expired_for_capture",
            details={"charge": intent["latest_charge"], "payment_intent": intent},
        )
    message = (
        "This PaymentIntent could not be captured because it has a status of "
        f"{intent['status']}. Only a PaymentIntent with one of the following statuses "
        "may be captured: requires_capture."
    )
    return unexpected_state(message, kind="payment_intent", body=intent)


def cancel(call: Call) -> JsonObject:
    """``POST /v1/payment_intents/{id}/cancel``; held money is released."""
    world = call.world
    intent = world.get("payment_intent", call.id, param="intent")
    if intent["status"] not in _CANCELABLE:
        message = (
            "You cannot cancel this PaymentIntent because it has a status of "
            f"{intent['status']}. Only a PaymentIntent with one of the following "
            f"statuses may be canceled: {', '.join(_CANCELABLE)}."
        )
        raise unexpected_state(message, kind="payment_intent", body=intent)
    _close(world, intent, call.params.get("cancellation_reason"))
    return intent


def _close(world: World, intent: JsonObject, reason: str | None) -> None:
    ledger = world.ledgers[intent["id"]]
    ledger.release()
    intent.update(
        status="canceled",
        amount_capturable=0,
        canceled_at=world.now(),
        cancellation_reason=reason,
        next_action=None,
    )
    world.emit("payment_intent.canceled", intent)
    assert ledger.matches(intent), "ledger and PaymentIntent disagree"


def expire_due(world: World) -> None:
    """Cancel every PaymentIntent whose authorization has lapsed.

    The reason and the absence of a Refund follow
    docs.stripe.com/changelog/basil/2025-03-31.
    """
    now = world.now()
    for intent_id, ledger in world.ledgers.items():
        if ledger.capture_before is None or now < ledger.capture_before:
            continue
        intent = world.get("payment_intent", intent_id)
        world.emit("charge.expired", world.get("charge", intent["latest_charge"]))
        _close(world, intent, "expired")
