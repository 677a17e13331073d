"""What a session has made so far: a running count of the predictions that ended in it.

Saying it in words is ``show``'s affair; what earlier sessions made is in the store.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

from ..record import Record


@dataclass(frozen=True, slots=True)
class Tally:
    """What some predictions gave and cost.

    Attributes
    ----------
    pictures : int
    cost : float
        US dollars, the sum of those costs that are known.
    estimated : bool
        True when one of them is a catalogue's price.
    unknown : int
        Successes at the service whose cost is not known.
    charged : int
        Successes at the service, those whose files were lost on the way among them.
    predictions : int
        Those that ended, well or not.
    served : int
        Results that were there already, replayed or from the store: free, and none of the
        above.
    """

    pictures: int = 0
    cost: float = 0.0
    estimated: bool = False
    unknown: int = 0
    charged: int = 0
    predictions: int = 0
    served: int = 0

    @classmethod
    def of(cls, record: Record) -> Tally:
        """That of one prediction; one that is only followed no longer has not ended."""
        charged = record.charged
        goes_on = record.failure is not None and record.failure.kind == "StillRunningError"
        return cls(
            pictures=len(record.images),
            cost=record.cost or 0.0 if charged else 0.0,
            estimated=charged and record.cost_estimated,
            unknown=int(charged and record.cost is None),
            charged=int(charged),
            predictions=int(not goes_on),
        )

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.pictures + other.pictures,
            self.cost + other.cost,
            self.estimated or other.estimated,
            self.unknown + other.unknown,
            self.charged + other.charged,
            self.predictions + other.predictions,
            self.served + other.served,
        )


class Counter:
    """Keeps the tally of records as they end; from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._parts: dict[str, Tally] = {}
        self._served = 0
        self.tally = Tally()

    def take(self, record: Record) -> None:
        """Counts a record; one that ended before and was taken up again counts once."""
        part = Tally.of(record)
        with self._lock:
            before = self._parts.get(record.key)
            if part != before:
                self._parts[record.key] = part
                is_new = before is None
                self.tally = self.tally + part if is_new else self._sum()

    def serve(self) -> None:
        """Counts a result that was there already."""
        with self._lock:
            self._served += 1
            self.tally += Tally(served=1)

    def _sum(self) -> Tally:
        return sum(self._parts.values(), Tally(served=self._served))
