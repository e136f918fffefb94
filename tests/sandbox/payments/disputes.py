"""Disputes and early fraud warnings: what a cardholder and an issuer set in motion.

needs_response -> under_review -> won | lost. A dispute takes the money from the balance
when it opens and gives it back when it is won; the capture itself stays what it was.
"""

from __future__ import annotations

from tests.sandbox.payments import shapes
from tests.sandbox.payments.errors import ApiError, JsonObject
from tests.sandbox.payments.listing import page
from tests.sandbox.payments.store import Call, World

_WARNING = "radar.early_fraud_warning"
_OPEN = ("needs_response", "under_review")
_EVIDENCE_SECONDS = 9 * 86_400  # the networks leave 7 to 21 days
_REASON_CODES = {"fraudulent": "10.4", "product_not_received": "13.1"}


def open_dispute(
    world: World, charge: JsonObject, *, amount: int | None, reason: str
) -> JsonObject:
    """The cardholder disputes a captured charge, or `amount` of it."""
    if not charge["captured"] or charge["disputed"]:
        message = f"Charge {charge['id']} cannot be disputed (again)."
        raise ApiError(400, message, param="charge")
    left: int = charge["amount_captured"] - charge["amount_refunded"]
    amount = left if amount is None else amount
    if not 0 < amount <= left:
        raise ApiError(400, f"Between 1 and {left} can be disputed.", param="amount")
    card = charge["payment_method_details"]["card"]
    dispute = {
        "id": world.new_id("du"),
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
        "charge": charge["id"],
        "created": world.now(),
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {},
        "evidence_details": {
            "due_by": world.now() + _EVIDENCE_SECONDS,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": False,
        "livemode": False,
        "metadata": {},
        "network_reason_code": _REASON_CODES.get(reason),
        "payment_intent": charge["payment_intent"],
        "payment_method_details": {
            "card": {
                "brand": card["brand"],
                "case_type": "chargeback",
                "network_reason_code": _REASON_CODES.get(reason),
            },
            "type": "card",
        },
        "reason": reason,
        "status": "needs_response",
    }
    world.add(dispute)
    charge["disputed"] = True
    world.emit("charge.dispute.created", dispute)
    _move(world, dispute, -amount)
    world.emit("charge.dispute.funds_withdrawn", dispute)
    return dispute


def decide(world: World, dispute: JsonObject, status: str) -> None:
    """Move a dispute on: under_review, then won or lost."""
    legal = {"under_review": _OPEN[:1], "won": _OPEN, "lost": _OPEN}
    if dispute["status"] not in legal.get(status, ()):
        message = f"A dispute in status {dispute['status']} cannot become {status}."
        raise ApiError(400, message, param="status")
    dispute["status"] = status
    if status == "under_review":
        dispute["evidence_details"].update(has_evidence=True, submission_count=1)
        world.emit("charge.dispute.updated", dispute)
        return
    if status == "won":
        _move(world, dispute, dispute["amount"])
        world.emit("charge.dispute.funds_reinstated", dispute)
    world.emit("charge.dispute.closed", dispute)


def _move(world: World, dispute: JsonObject, amount: int) -> None:
    movement = shapes.balance_transaction(world, dispute, amount, "adjustment")
    dispute["balance_transactions"].append(movement)


def check_refundable(world: World, charge: JsonObject) -> None:
    """Raise 400 when the money of a charge is with a dispute."""
    taken = any(
        dispute["charge"] == charge["id"] and dispute["status"] != "won"
        for dispute in world.all("dispute")
    )
    if charge["disputed"] and taken:
        message = f"Charge {charge['id']} has been charged back; cannot issue a refund."
        raise ApiError(400, message, code="charge_disputed")


def warn(world: World, charge: JsonObject, *, fraud_type: str) -> JsonObject:
    """The issuer reports a charge as fraud before anyone disputes it."""
    warning = {
        "id": world.new_id("issfr"),
        "object": _WARNING,
        "actionable": not (charge["disputed"] or charge["refunded"]),
        "charge": charge["id"],
        "created": world.now(),
        "fraud_type": fraud_type,
        "livemode": False,
        "payment_intent": charge["payment_intent"],
    }
    world.add(warning)
    world.emit("radar.early_fraud_warning.created", warning)
    return warning


def calm(world: World, charge: JsonObject) -> None:
    """Nothing is left to do about a charge that was given back."""
    for warning in world.all(_WARNING):
        if warning["charge"] == charge["id"]:
            world.get(_WARNING, warning["id"])["actionable"] = False


def after_capture(world: World, charge: JsonObject) -> None:
    """Do what the published cards for it promise once their money was taken."""
    card = world.cards[charge["payment_method"]].card
    if card.aftermath == "disputed":
        open_dispute(world, charge, amount=None, reason="fraudulent")
    elif card.aftermath == "reported":
        warn(world, charge, fraud_type="made_with_stolen_card")


def retrieve(call: Call) -> JsonObject:
    """``GET /v1/disputes/{id}``."""
    return call.world.get("dispute", call.id, param="id")


def list_all(call: Call) -> JsonObject:
    """``GET /v1/disputes`` by payment_intent or charge."""
    return _listed(call, "dispute", "/v1/disputes")


def retrieve_warning(call: Call) -> JsonObject:
    """``GET /v1/radar/early_fraud_warnings/{id}``."""
    return call.world.get(_WARNING, call.id, param="id")


def list_warnings(call: Call) -> JsonObject:
    """``GET /v1/radar/early_fraud_warnings`` by payment_intent or charge."""
    return _listed(call, _WARNING, "/v1/radar/early_fraud_warnings")


def _listed(call: Call, kind: str, url: str) -> JsonObject:
    params = call.params
    rows = [
        row
        for row in call.world.all(kind)
        if params.get("payment_intent") in (None, row["payment_intent"])
        and params.get("charge") in (None, row["charge"])
    ]
    return page(rows, params, url)
