"""Currencies and amount limits (docs.stripe.com/currencies).

Amounts are integers in the currency's smallest charged unit.
"""

from __future__ import annotations

from tests.sandbox.payments.errors import ApiError, invalid_parameter


def _codes(text: str) -> frozenset[str]:
    return frozenset(text.split())


ZERO_DECIMAL = _codes("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf")
THREE_DECIMAL = _codes("bhd jod kwd omr tnd")
# Sent with two decimals for old clients' sake, but always whole units.
WHOLE_UNITS = _codes("isk ugx")
_TWO_DECIMAL = _codes(
    """
    usd aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bmd bnd bob brl bsd
    bwp byn bzd cad cdf chf cny cop crc cve czk dkk dop dzd egp etb eur fjd fkp gbp
    gel gip gmd gtq gyd hkd hnl htg huf idr ils inr jmd kes kgs khr kyd kzt lak lbp
    lkr lrd lsl mad mdl mkd mmk mnt mop mur mvr mwk mxn myr mzn nad ngn nio nok npr
    nzd pab pen pgk php pkr pln qar ron rsd rub sar sbd scr sek sgd shp sle sos srd
    std szl thb tjs top try ttd twd tzs uah uyu uzs wst xcd xcg yer zar zmw
    """
)
SUPPORTED = ZERO_DECIMAL | THREE_DECIMAL | WHOLE_UNITS | _TWO_DECIMAL

MINIMUM = {
    "usd": 50, "aed": 200, "aud": 50, "bgn": 100, "brl": 50, "cad": 50, "chf": 50,
    "czk": 1500, "dkk": 250, "eur": 50, "gbp": 30, "hkd": 400, "huf": 17500,
    "inr": 50, "jpy": 50, "mxn": 1000, "myr": 200, "nok": 300, "nzd": 50, "pln": 200,
    "ron": 200, "sek": 300, "sgd": 50, "thb": 1000,
}  # fmt: skip
_MAXIMUM = 99_999_999
_MAXIMUM_BY_CURRENCY = {"idr": 999_999_999_999}


def exponent(currency: str) -> int:
    """Return how many decimals the currency is written with."""
    if currency in ZERO_DECIMAL:
        return 0
    return 3 if currency in THREE_DECIMAL else 2


def show(amount: int, currency: str) -> str:
    """Format for messages: ``10.50 usd``."""
    digits = exponent(currency)
    if digits == 0:
        return f"{amount} {currency}"
    unit = 10**digits
    return f"{amount // unit}.{amount % unit:0{digits}d} {currency}"


def check_currency(currency: str) -> str:
    """Return the currency in lower case or raise 400."""
    lowered = currency.lower()
    if lowered not in SUPPORTED:
        known = ", ".join(sorted(SUPPORTED))
        message = (
            f"Invalid currency: {currency}. Stripe currently supports these "
            f"currencies: {known}"
        )
        raise invalid_parameter(message, "currency")
    return lowered


def check_positive(amount: int, param: str) -> None:
    """Raise the provider's 400 for zero and negative amounts."""
    if amount < 1:
        raise invalid_parameter(
            "This value must be greater than or equal to 1.",
            param,
            "parameter_invalid_integer",
        )


def check_charge_amount(amount: int, currency: str) -> None:
    """Raise 400 unless `amount` can be charged in `currency`.

    The provider converts its minimum for currencies not listed; no rates exist
    here, so those have a minimum of one unit.
    """
    check_positive(amount, "amount")
    maximum = _MAXIMUM_BY_CURRENCY.get(currency, _MAXIMUM)
    if amount > maximum:
        message = f"Amount must be no more than {show(maximum, currency)}"
        raise ApiError(400, message, code="amount_too_large", param="amount")
    minimum = MINIMUM.get(currency, 1)
    if amount < minimum:
        message = f"Amount must be at least {show(minimum, currency)}"
        raise ApiError(400, message, code="amount_too_small", param="amount")
    step = 10 if currency in THREE_DECIMAL else 100 if currency in WHOLE_UNITS else 1
    if amount % step:
        message = f"Invalid amount: {currency} amounts must be divisible by {step}."
        raise ApiError(400, message, param="amount")
