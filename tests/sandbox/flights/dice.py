"""Seeded choices that depend on what is chosen for, never on call order."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """Maps (seed, labels) to a number: the same question, the same answer.

    A shared random generator would make an answer depend on the searches before
    it, and two sandboxes with one seed would drift apart.
    """

    def __init__(self, seed: int) -> None:
        self._seed = str(seed)

    def roll(self, sides: int, *labels: object) -> int:
        """Return an integer from 0 to `sides` - 1."""
        text = "|".join([self._seed, *(str(label) for label in labels)])
        digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
        return int.from_bytes(digest) % sides

    def pick(self, options: Sequence[T], *labels: object) -> T:
        """Return one of `options`."""
        return options[self.roll(len(options), *labels)]

    def chance(self, percent: int, *labels: object) -> bool:
        """Return True in about `percent` of all questions."""
        return self.roll(100, *labels) < percent
