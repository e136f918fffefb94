"""Refunds: ``/v1/refunds``. A refund that succeeded can fail later."""

from __future__ import annotations

from tests.sandbox.payments import disputes, shapes
from tests.sandbox.payments.errors import ApiError, JsonObject, invalid_parameter
from tests.sandbox.payments.listing import page
from tests.sandbox.payments.metadata import merged
from tests.sandbox.payments.money import check_positive, show
from tests.sandbox.payments.store import Call, World

_BANK_SECONDS = 3_600  # until the bank has decided; the provider says days
_USUAL_FAILURE = "expired_or_canceled_card"


def create(call: Call) -> JsonObject:
    """``POST /v1/refunds`` for a PaymentIntent or its charge."""
    world, params = call.world, call.params
    metadata = merged({}, params)
    if "amount" in params:
        check_positive(params["amount"], "amount")
    charge = _charge_to_refund(world, params)
    intent_id = charge["payment_intent"]
    ledger = world.ledgers[intent_id]
    if ledger.refundable == 0:
        message = f"Charge {charge['id']} has already been refunded."
        raise ApiError(400, message, code="charge_already_refunded")
    disputes.check_refundable(world, charge)
    amount = params.get("amount", ledger.refundable)
    if amount > ledger.refundable:
        currency = charge["currency"]
        message = (
            f"Refund amount ({show(amount, currency)}) is greater than unrefunded "
            f"amount on charge ({show(ledger.refundable, currency)})"
        )
        raise ApiError(400, message, param="amount")
    card = world.cards[charge["payment_method"]].card
    pending = card.refund == "pending"
    refund_id = world.new_id("re")
    if card.refund != "succeeds":
        world.refunds_due[refund_id] = world.now() + _BANK_SECONDS
    ledger.refund(amount)
    refund = {
        "id": refund_id,
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": world.now(),
        "currency": charge["currency"],
        "customer": charge["customer"],
        "description": None,
        "destination_details": {
            "card": {
                "reference_status": "pending",
                "reference_type": "acquirer_reference_number",
                "type": "refund",
            },
            "type": "card",
        },
        "failure_balance_transaction": None,
        "failure_reason": None,
        "metadata": metadata,
        "payment_intent": intent_id,
        "payment_method": charge["payment_method"],
        "pending_reason": "processing" if pending else None,
        "reason": params.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "pending" if pending else "succeeded",
        "transfer_reversal": None,
    }
    movement = shapes.balance_transaction(world, refund, -amount, "refund")
    refund["balance_transaction"] = movement["id"]
    world.add(refund)
    _show_on_charge(world, charge)
    world.emit("charge.refunded", charge)
    world.emit("refund.created", refund)
    return refund


def _charge_to_refund(world: World, params: JsonObject) -> JsonObject:
    if "payment_intent" in params:
        intent = world.get(
            "payment_intent", params["payment_intent"], param="payment_intent"
        )
        charge_id = params.get("charge", intent["latest_charge"])
        if charge_id != intent["latest_charge"]:
            message = "The charge does not belong to the PaymentIntent."
            raise ApiError(400, message, param="charge")
        if charge_id is None:
            raise _nothing_to_refund(intent["id"])
        charge = world.get("charge", charge_id)
    elif "charge" in params:
        charge = world.get("charge", params["charge"], param="charge")
    else:
        message = (
            "One of the following params should be provided for this request: "
            "payment_intent or charge."
        )
        raise invalid_parameter(message, "payment_intent", "parameter_missing")
    if charge["status"] != "succeeded":
        raise _nothing_to_refund(charge["payment_intent"])
    if not charge["captured"]:
        message = (
            "This uncaptured Charge was created by a PaymentIntent "
            f"({charge['payment_intent']}). You must cancel the PaymentIntent to "
            "reverse the authorization instead of refunding the Charge directly."
        )
        raise ApiError(400, message, code="charge_not_refundable", param="charge")
    return charge


def _nothing_to_refund(intent_id: str) -> ApiError:
    message = (
        f"This PaymentIntent ({intent_id}) does not have a successful charge to refund."
    )
    return ApiError(400, message, param="payment_intent")


def _show_on_charge(world: World, charge: JsonObject) -> None:
    refunded = world.ledgers[charge["payment_intent"]].refunded
    charge["amount_refunded"] = refunded
    charge["refunded"] = refunded == charge["amount_captured"]
    if charge["refunded"]:
        disputes.calm(world, charge)


def settle(world: World, refund: JsonObject, *, failure_reason: str | None) -> None:
    """Decide a refund later: a failed one puts its money back on the balance."""
    legal_before = ("pending",) if failure_reason is None else ("pending", "succeeded")
    if refund["status"] not in legal_before:
        message = f"A refund in status {refund['status']} cannot change that way."
        raise ApiError(400, message)
    world.refunds_due.pop(refund["id"], None)
    refund["pending_reason"] = None
    if failure_reason is None:
        refund["status"] = "succeeded"
        world.emit("refund.updated", refund)
        return
    amount = refund["amount"]
    world.ledgers[refund["payment_intent"]].refund(-amount)
    movement = shapes.balance_transaction(world, refund, amount, "refund_failure")
    refund.update(
        status="failed",
        failure_reason=failure_reason,
        failure_balance_transaction=movement["id"],
    )
    _show_on_charge(world, world.get("charge", refund["charge"]))
    world.emit("refund.updated", refund)
    world.emit("refund.failed", refund)


def settle_due(world: World) -> None:
    """Let the bank decide every refund whose time has come, as its card has it."""
    for refund_id, due in list(world.refunds_due.items()):
        if world.now() < due:
            continue
        refund = world.get("refund", refund_id)
        fails = world.cards[refund["payment_method"]].card.refund == "fails_later"
        settle(world, refund, failure_reason=_USUAL_FAILURE if fails else None)


def retrieve(call: Call) -> JsonObject:
    """``GET /v1/refunds/{id}``."""
    return call.world.get("refund", call.id, param="id")


def list_all(call: Call) -> JsonObject:
    """``GET /v1/refunds`` by payment_intent or charge."""
    params = call.params
    rows = [
        refund
        for refund in call.world.all("refund")
        if params.get("payment_intent") in (None, refund["payment_intent"])
        and params.get("charge") in (None, refund["charge"])
    ]
    return page(rows, params, "/v1/refunds")
