"""Amounts as people read them: with all the digits of their currency, never rounded."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from tests.conftest import Connect
from tests.sql.shelf import Offer, Shelf
from tests.sql.sources import code_files


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        ("137.4", "EUR", "137.40 EUR"),
        ("137", "EUR", "137.00 EUR"),
        ("0", "EUR", "0.00 EUR"),
        ("-0.5", "GBP", "-0.50 GBP"),
        ("137.405", "EUR", "137.405 EUR"),
        ("137.4000", "EUR", "137.40 EUR"),
        ("13740.00", "JPY", "13740 JPY"),
        ("13740", "JPY", "13740 JPY"),
        ("42.5", "KWD", "42.500 KWD"),
        ("42", "KWD", "42.000 KWD"),
        ("42.1", "XYZ", "42.1 XYZ"),
        (None, "EUR", None),
        ("1", None, None),
    ],
)
def test_an_amount_has_the_digits_of_its_currency(
    connect: Connect, amount: str | None, currency: str | None, text: str | None
) -> None:
    """None, two or three, as ISO 4217 says; and what it has more is not lost."""
    said = connect().execute(
        "select engine.format_money(%s, %s)", [amount and Decimal(amount), currency]
    )
    assert said.fetchone() == (text,)


@pytest.mark.parametrize(
    ("currency", "amounts", "texts"),
    [
        ("GBP", "500 137.4 523.4", "500.00 137.40 523.40 23.40"),
        ("JPY", "50000 13740.00 52340", "50000 13740 52340 2340"),
        ("KWD", "50 42.5 52.34", "50.000 42.500 52.340 2.340"),
    ],
)
def test_a_traveller_reads_amounts_with_all_their_digits(
    shelf: Shelf, currency: str, amounts: str, texts: str
) -> None:
    """The offer, the limit, and by how much it misses."""
    limit, price, over = amounts.split()
    limited, paid, dear, missing = texts.split()
    shelf.wish(currency=currency, max_price=Decimal(limit))
    shelf.put(
        Offer("fits", price=price, currency=currency),
        Offer("dear", price=over, currency=currency),
    )
    shelf.rank()
    story = shelf.explain()
    assert f" {paid} {currency} (" in story["sentences"][0]
    (help_,) = story["what_would_help"]
    assert f" is BA for {dear} {currency} (" in help_["sentence"]
    assert (
        f", {missing} {currency} over your limit of {limited} {currency}."
        in help_["sentence"]
    )


def calls_of_format(text: str) -> list[str]:
    """Return the arguments of every call of format in a file."""
    found = []
    for start in re.finditer(r"(?<!\w)format\(", text):
        depth, at = 1, start.end()
        while depth:
            depth += {"(": 1, ")": -1}.get(text[at], 0)
            at += 1
        found.append(text[start.end() : at - 1])
    return found


def test_no_text_writes_an_amount_in_another_way() -> None:
    """One function knows how many digits a currency has."""
    plain = []
    for path in code_files():
        text = re.sub(r"--.*", "", path.read_text())
        text = re.sub(r"'[^']*'", "''", text)
        for arguments in calls_of_format(text):
            rest = re.sub(r"format_money\((?:[^()]|\([^()]*\))*\)", "", arguments)
            if re.search(r"\w*(amount|price|cap|spent)\b", rest) and "currency" in rest:
                plain.append((path.name, arguments))
    assert plain == []
