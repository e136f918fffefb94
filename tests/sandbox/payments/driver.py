"""Steps that every test of the payment path begins with, through the real SDK."""

from __future__ import annotations

from typing import Any

import stripe

from tests.sandbox.payments.app import PaymentsSandbox
from tests.sandbox.payments.wire import DEFAULT_VERSION


def client_for(url: str, key: str = "sk_test_x") -> Any:
    """Return the SDK's v1 services, speaking to the sandbox at `url`."""
    client = stripe.StripeClient(
        key,
        stripe_version=DEFAULT_VERSION,
        base_addresses={"api": url},
        http_client=stripe.RequestsClient(timeout=(3.05, 30)),
    )
    return client.v1


def saved_card(api: Any, method: str = "pm_card_visa") -> tuple[str, str]:
    """Create a customer with one attached card; return both ids."""
    customer = api.customers.create({"email": "traveller@example.com"})
    attached = api.payment_methods.attach(method, {"customer": customer.id})
    return customer.id, attached.id


def intent_for(api: Any, customer: str, method: str, **changes: Any) -> Any:
    """Create an unconfirmed manual-capture PaymentIntent of 250.00 eur."""
    params = {
        "amount": 25_000,
        "currency": "eur",
        "customer": customer,
        "payment_method": method,
        "allowed_payment_method_types": ["card"],
        "capture_method": "manual",
        "metadata": {"booking_id": "b-1"},
    }
    return api.payment_intents.create({**params, **changes})


def authorized(api: Any, method: str = "pm_card_visa", **changes: Any) -> Any:
    """Hold the money off-session; the answer has its charge expanded."""
    intent = intent_for(api, *saved_card(api, method), **changes)
    return api.payment_intents.confirm(
        intent.id, {"off_session": True, "expand": ["latest_charge"]}
    )


def captured(api: Any, method: str = "pm_card_visa") -> Any:
    """Hold the money and take all of it."""
    return api.payment_intents.capture(authorized(api, method).id)


def truth(sandbox: PaymentsSandbox, intent_id: str) -> dict[str, Any]:
    """Return what the sandbox's own books say of one PaymentIntent."""
    rows: list[dict[str, Any]] = sandbox.state()["payment_intents"]
    return next(row for row in rows if row["id"] == intent_id)
