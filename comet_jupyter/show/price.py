"""Sums of money in words: what it will cost before it is spent, and what was spent in all.

What single results did cost is in ``words``.
"""

from __future__ import annotations

from .text import money


def price(amount: float | None, count: int = 1, estimated: bool = False) -> str:
    """``~$0.003``, ``3 × ~$0.003 = ~$0.009``, ``no charge``; empty when unknown.

    Parameters
    ----------
    amount : float or None
        US dollars for one request; None when unknown.
    count : int
        Number of requests.
    estimated : bool
        True for a price from a catalogue.
    """
    if amount is None or count < 1:
        return ""
    each, total = (money(dollars, estimated=estimated) for dollars in (amount, amount * count))
    if not each or not total:
        return ""
    if amount == 0 and not estimated:
        return "no charge"
    return each if count == 1 else f"{count:,} × {each} = {total}"


def spent(
    cost: float, *, pictures: int, charged: int, unknown: int = 0, estimated: bool = False
) -> str:
    """``~$0.012``, ``at least ~$0.012``, ``no charge``; empty when nothing is known.

    Parameters
    ----------
    cost : float
        US dollars, the sum of those costs that are known.
    pictures : int
        How many were made.
    charged : int
        Predictions that the service sold.
    unknown : int
        Those among them whose cost is not known.
    estimated : bool
        True when `cost` holds a price from a catalogue.
    """
    if not charged:
        return "no charge" if pictures else ""
    total = money(cost, estimated=estimated) if unknown < charged else ""
    return f"at least {total}" if total and unknown else total
