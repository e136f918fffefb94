"""What a seat costs and what it includes.

Prices are computed in Decimal from distance, carrier, cabin, date and a bounded
walk over time, so that repeated searches see fares move.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from tests.sandbox.flights.carriers import Carrier
from tests.sandbox.flights.dice import Dice
from tests.sandbox.flights.money import (
    decimals_of,
    from_dollars,
    minor_units,
    round_to,
    times,
    write,
)
from tests.sandbox.flights.network import Itinerary
from tests.sandbox.flights.places import distance_km

WALK_BUCKET_SECONDS = 600
WALK_BOUND_PERCENT = 18
WALK_OCTAVES = ((1, 2), (6, 4), (36, 5), (144, 7))  # period in buckets, weight
_ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Brand:
    """A fare brand: a price level with bags and conditions."""

    name: str
    cabin: str
    percent: int
    checked: int
    carry_on: int
    level: int  # 0 basic, 1 standard, 2 flexible
    shelf: int


_BRANDS = {
    "economy": (
        Brand("Basic", "economy", 100, 0, 0, 0, 1),
        Brand("Standard", "economy", 124, 1, 1, 1, 2),
        Brand("Flex", "economy", 168, 2, 1, 2, 3),
    ),
    "premium_economy": (
        Brand("Premium", "premium_economy", 195, 1, 1, 1, 3),
        Brand("Premium Flex", "premium_economy", 240, 2, 1, 2, 3),
    ),
    "business": (
        Brand("Business", "business", 360, 2, 2, 1, 4),
        Brand("Business Flex", "business", 430, 2, 2, 2, 4),
    ),
    "first": (Brand("First", "first", 640, 3, 2, 2, 5),),
}
_LADDER = ("first", "business", "premium_economy", "economy")


def brands_for(carrier: Carrier, cabin: str | None, km: float) -> list[Brand]:
    """Return what the carrier sells in `cabin`, or in the next lower one it has.

    None means any cabin: the economy brands and one of business.
    """
    if cabin is None:
        return [*_BRANDS["economy"], _BRANDS["business"][0]]
    for name in _LADDER[_LADDER.index(cabin) :]:
        if name == "first" and not (carrier.has_first and km > 3000):
            continue
        if name == "premium_economy" and km < 2500:
            continue
        return list(_BRANDS[name])
    return list(_BRANDS["economy"])


def walk(dice: Dice, moment: datetime, *labels: object) -> Decimal:
    """Return the factor by which a fare is moved at `moment`.

    Value noise over buckets of ten minutes: each octave runs straight from one
    seeded point to the next, so a fare drifts rather than jumps, and the weights
    sum up to the bound.
    """
    bucket = int(moment.timestamp()) // WALK_BUCKET_SECONDS
    percent = Decimal(0)
    for period, weight in WALK_OCTAVES:
        index, rest = divmod(bucket, period)
        here = dice.roll(2001, "walk", period, index, *labels) - 1000
        there = dice.roll(2001, "walk", period, index + 1, *labels) - 1000
        point = here + Decimal(there - here) * rest / period
        percent += point * weight / 1000
    return _ONE + percent / 100


def price_usd(
    dice: Dice, itinerary: Itinerary, brand: Brand, *, on: date, now: datetime
) -> Decimal:
    """Return one adult's fare in US dollars, tax included, unrounded."""
    first, last = itinerary.legs[0], itinerary.legs[-1]
    carrier = first.carrier
    km = int(distance_km(first.origin, last.destination))
    fare = 42 + Decimal("0.105") * min(km, 2000) + Decimal("0.055") * max(km - 2000, 0)
    if len(itinerary.legs) > 1:
        fare *= Decimal("0.86")
    route = (carrier.iata, first.origin.iata, last.destination.iata, on)
    day = 100 + dice.roll(31, "day", *route) - 12 + (8 if on.weekday() > 3 else 0)
    departure = 100 + dice.roll(25, "departure", itinerary.key) - 10
    fare *= Decimal(carrier.price_percent * brand.percent * day * departure) / 10**8
    return fare * walk(dice, now, *route)


