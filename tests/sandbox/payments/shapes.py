"""Full API objects in the shape of version 2026-10-28.endive.

Every field that the SDK declares non-nullable is present; nullable ones that
clients commonly read are present as null.
"""

from __future__ import annotations

import copy

from tests.sandbox.payments.cards import PublishedCard
from tests.sandbox.payments.errors import JsonObject
from tests.sandbox.payments.store import World


def _no_address() -> JsonObject:
    return dict.fromkeys(
        ("city", "country", "line1", "line2", "postal_code", "state"), None
    )


def billing_details(given: JsonObject | None = None) -> JsonObject:
    """Return billing details with the absent parts null."""
    details = dict.fromkeys(("email", "name", "phone", "tax_id"), None)
    return {"address": _no_address(), **details, **(given or {})}


def payment_method(
    world: World,
    card: PublishedCard,
    *,
    exp_month: int,
    exp_year: int,
    cvc_given: bool,
    params: JsonObject,
) -> JsonObject:
    """Return an unattached card payment method."""
    checks = {
        "address_line1_check": None,
        "address_postal_code_check": None,
        "cvc_check": "unchecked" if cvc_given else None,
    }
    return {
        "id": world.new_id("pm"),
        "object": "payment_method",
        "allow_redisplay": params.get("allow_redisplay", "unspecified"),
        "billing_details": billing_details(params.get("billing_details")),
        "card": {
            "brand": card.brand,
            "checks": checks,
            "country": "US",
            "display_brand": card.brand,
            "exp_month": exp_month,
            "exp_year": exp_year,
            "fingerprint": fingerprint(card),
            "funding": card.funding,
            "generated_from": None,
            "last4": card.number[-4:],
            "networks": {"available": [card.brand], "preferred": None},
            "regulated_status": "unregulated",
            "three_d_secure_usage": {"supported": True},
            "wallet": None,
        },
        "created": world.now(),
        "customer": None,
        "customer_account": None,
        "livemode": False,
        "metadata": params.get("metadata") or {},
        "type": "card",
    }


def fingerprint(card: PublishedCard) -> str:
    """Return a stable name for the card number, as the provider does."""
    return f"{int(card.number) * 2_654_435_761 % 36**10:016x}"


def charge(
    world: World,
    intent: JsonObject,
    method: JsonObject,
    *,
    off_session: bool,
) -> JsonObject:
    """Return the charge of one confirmation, not yet decided."""
    card = method["card"]
    options = (intent["payment_method_options"] or {}).get("card", {})
    copied = (
        "amount",
        "application_fee_amount",
        "currency",
        "customer",
        "description",
        "metadata",
        "on_behalf_of",
        "receipt_email",
        "shipping",
        "statement_descriptor",
        "statement_descriptor_suffix",
        "transfer_data",
        "transfer_group",
    )
    nulls = dict.fromkeys(
        (
            "application",
            "application_fee",
            "balance_transaction",
            "failure_balance_transaction",
            "failure_code",
            "failure_message",
            "outcome",
            "receipt_number",
            "receipt_url",
            "review",
            "source",
            "source_transfer",
            "transfer",
        )
    )
    return {
        "id": world.new_id("ch"),
        "object": "charge",
        **nulls,
        **{name: copy.deepcopy(intent[name]) for name in copied},
        "amount_captured": 0,
        "amount_refunded": 0,
        "billing_details": copy.deepcopy(method["billing_details"]),
        "calculated_statement_descriptor": "SKYLATCH SANDBOX",
        "captured": False,
        "created": world.now(),
        "disputed": False,
        "fraud_details": {},
        "livemode": False,
        "paid": False,
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": {
            "card": {
                "amount_authorized": None,
                "authorization_code": None,
                "brand": card["brand"],
                "capture_before": None,
                "checks": copy.deepcopy(card["checks"]),
                "country": card["country"],
                "exp_month": card["exp_month"],
                "exp_year": card["exp_year"],
                "extended_authorization": {"status": "disabled"},
                "fingerprint": card["fingerprint"],
                "funding": card["funding"],
                "incremental_authorization": {"status": "unavailable"},
                "installments": None,
                "last4": card["last4"],
                "mandate": None,
                "multicapture": {"status": "unavailable"},
                "network": card["brand"],
                "network_token": {"used": False},
                "network_transaction_id": f"{world.chance().randrange(10**15):015d}",
                "overcapture": {
                    "maximum_amount_capturable": intent["amount"],
                    "status": "unavailable",
                },
                "regulated_status": "unregulated",
                "stored_credential_usage": options.get("stored_credential_usage")
                or ("unscheduled" if off_session else None),
                "three_d_secure": None,
                "wallet": None,
            },
            "type": "card",
        },
        "radar_options": {},
        "refunded": False,
        "status": "pending",
    }


def outcome(*, approved: bool, reason: str | None = None) -> JsonObject:
    """Return a charge's outcome."""
    return {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None if approved else "05",
        "network_status": "approved_by_network" if approved else "declined_by_network",
        "reason": reason,
        "risk_level": "normal",
        "risk_score": 20,
        "seller_message": "Payment complete."
        if approved
        else "The bank did not return any further details with this decline.",
        "type": "authorized" if approved else "issuer_declined",
    }


def balance_transaction(
    world: World, source: JsonObject, amount: int, kind: str
) -> JsonObject:
    """Return and store a movement of the account's balance; there are no fees."""
    return world.add(
        {
            "id": world.new_id("txn"),
            "object": "balance_transaction",
            "amount": amount,
            "available_on": world.now(),
            "balance_type": "payments",
            "created": world.now(),
            "currency": source["currency"],
            "description": None,
            "exchange_rate": None,
            "fee": 0,
            "fee_details": [],
            "net": amount,
            "reporting_category": kind,
            "source": source["id"],
            "status": "available",
            "type": kind,
        }
    )
