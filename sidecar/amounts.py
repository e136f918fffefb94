"""Amounts of money, as people write them."""

from __future__ import annotations

from decimal import Decimal

import iso4217


def money(amount: Decimal, currency: str) -> str:
    """Write an amount as `engine.format_money` does, with thousands apart.

    All the digits of its currency, and more only where the amount has more.
    """
    needed = max(0, -int(amount.normalize().as_tuple().exponent))
    try:
        digits = iso4217.Currency(currency).exponent or 0
    except ValueError:
        digits = 0
    return f"{amount:,.{max(digits, needed)}f} {currency}"
