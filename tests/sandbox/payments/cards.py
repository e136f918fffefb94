"""The provider's published test cards and how their issuers behave.

Sources: docs.stripe.com/testing and docs.stripe.com/declines/codes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Authentication = Literal[
    "never",
    "on_session",  # already set up elsewhere: off-session passes, on-session asks
    "unless_set_up",  # off-session passes only after a completed setup
    "always",
]
RefundFate = Literal["succeeds", "pending", "fails_later"]
Aftermath = Literal["nothing", "disputed", "reported"]  # once the money was taken


@dataclass(frozen=True, slots=True)
class Decline:
    """What the issuer answers instead of yes."""

    code: str
    message: str
    decline_code: str | None = None
    advice_code: str | None = None


def _declined(decline_code: str, advice: str, message: str | None = None) -> Decline:
    text = message or "Your card was declined."
    return Decline("card_declined", text, decline_code, advice)


GENERIC = _declined("generic_decline", "try_again_later")
INSUFFICIENT = _declined(
    "insufficient_funds", "try_again_later", "Your card has insufficient funds."
)
AUTHENTICATION_REQUIRED = Decline(
    "authentication_required",
    "Your card was declined. This transaction requires authentication.",
    "authentication_required",
)


@dataclass(frozen=True, slots=True)
class PublishedCard:
    """One published number; `token` is the X of ``pm_card_X`` and ``tok_X``."""

    number: str
    token: str
    brand: str = "visa"
    decline: Decline | None = None
    declines_on_attach: bool = True  # meaningful with `decline` only
    authentication: Authentication = "never"
    refund: RefundFate = "succeeds"
    aftermath: Aftermath = "nothing"
    funding: str = "credit"

    @property
    def attach_decline(self) -> Decline | None:
        """The answer to the verification made when a customer saves the card."""
        return self.decline if self.declines_on_attach else None

    def asks(self, *, off_session: bool, set_up: bool) -> bool:
        """Tell whether the issuer insists on the cardholder's authentication."""
        if not off_session:
            return self.authentication != "never"
        if self.authentication == "unless_set_up":
            return not set_up
        return self.authentication == "always"


_ALL = (
    PublishedCard("4242424242424242", "visa"),
    PublishedCard("4000056655665556", "visa_debit", funding="debit"),
    PublishedCard("5555555555554444", "mastercard", "mastercard"),
    PublishedCard(
        "5200828282828210", "mastercard_debit", "mastercard", funding="debit"
    ),
    PublishedCard("378282246310005", "amex", "amex"),
    PublishedCard("6011111111111117", "discover", "discover"),
    PublishedCard("4000000000000002", "visa_chargeDeclined", decline=GENERIC),
    PublishedCard(
        "4000000000009995",
        "visa_chargeDeclinedInsufficientFunds",
        decline=INSUFFICIENT,
    ),
    PublishedCard(
        "4000000000009987",
        "visa_chargeDeclinedLostCard",
        decline=_declined("lost_card", "do_not_try_again"),
    ),
    PublishedCard(
        "4000000000009979",
        "visa_chargeDeclinedStolenCard",
        decline=_declined("stolen_card", "do_not_try_again"),
    ),
    PublishedCard(
        "4000000000000069",
        "chargeDeclinedExpiredCard",
        decline=Decline(
            "expired_card",
            "Your card has expired.",
            advice_code="do_not_try_again",
        ),
    ),
    PublishedCard(
        "4000000000000127",
        "chargeDeclinedIncorrectCvc",
        decline=Decline(
            "incorrect_cvc",
            "Your card's security code is incorrect.",
            advice_code="confirm_card_data",
        ),
    ),
    PublishedCard(
        "4000000000000119",
        "chargeDeclinedProcessingError",
        decline=Decline(
            "processing_error",
            "An error occurred while processing your card. Try again in a little bit.",
            advice_code="try_again_later",
        ),
    ),
    PublishedCard(
        "4000000000000341",
        "chargeCustomerFail",
        decline=GENERIC,
        declines_on_attach=False,
    ),
    PublishedCard(
        "4000002500003155",
        "authenticationRequiredOnSetup",
        authentication="unless_set_up",
    ),
    PublishedCard(
        "4000002760003184", "authenticationRequired", authentication="always"
    ),
    PublishedCard(
        "4000003800000446",
        "authenticationRequiredSetupForOffSession",
        authentication="on_session",
    ),
    PublishedCard(
        "4000008260003178",
        "authenticationRequiredChargeDeclinedInsufficientFunds",
        decline=INSUFFICIENT,
        declines_on_attach=False,
        authentication="unless_set_up",
    ),
    PublishedCard("4000000000000259", "createDispute", aftermath="disputed"),
    PublishedCard("4000000000005423", "createIssuerFraudRecord", aftermath="reported"),
    PublishedCard("4000000000005126", "refundFail", refund="fails_later"),
    PublishedCard("4000000000007726", "pendingRefund", refund="pending"),
)
BY_NUMBER = {card.number: card for card in _ALL}
BY_TOKEN = {card.token: card for card in _ALL}


def find_test_id(identifier: str, prefix: str) -> PublishedCard | None:
    """Return the card behind ``pm_card_visa`` or ``tok_visa``, if it is one."""
    if not identifier.startswith(prefix):
        return None
    return BY_TOKEN.get(identifier.removeprefix(prefix))


def passes_luhn(number: str) -> bool:
    """Check the card number's last digit."""
    total = 0
    for position, digit in enumerate(reversed(number)):
        value = int(digit) * (2 if position % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def authorization_seconds(brand: str, *, off_session: bool) -> int:
    """Return how long an uncaptured authorization is held.

    Merchant-initiated Visa payments get 4 days 18 hours, all else 7 days
    (docs.stripe.com/payments/place-a-hold-on-a-payment-method).
    """
    day = 86_400
    if brand == "visa" and off_session:
        return 4 * day + 18 * 3_600
    return 7 * day
