"""What was spent: in this session, lately, in all, and by model.

Prices before they are paid are in ``price``, what a single result cost is in ``words``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from . import grid, html, price
from .caption import Bundle
from .html import Html
from .text import columns, count, joined, one_line

MODELS = 40
"""Models that are listed; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What some predictions cost.

    Attributes
    ----------
    name : str
        A span of time, or a model.
    cost : float
        US dollars, the sum of those costs that are known.
    estimated : bool
        True when it holds a price from a catalogue.
    charged : int
        Successes at the service.
    unknown : int
        Those among them whose cost is not known.
    served : int
        Results that were there already: replayed, or from the store.
    """

    name: str
    cost: float = 0.0
    estimated: bool = False
    charged: int = 0
    unknown: int = 0
    served: int = 0


def spending(spans: Sequence[Spent], models: Sequence[Spent] = (), *, unsettled: int = 0) -> Bundle:
    """Sums of money by time and by model, in US dollars.

    Parameters
    ----------
    spans : sequence of Spent
        This session first, then ever longer ones.
    models : sequence of Spent
        All time, the dearest first; those that cost nothing are left out.
    unsettled : int
        Creates of unknown outcome, which stand in no sum.

    Returns
    -------
    dict
        ``text/html`` and ``text/plain``, of which each says everything.
    """
    sold = [one for one in models if one.charged]
    tables = [_Table("", spans)]
    if sold:
        tables.append(_Table("model", sold[:MODELS]))
    remarks = _remarks(spans, len(sold) - MODELS, unsettled)
    markup = html.block(
        *(table.html for table in tables),
        *(html.line(html.muted(html.prose(text)), style=html.SMALL) for text in remarks),
        style="line-height:1.6",
    )
    plain = "\n\n".join((*(table.text for table in tables), "\n".join(remarks)))
    return {"text/html": str(markup), "text/plain": plain}


@dataclass(frozen=True, slots=True)
class _Table:
    name: str
    rows: Sequence[Spent]

    @property
    def header(self) -> tuple[str, ...]:
        return (self.name, "spent", "charged", "")

    @property
    def cells(self) -> list[tuple[str, ...]]:
        return [
            (one_line(row.name), _cost(row), f"{row.charged:,}", _besides(row)) for row in self.rows
        ]

    @property
    def html(self) -> Html:
        cells = [
            (html.unbroken(name), html.unbroken(html.strong(cost)), charged, html.muted(besides))
            for name, cost, charged, besides in self.cells
        ]
        return html.line(grid.table(self.header, cells, numbers=(1, 2)), style="margin:0 0 8px 0")

    @property
    def text(self) -> str:
        return columns(self.header, self.cells)


def _cost(row: Spent) -> str:
    if not row.charged:
        return "$0.00"
    return (
        price.spent(
            row.cost,
            pictures=row.charged,
            charged=row.charged,
            unknown=row.unknown,
            estimated=row.estimated,
        )
        or "unknown"
    )


def _besides(row: Spent) -> str:
    """What stands beside the sum: what it leaves out, and what was free."""
    return joined(
        (
            f"{row.unknown:,} of unknown cost" if row.unknown else "",
            f"{row.served:,} replayed or from the store: no charge" if row.served else "",
        )
    )


def _remarks(spans: Sequence[Spent], more_models: int, unsettled: int) -> tuple[str, ...]:
    found = [f"and {count(more_models, 'more model')}"] if more_models > 0 else []
    money = "US dollars, for what succeeded at the service; the sandbox and replays are free"
    if any(span.estimated for span in spans):
        money += "; ~ is an estimate by the service's price list"
    found.append(money)
    if unsettled:
        whole = f"{count(unsettled, 'request')} of unknown outcome may have been charged besides"
        found.append(f"{whole}: `%comet resume` lists what to do")
    return tuple(found)
