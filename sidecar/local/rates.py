"""Exchange rates of the local stack: invented, and given by two people as anywhere.

Spending ceilings are in pounds, and the sandbox sells in euros and dollars too.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import psycopg

_SOURCE = "the local stack"
# What one pound costs in each currency.
_RATES = {"EUR": Decimal("1.15"), "USD": Decimal("1.25")}


def record_rates(dsn: Callable[[str], str]) -> None:
    """Record rates of now as the feed; confirm, as somebody else, those that wait.

    `dsn` returns the connection string of a login to the stack's database.
    """
    waiting = []
    with psycopg.connect(dsn("skylatch_feed"), autocommit=True) as feed:
        for quote, rate in _RATES.items():
            row = feed.execute(
                "select change_id, in_force"
                " from engine.set_exchange_rate('GBP', %s, %s, %s, 'make up')",
                [quote, rate, _SOURCE],
            ).fetchone()
            if row is not None and not row[1]:
                waiting.append(row[0])
    with psycopg.connect(dsn("postgres"), autocommit=True) as operator:
        operator.execute(
            "select engine.confirm_exchange_rates(%s, 'the rates of the local stack')",
            [waiting],
        )
