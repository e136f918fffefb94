"""The sandbox's own account of money: balances and every movement."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from tests.sandbox.flights.errors import refusal
from tests.sandbox.flights.ids import parse_timestamp, timestamp

# Test mode's balance is unlimited; this is large enough in every currency.
_START = Decimal(1_000_000_000_000)


@dataclass(frozen=True, slots=True)
class Movement:
    """Money that left the balance (positive) or came back (negative)."""

    at: datetime
    order_id: str
    amount: Decimal
    currency: str
    reason: str


@dataclass(slots=True)
class Ledger:
    """Balances per currency. Not locked by itself: callers hold the lock."""

    _balances: dict[str, Decimal] = field(default_factory=dict)
    _movements: list[Movement] = field(default_factory=list)

    def set_balance(self, currency: str, amount: Decimal) -> None:
        """Set what is left in `currency`."""
        self._balances[currency] = amount

    def check(self, amount: Decimal, currency: str) -> None:
        """Raise insufficient_balance unless `amount` could be paid now."""
        if amount > self._balances.get(currency, _START):
            raise refusal("insufficient_balance")

    def move(
        self,
        amount: Decimal,
        currency: str,
        *,
        order_id: str,
        reason: str,
        at: datetime,
    ) -> None:
        """Pay `amount` for an order, or give it back when negative."""
        self._balances[currency] = self._balances.get(currency, _START) - amount
        self._movements.append(Movement(at, order_id, amount, currency, reason))

    def describe(self) -> dict[str, Any]:
        """Return balances, movements and the net money out per currency."""
        out: dict[str, Decimal] = {}
        for one in self._movements:
            out[one.currency] = out.get(one.currency, Decimal(0)) + one.amount
        return {
            "balances": {k: str(v) for k, v in self._balances.items()},
            "money_out": {k: str(v) for k, v in out.items()},
            "movements": [
                {
                    "at": timestamp(one.at),
                    "order_id": one.order_id,
                    "amount": str(one.amount),
                    "currency": one.currency,
                    "reason": one.reason,
                }
                for one in self._movements
            ],
        }

    def export(self) -> dict[str, Any]:
        """Return everything for a file."""
        described = self.describe()
        return {name: described[name] for name in ("balances", "movements")}

    def restore(self, kept: dict[str, Any]) -> None:
        """Take over what `export` returned."""
        self._balances = {k: Decimal(v) for k, v in kept["balances"].items()}
        self._movements = [
            Movement(
                at=parse_timestamp(one["at"]),
                order_id=one["order_id"],
                amount=Decimal(one["amount"]),
                currency=one["currency"],
                reason=one["reason"],
            )
            for one in kept["movements"]
        ]
