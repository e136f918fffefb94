"""The sandbox's own books: what happened to the money of each PaymentIntent.

Kept apart from the API objects so that each can be checked against the other.
Every movement asserts the invariants, so a fault in the sandbox itself shows at
once and not as a wrong verdict on the system under test.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from tests.sandbox.payments.errors import JsonObject

_COLUMNS = ("authorized", "held", "captured", "released", "refunded")


@dataclass(slots=True)
class Ledger:
    """Amounts of one PaymentIntent, in its currency's smallest unit."""

    authorized: int = 0
    captured: int = 0
    released: int = 0
    refunded: int = 0  # pending refunds count: their money is spoken for
    attempts: int = 0  # confirmations that reached the issuer
    capture_before: int | None = None  # unix seconds, while money is held

    @property
    def held(self) -> int:
        """What the issuer still reserves."""
        return self.authorized - self.captured - self.released

    @property
    def refundable(self) -> int:
        """What may still be refunded."""
        return self.captured - self.refunded

    def authorize(self, amount: int, capture_before: int | None) -> None:
        """Reserve `amount` with the issuer."""
        assert self.authorized == 0, "one authorization for each PaymentIntent"
        self.authorized = amount
        self.capture_before = capture_before
        self._check()

    def capture(self, amount: int) -> None:
        """Take `amount` of the held money and release the rest."""
        assert amount > 0, "a capture moves money"
        self.captured += amount
        self.release()

    def release(self) -> None:
        """Give all held money back to the cardholder."""
        self.released += self.held
        self.capture_before = None
        self._check()

    def refund(self, amount: int) -> None:
        """Return captured money; a negative amount undoes a failed refund."""
        self.refunded += amount
        self._check()

    def matches(self, intent: JsonObject) -> bool:
        """Tell whether the API object shows the same money."""
        return bool(
            intent["amount_capturable"] == self.held
            and intent["amount_received"] == self.captured
            and (self.held > 0) == (intent["status"] == "requires_capture")
            and (self.captured > 0) == (intent["status"] == "succeeded")
        )

    def row(self) -> dict[str, int]:
        """Return the amounts by name."""
        return {name: getattr(self, name) for name in _COLUMNS}

    def _check(self) -> None:
        assert self.held >= 0, "captured or released more than authorized"
        assert 0 <= self.refunded <= self.captured, "refunded more than captured"


def no_money() -> JsonObject:
    """Return the money of an attempt that nothing was asked for."""
    return {"currency": None, **dict.fromkeys(_COLUMNS, 0), "holds": [], "intents": []}


def by_attempt(entries: Iterable[tuple[JsonObject, Ledger]]) -> dict[str, JsonObject]:
    """Sum PaymentIntents by ``metadata.attempt_id``; `holds` are still open.

    One attempt pays in one currency; two of them here are a fault of its maker, which
    the currency's name then shows.
    """
    found: dict[str, JsonObject] = {}
    for intent, ledger in entries:
        attempt_id = intent["metadata"].get("attempt_id")
        if attempt_id is None:
            continue
        sums = found.setdefault(attempt_id, no_money())
        if sums["currency"] not in (None, intent["currency"]):
            sums["currency"] = f"{sums['currency']}+{intent['currency']}"
        else:
            sums["currency"] = intent["currency"]
        for name, amount in ledger.row().items():
            sums[name] += amount
        sums["intents"].append(intent["id"])
        if ledger.held:
            sums["holds"].append(intent["id"])
    return found


def totals(entries: Iterable[tuple[str, Ledger]]) -> dict[str, dict[str, int]]:
    """Sum ledgers by currency."""
    sums: dict[str, Counter[str]] = {}
    for currency, ledger in entries:
        sums.setdefault(currency, Counter()).update(ledger.row())
    return {
        currency: {name: counter[name] for name in _COLUMNS}
        for currency, counter in sorted(sums.items())
    }
