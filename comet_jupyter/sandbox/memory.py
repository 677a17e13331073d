"""What the server remembers: predictions, creates of the last minute, and its source of chance.

In memory only, and bounded: the oldest prediction is forgotten first.
"""

from __future__ import annotations

import random
from collections import Counter, deque
from hashlib import sha256

from .simulation import SECOND, Creation

__all__ = ["Memory"]

_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


class Memory:
    """The predictions made so far.

    Parameters
    ----------
    chance
        Draws ids, seeds and coins; by default the system's.
    limit
        How many predictions are remembered.
    weight_limit
        How many characters their inputs have in all: pictures may be among them.
    """

    def __init__(
        self,
        chance: random.Random | None = None,
        limit: int = 10_000,
        weight_limit: int = 256 * 1024 * 1024,
    ) -> None:
        self._chance = chance or random.SystemRandom()
        self._limit, self._weight_limit = limit, weight_limit
        self._weight = 0
        self._creations: dict[str, Creation] = {}
        self._ids: dict[str, str] = {}
        self._creates: deque[int] = deque()
        self._refused: deque[bytes] = deque(maxlen=limit)
        self._status_calls: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._creations)

    def keep(self, creation: Creation) -> None:
        """Remember a prediction, or its newer version."""
        if creation.id not in self._creations:
            self._weight += _weight(creation)
        self._creations[creation.id] = creation
        self._ids[creation.token] = creation.id
        while len(self._creations) > self._limit or (
            self._weight > self._weight_limit and len(self._creations) > 1
        ):
            oldest = self._creations.pop(next(iter(self._creations)))
            self._weight -= _weight(oldest)
            del self._ids[oldest.token]
            self._status_calls.pop(oldest.id, None)

    def find(self, identity: str) -> Creation | None:
        """The prediction with an id."""
        return self._creations.get(identity)

    def find_token(self, token: str) -> Creation | None:
        """The prediction whose files have a token in their address."""
        return self._creations.get(self._ids.get(token, ""))

    def first_time(self, body: bytes) -> bool:
        """Whether this body was not seen before; the next time it was."""
        digest = sha256(body).digest()
        if digest in self._refused:
            self._refused.remove(digest)
            return False
        self._refused.append(digest)
        return True

    def count_status(self, identity: str) -> int:
        """How often a prediction's status was asked, this time included."""
        self._status_calls[identity] += 1
        return self._status_calls[identity]

    def wait_for_turn(self, rate: int, now: int) -> int:
        """Seconds until a create is accepted at ``rate`` a minute; 0 counts it as accepted."""
        while self._creates and now - self._creates[0] >= 60 * SECOND:
            self._creates.popleft()
        if len(self._creates) >= rate:
            return max(1, -((now - self._creates[0] - 60 * SECOND) // SECOND))
        self._creates.append(now)
        return 0

    def draw_id(self) -> str:
        """26 lower-case letters and digits."""
        return "".join(self._chance.choices(_LETTERS, k=26))

    def draw_token(self) -> str:
        """The part of a file's address that nobody can guess."""
        return "".join(self._chance.choices(_LETTERS, k=44))

    def draw_seed(self) -> int:
        """A seed for a prediction that came without one."""
        return self._chance.randrange(2**32)

    def draw_coin(self) -> bool:
        """Head or tail."""
        return self._chance.random() < 0.5


def _weight(creation: Creation) -> int:
    values = creation.input.values()
    texts = [item for value in values for item in (value if isinstance(value, list) else [value])]
    return sum(len(text) for text in texts if isinstance(text, str))
