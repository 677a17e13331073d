"""What it will cost, in words, before anything is spent; what it did cost is in ``words``."""

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
