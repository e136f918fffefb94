"""How a client narrows the payment method types; cards are all there is here."""

from __future__ import annotations

from tests.sandbox.payments.errors import JsonObject, invalid_parameter

# docs.stripe.com/changelog/dahlia/2026-07-29/allowed-payment-method-types-parameter
_EXCLUDED_BY_ALLOWED = (
    "automatic_payment_methods",
    "excluded_payment_method_types",
    "payment_method_configuration",
)


def check_types(params: JsonObject) -> None:
    """Raise 400 for contradicting choices or when no card would be left."""
    allowed = params.get("allowed_payment_method_types")
    if allowed is not None:
        for name in _EXCLUDED_BY_ALLOWED:
            if name in params:
                message = (
                    "You may only specify one of these parameters: "
                    f"allowed_payment_method_types, {name}."
                )
                raise invalid_parameter(message, name)
    no_card = allowed is not None and "card" not in allowed
    if no_card or "card" in (params.get("excluded_payment_method_types") or []):
        message = "Only cards are served here, and these types leave none."
        raise invalid_parameter(message, "allowed_payment_method_types")
