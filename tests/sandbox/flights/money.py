"""Decimal money: never a float, and always written with a stated precision."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

_EURO = """
    AT BE BG CY DE EE ES FI FR GR HR IE IT LT LU LV MT NL PT SI SK MC SM VA ME XK
"""
_BY_COUNTRY = {
    **dict.fromkeys(_EURO.split(), "EUR"),
    "GB": "GBP",
    "JE": "GBP",
    "GG": "GBP",
    "IM": "GBP",
    "JP": "JPY",
    "KW": "KWD",
    "CA": "CAD",
    "AU": "AUD",
    "CH": "CHF",
    "IN": "INR",
}
_MINOR_UNITS = {"JPY": 0, "KWD": 3}
# Units per US dollar; only plausibility matters, so they are constants.
_PER_DOLLAR = {
    "USD": Decimal(1),
    "EUR": Decimal("0.92"),
    "GBP": Decimal("0.79"),
    "JPY": Decimal(150),
    "KWD": Decimal("0.307"),
    "CAD": Decimal("1.37"),
    "AUD": Decimal("1.52"),
    "CHF": Decimal("0.88"),
    "INR": Decimal(84),
}


def currency_of(country: str) -> str:
    """Return the currency in which fares from `country` (ISO 3166) are sold."""
    return _BY_COUNTRY.get(country, "USD")


def minor_units(currency: str) -> int:
    """Return how many decimals `currency` has."""
    return _MINOR_UNITS.get(currency, 2)


def from_dollars(amount: Decimal, currency: str) -> Decimal:
    """Convert a price in US dollars into `currency`, unrounded."""
    return amount * _PER_DOLLAR[currency]


def decimals_of(text: str) -> int:
    """Return how many decimals an amount was written with."""
    return len(text.partition(".")[2])


def write(amount: Decimal, places: int) -> str:
    """Write `amount` with exactly `places` decimals."""
    return str(round_to(amount, places))


def round_to(amount: Decimal, places: int) -> Decimal:
    """Round half up to `places` decimals."""
    return amount.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def times(text: str, factor: Decimal) -> str:
    """Multiply a written amount, keeping the number of decimals it has."""
    return write(Decimal(text) * factor, decimals_of(text))
