"""The account's balance: ``/v1/balance`` and its movements."""

from __future__ import annotations

from tests.sandbox.payments.errors import JsonObject
from tests.sandbox.payments.store import Call


def retrieve(call: Call) -> JsonObject:
    """``GET /v1/balance``: captured minus refunded, settled at once."""
    sums: dict[str, int] = {"usd": 0}
    for movement in call.world.all("balance_transaction"):
        currency = movement["currency"]
        sums[currency] = sums.get(currency, 0) + movement["net"]

    def entry(currency: str, amount: int) -> JsonObject:
        return {
            "amount": amount,
            "currency": currency,
            "source_types": {"card": amount},
        }

    return {
        "object": "balance",
        "available": [entry(*pair) for pair in sorted(sums.items())],
        "livemode": False,
        "pending": [entry(currency, 0) for currency in sorted(sums)],
    }


def retrieve_transaction(call: Call) -> JsonObject:
    """``GET /v1/balance_transactions/{id}``."""
    return call.world.get("balance_transaction", call.id, param="id")


def retrieve_charge(call: Call) -> JsonObject:
    """``GET /v1/charges/{id}``."""
    return call.world.get("charge", call.id, param="id")
