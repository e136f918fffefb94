"""Fares over time, generated: how they move, by regime. Seeded, in pounds."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

from tests.sandbox.flights import fares
from tests.sandbox.flights.dice import Dice

LOOKS = 3  # a day
STEP = timedelta(days=1) / LOOKS
_BASE = 400.0
Walk = list[Decimal]
Regime = Callable[[random.Random, int, datetime, int], list[float]]
"""(dice, days before departure, first look, number) -> a factor for each look."""


def sandbox(_: random.Random, days: int, start: datetime, number: int) -> list[float]:
    """Return the fare walk of the Duffel sandbox."""
    return [
        float(fares.walk(Dice(1), start + look * STEP, "bench", number))
        for look in range(days * LOOKS)
    ]


def noisy(dice: random.Random, days: int, drift: Callable[[int], float]) -> list[float]:
    """Return a path of daily drifts, by the days left, with a little noise per look."""
    level, path = 1.0, []
    for left in range(days, 0, -1):
        level *= 1 + drift(left)
        path += [level * (1 + dice.gauss(0, 0.01)) for _ in range(LOOKS)]
    return path


def flat(dice: random.Random, days: int, *_: object) -> list[float]:
    """Return a fare that stays."""
    return noisy(dice, days, lambda left: 0.0)


def late_steps(left: int) -> float:
    """Return the rises when cheap tickets' advance purchase ends."""
    return {20: 0.08, 13: 0.12, 6: 0.20}.get(left, 0.0)


def rising(dice: random.Random, days: int, *_: object) -> list[float]:
    """Return a fare that rises by 0.4 % a day, and in steps towards the end."""
    return noisy(dice, days, lambda left: 0.004 + late_steps(left))


def falling(dice: random.Random, days: int, *_: object) -> list[float]:
    """Return a fare that falls by 0.5 % a day until it is nearly too late."""
    return noisy(dice, days, lambda left: -0.005 if left > 21 else late_steps(left))


def wandering(dice: random.Random, days: int, *_: object) -> list[float]:
    """Return a random walk: nothing to be known before the late steps."""
    return noisy(dice, days, lambda left: dice.gauss(0, 0.025) + late_steps(left))


def reverting(dice: random.Random, days: int, *_: object) -> list[float]:
    """Return a fare that goes back to its mean, but for jumps; late steps on top."""
    away, late, path = dice.gauss(0, 0.08), 1.0, []
    for left in range(days, 0, -1):
        away = 0.85 * away + dice.gauss(0, 0.03)
        if dice.random() < 0.05:
            away += dice.choice([-0.15, 0.15])
        late *= 1 + late_steps(left)
        path += [late * (1 + away + dice.gauss(0, 0.01)) for _ in range(LOOKS)]
    return path


REGIMES: dict[str, tuple[str, Regime]] = {
    "the sandbox's walk": ("JFK", sandbox),
    "flat": ("BOS", flat),
    "rising": ("ORD", rising),
    "falling": ("MIA", falling),
    "random walk": ("SFO", wandering),
    "reverting, with jumps": ("LAX", reverting),
}
# Routes without a past, which the others' has to stand in for; and one whose past lies.
STRANGE: dict[str, tuple[str, Regime]] = {
    "unknown route, rising": ("SEA", rising),
    "unknown route, reverting": ("DEN", reverting),
    "fell until now, rises": ("MIA", rising),
}


def walk(dice: random.Random, regime: Regime, days: int, start: datetime) -> Walk:
    """Return the fare at each look from `start` until departure, in pounds."""
    base = _BASE * dice.uniform(0.5, 2)
    number = dice.randrange(10**9)
    path = regime(dice, days, start, number)
    return [Decimal(f"{base * factor:.2f}") for factor in path]