@dataclass(frozen=True, slots=True)
class Quote:
    """An offer's amounts as written; base and tax add up to the total."""

    total: str
    base: str
    tax: str | None
    currency: str


def quote(
    dice: Dice,
    unit_usd: Decimal,
    passengers: list[int],
    currency: str,
    *labels: object,
) -> Quote:
    """Price all passengers, each paying a percentage of the adult's fare.

    Suppliers write amounts differently: "300.00", "20.0" or "300" all occur.
    """
    places = minor_units(currency)
    if places == 2:
        places = dice.pick((2, 2, 2, 2, 2, 1, 0), "places", *labels)
    unit = from_dollars(unit_usd, currency)
    share = Decimal(12 + dice.roll(14, "tax share", *labels)) / 100
    totals = [round_to(unit * percent / 100, places) for percent in passengers]
    total = sum(totals, Decimal(0))
    if dice.chance(8, "tax unknown", *labels):
        return Quote(write(total, places), write(total, places), None, currency)
    tax = round_to(total * share, places)
    return Quote(
        write(total, places), write(total - tax, places), write(tax, places), currency
    )


def scale(amounts: Quote, factor: Decimal, extra: Decimal = Decimal(0)) -> Quote:
    """Multiply by `factor`, then add `extra`, at the written precision."""
    if factor == 1 and not extra:
        return amounts
    total = Decimal(times(amounts.total, factor)) + extra
    tax = None if amounts.tax is None else times(amounts.tax, factor)
    places = max(decimals_of(amounts.total), decimals_of(amounts.base))
    base = total - Decimal(tax or 0)
    return Quote(write(total, places), write(base, places), tax, amounts.currency)


def percent_of_adult(kind: str | None, age: int | None) -> int:
    """Return what a passenger pays relative to an adult."""
    if kind == "infant_without_seat" or (age is not None and age < 2):
        return 10
    if kind == "child" or (age is not None and age < 12):
        return 75
    return 100


def _allowed(penalty: str | None, currency: str) -> dict[str, Any]:
    return {
        "allowed": True,
        "penalty_amount": penalty,
        "penalty_currency": currency if penalty is not None else None,
    }


_REFUSED = {"allowed": False, "penalty_amount": None, "penalty_currency": None}


def conditions(
    dice: Dice, carrier: Carrier, brand: Brand, currency: str, *labels: object
) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """Return (change, refund) before departure; None means unknown.

    Duffel Airways' conditions vary per search and an allowed action costs 40.00;
    about every third real carrier says nothing about its cheaper fares.
    """
    if carrier.iata == "ZZ":
        fee = _allowed(write(Decimal(40), minor_units(currency)), currency)
        change = fee if dice.chance(50 + 20 * brand.level, "zz", *labels) else _REFUSED
        refund = fee if dice.chance(30 + 30 * brand.level, "zzr", *labels) else _REFUSED
        return change, refund
    if brand.level < 2 and dice.chance(35, "silent", carrier.iata):
        return None, None
    places = minor_units(currency)
    fee_amount = write(from_dollars(Decimal(75), currency), places)
    if brand.level == 0:
        return dict(_REFUSED), dict(_REFUSED)
    if brand.level == 1:
        return _allowed(fee_amount, currency), dict(_REFUSED)
    refund_fee = (
        None if dice.chance(25, "fee", carrier.iata) else write(_ONE * 0, places)
    )
    return _allowed(write(_ONE * 0, places), currency), _allowed(refund_fee, currency)


def strictest(parts: list[dict[str, Any] | None]) -> dict[str, Any] | None:
    """Sum up slices into the offer's condition; one unknown makes it unknown."""
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    if not all(part["allowed"] for part in known):
        return dict(_REFUSED)
    fees = [part["penalty_amount"] for part in known]
    if None in fees:
        return _allowed(None, "")
    places = max(decimals_of(fee) for fee in fees)
    total = sum((Decimal(fee) for fee in fees), Decimal(0))
    return _allowed(write(total, places), known[0]["penalty_currency"])
