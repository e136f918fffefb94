"""The sandbox's own account of money: balances and every movement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from tests.sandbox.flights.errors import refusal
from tests.sandbox.flights.ids import parse_timestamp, timestamp
from tests.sandbox.persistence import Rows, Tables

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

    def export(self) -> dict[str, str]:
        """Return the movement as JSON."""
        return {
            "at": timestamp(self.at),
            "order_id": self.order_id,
            "amount": str(self.amount),
            "currency": self.currency,
            "reason": self.reason,
        }

    @classmethod
    def of(cls, kept: dict[str, str]) -> Movement:
        """Return an exported movement."""
        return cls(
            at=parse_timestamp(kept["at"]),
            order_id=kept["order_id"],
            amount=Decimal(kept["amount"]),
            currency=kept["currency"],
            reason=kept["reason"],
        )


class Ledger:
    """Balances per currency. Not locked by itself: callers hold the lock."""

    def __init__(self) -> None:
        self._balances: Rows[Decimal] = Rows(str, Decimal)
        self._movements: Rows[Movement] = Rows(Movement.export, Movement.of)

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
        for one in self._movements.values():
            out[one.currency] = out.get(one.currency, Decimal(0)) + one.amount
        return {
            "balances": {k: str(v) for k, v in self._balances.items()},
            "money_out": {k: str(v) for k, v in out.items()},
            "movements": [one.export() for one in self._movements.values()],
        }

    @property
    def tables(self) -> Tables:
        """Everything, for the files."""
        return {"balances": self._balances, "movements": self._movements}
