"""Chance that is the same on every machine: drawn from a seed and the name of what is drawn.

Every element of a picture has a name and so a chance of its own. One more word in the prompt
leaves all other elements where they are.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from hashlib import sha256
from typing import TypeVar

__all__ = ["Chance"]

_Any = TypeVar("_Any")


class Chance:
    """Draws for one element of one picture."""

    def __init__(self, seed: int, name: str) -> None:
        digest = sha256(f"{seed}/{name}".encode()).digest()
        # only random() is used: its sequence is promised to stay the same
        self._random = random.Random(int.from_bytes(digest, "big")).random

    def __call__(self) -> float:
        """A number from 0 to 1."""
        return self._random()

    def between(self, low: float, high: float) -> float:
        """A number from ``low`` to ``high``."""
        return low + (high - low) * self._random()

    def whole(self, low: int, high: int) -> int:
        """A whole number from ``low`` to ``high``, both included."""
        return low + int(self._random() * (high - low + 1))

    def pick(self, items: Sequence[_Any]) -> _Any:
        """One of some items."""
        return items[int(self._random() * len(items))]

    def sign(self) -> int:
        """1 or -1."""
        return 1 if self._random() < 0.5 else -1

    def happens(self, probability: float) -> bool:
        """True as often as ``probability`` (0 to 1) says."""
        return self._random() < probability
