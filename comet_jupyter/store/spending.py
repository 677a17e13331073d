"""What the predictions of a store have cost, by model and by period.

The running count of a session is the engine's; prices are none of this.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from .dates import first_moment
from .rows import to_text

PERIODS = {"today": 0, "last 7 days": 6, "last 30 days": 29}
"""Days before today with which a period begins; the longest one is ``all``."""

_SUMS = (
    "SELECT CAST(model AS BLOB),"
    " (submitted_at < ?) + (submitted_at < ?) + (submitted_at < ?) AS period,"
    " sum(charged), total(charged * pictures), total(charged * cost),"
    " max(charged AND cost_estimated), sum(charged AND cost IS NULL),"
    " sum(status = 'succeeded' AND sandbox AND origin NOT IN ('store', 'replay')),"
    " sum(status = 'succeeded' AND origin IN ('store', 'replay'))"
    " FROM predictions WHERE finished = 1 AND derived_status NOT NULL GROUP BY 1, period"
)


@dataclass(frozen=True, slots=True)
class Spending:
    """What the finished predictions of one model and period gave and cost.

    Attributes
    ----------
    period : str
        ``today``, ``last 7 days`` (today is one of them), ``last 30 days`` or ``all``; days
        begin at local midnight.
    model : str
        ``owner/name``; empty for the sum of all models.
    charged : int
        Successes at the service, those whose files were lost on the way among them.
    pictures : int
        Of those.
    cost : float
        US dollars, the sum of those costs that are known.
    estimated : bool
        True when one of them is a catalogue's price.
    unknown : int
        Charged predictions whose cost is not known.
    free : int
        Successes that the sandbox drew.
    served : int
        Successes that were there already: replayed, or from the store.
    """

    period: str
    model: str = ""
    charged: int = 0
    pictures: int = 0
    cost: float = 0.0
    estimated: bool = False
    unknown: int = 0
    free: int = 0
    served: int = 0

    def __add__(self, other: Spending) -> Spending:
        return Spending(
            self.period,
            self.model,
            self.charged + other.charged,
            self.pictures + other.pictures,
            self.cost + other.cost,
            self.estimated or other.estimated,
            self.unknown + other.unknown,
            self.free + other.free,
            self.served + other.served,
        )


def read_spending(connection: sqlite3.Connection, now: datetime) -> list[Spending]:
    """See `Store.spending`."""
    begins = [to_text(first_moment(now, days)) for days in PERIODS.values()]
    rows = connection.execute(_SUMS, begins).fetchall()
    found: list[Spending] = []
    for number, period in enumerate((*PERIODS, "all")):
        whole = Spending(period)
        models: dict[str, Spending] = {}
        for data, newest, charged, pictures, cost, estimated, *others in rows:
            if newest > number:
                continue  # a period holds the shorter ones, not the longer ones
            model = data.decode("utf-8", "replace")
            part = Spending(period, model, charged, int(pictures), cost, bool(estimated), *others)
            models[model] = models.get(model, Spending(period, model)) + part
            whole += part
        dearest = sorted(models.values(), key=lambda one: (-one.cost, -one.charged, one.model))
        found += [whole, *dearest]
    return found
