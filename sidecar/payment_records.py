"""What is kept of Stripe's objects: ids, states and amounts in minor units.

A client secret, billing details and a card's fingerprint are never kept: what is not
read here is in no database, no log and no backup.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Record = dict[str, Any]
Cut = Callable[[Record], Record]

# Each family is one request: Stripe takes at most 20 types at a time.
EVENT_TYPES = (
    (
        "payment_intent.amount_capturable_updated",
        "payment_intent.canceled",
        "payment_intent.payment_failed",
        "payment_intent.processing",
        "payment_intent.requires_action",
        "payment_intent.succeeded",
        "charge.captured",
        "charge.expired",
        "charge.refunded",
        "charge.updated",
        "refund.created",
        "refund.failed",
        "refund.updated",
    ),
    (
        "charge.dispute.closed",
        "charge.dispute.created",
        "charge.dispute.funds_reinstated",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.updated",
        "customer.deleted",
        "payment_method.attached",
        "payment_method.automatically_updated",
        "payment_method.detached",
        "payment_method.updated",
        "radar.early_fraud_warning.created",
        "setup_intent.canceled",
        "setup_intent.requires_action",
        "setup_intent.setup_failed",
        "setup_intent.succeeded",
    ),
)


def _object(value: Any) -> Record:
    """Return `value` when it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def _id(value: Any) -> str | None:
    """Return the id of an object that may be expanded."""
    found = value.get("id") if isinstance(value, dict) else value
    return found if isinstance(found, str) else None


def _pick(found: Record, *names: str) -> Record:
    return {name: found.get(name) for name in names}


def _refer(found: Record, *names: str) -> Record:
    return {name: _id(found.get(name)) for name in names}


def _installation(about: Any) -> Record:
    """Return the installation that an object's metadata names, if it names one."""
    name = _object(_object(about).get("metadata")).get("installation_id")
    return {"installation_id": name} if isinstance(name, str) else {}


def intent(found: Record) -> Record:
    """Cut a payment intent."""
    return {
        **_pick(found, "id", "status", "amount", "currency", "amount_capturable"),
        **_pick(found, "amount_received", "created", "canceled_at", "metadata"),
        **_refer(found, "customer", "latest_charge"),
    }


def refund(found: Record) -> Record:
    """Cut a refund."""
    return {
        **_pick(found, "id", "status", "amount", "currency", "reason", "created"),
        **_pick(found, "failure_reason", "pending_reason", "metadata"),
        **_refer(found, "payment_intent", "charge"),
    }


def charge(found: Record) -> Record:
    """Cut a charge; `capture_before` is in unix seconds."""
    card = _object(_object(found.get("payment_method_details")).get("card"))
    return {
        **_pick(found, "id", "status", "amount", "amount_captured", "amount_refunded"),
        **_pick(found, "currency", "captured", "refunded", "disputed", "created"),
        **_pick(found, "failure_code", "metadata"),
        **_pick(card, "capture_before"),
        **_refer(found, "payment_intent", "customer", "payment_method"),
    }


def dispute(found: Record) -> Record:
    """Cut a dispute; `due_by` of its evidence is in unix seconds."""
    evidence = _object(found.get("evidence_details"))
    return {
        **_pick(found, "id", "status", "amount", "currency", "reason", "created"),
        **_pick(found, "is_charge_refundable", "metadata"),
        **_refer(found, "payment_intent", "charge"),
        **_installation(found.get("payment_intent")),
        "evidence": _pick(evidence, "due_by", "has_evidence", "past_due"),
    }


def fraud_warning(found: Record) -> Record:
    """Cut an early fraud warning."""
    return {
        **_pick(found, "id", "actionable", "fraud_type", "created"),
        **_refer(found, "payment_intent", "charge"),
        **_installation(found.get("payment_intent")),
    }


def setup(found: Record) -> Record:
    """Cut a setup intent; the error keeps its codes only."""
    error = found.get("last_setup_error")
    return {
        **_pick(found, "id", "status", "usage", "created", "metadata"),
        **_refer(found, "customer", "payment_method"),
        "last_setup_error": _pick(error, "type", "code", "decline_code")
        if isinstance(error, dict)
        else None,
    }


def method(found: Record) -> Record:
    """Cut a payment method; `customer` is None once it is detached."""
    card = found.get("card")
    return {
        **_pick(found, "id", "type", "created", "metadata"),
        **_refer(found, "customer"),
        "card": _pick(card, "brand", "last4", "exp_month", "exp_year")
        if isinstance(card, dict)
        else None,
    }
