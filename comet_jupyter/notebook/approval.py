"""Before money is spent: what a cell would cost, the limits that hold, and the question."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..engine.occurrences import Place
from ..engine.session import Session
from ..errors import CostLimitError, KeyMissingError
from ..models import short_name
from ..show.price import price
from ..show.text import count, money
from ..wire.request import PredictionRequest

WAIT = 3.0
"""Seconds to wait for the service's prices."""

_ROUNDING = 1e-9
"""US dollars: twelve times 0.003 is a little more than 0.036."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What requests would cost, if they were submitted now.

    Attributes
    ----------
    served : int
        Those that are there already, and free.
    made : int
        All others.
    total : float
        US dollars for those among them whose price is known.
    unpriced : tuple of str
        The models whose price is not known, by their short names.
    is_estimated : bool
        False where it is certain: the sandbox takes nothing.
    words : str
        ``12 × ~$0.003 = ~$0.036``; empty when nothing is known.
    """

    served: int
    made: int
    total: float = 0.0
    unpriced: tuple[str, ...] = ()
    is_estimated: bool = False
    words: str = ""

    @property
    def is_free(self) -> bool:
        """True when it certainly costs nothing."""
        return not self.made or (not self.unpriced and not self.total and not self.is_estimated)


def estimate(
    session: Session,
    requests: Sequence[PredictionRequest],
    *,
    cache: str,
    place: Place,
    only_looking: bool = False,
) -> Estimate:
    """What these requests would cost; asks the service's catalogue when that is due.

    Parameters
    ----------
    session : Session
    requests : sequence of PredictionRequest
        As `Session.as_recorded` gives them.
    cache, place
        As `Session.submit` takes them.
    only_looking : bool
        Nothing will be sent, so no key is needed.

    Raises
    ------
    CometError
        When `Session.submit` would refuse them.
    """
    try:
        served = session.foresee(*requests, cache=cache, place=place)
    except KeyMissingError:
        if not only_looking:
            raise
        served = [False] * len(requests)
    made = Counter(
        request.model for request, is_there in zip(requests, served, strict=True) if not is_there
    )
    wait = 0.0 if session.replaying else WAIT
    known = zip(made, session.known_prices(list(made), wait), strict=True)
    prices = {model: one for model, one in known if one is not None}
    total = sum(one.amount * made[model] for model, one in prices.items())
    is_estimated = any(one.estimated for one in prices.values())
    unpriced = tuple(short_name(model) for model in made if model not in prices)
    return Estimate(
        served=sum(served),
        made=made.total(),
        total=total,
        unpriced=unpriced,
        is_estimated=is_estimated,
        words=_words(made, {model: one.amount for model, one in prices.items()}, is_estimated),
    )


def _words(made: Counter[str], prices: dict[str, float], is_estimated: bool) -> str:
    if not prices:
        return ""
    if len(made) == 1:
        ((model, amount),) = prices.items()
        return price(amount, made[model], is_estimated)
    total = sum(prices[model] * made[model] for model in prices)
    if not total:
        return "no charge" if not is_estimated and len(prices) == len(made) else ""
    at_least = "at least " if len(prices) < len(made) else ""
    return at_least + money(total, estimated=is_estimated)


def within(limit: float | None, name: str, found: Estimate) -> None:
    """Raises `CostLimitError` when the limit would not hold, or nobody knows.

    Parameters
    ----------
    limit : float or None
        US dollars; None for none.
    name : str
        What set it.
    found : Estimate
    """
    if limit is None or limit == float("inf") or found.is_free:
        return
    if not found.total <= limit + _ROUNDING:  # of what is no number nothing is less
        raise CostLimitError(
            f"{found.words or money(found.total, estimated=True)} is more than "
            f"{name} = {money(limit) or '$0'}; nothing was sent",
            f"Make fewer pictures, or allow it for this cell: --max-cost {_enough(found.total)}",
        )
    if found.unpriced:
        raise CostLimitError(
            f"nobody knows what {', '.join(found.unpriced)} costs, so {name} cannot hold; "
            "nothing was sent",
            "Allow any price for this cell: --max-cost none",
        )


def confirmed(found: Estimate, most: int, ask: Callable[[str], str] | None) -> None:
    """Asks before more creates than a cell may make unasked.

    Parameters
    ----------
    found : Estimate
    most : int
        Creates that need no question.
    ask : callable or None
        Shows a question and gives what was typed; None where nobody can answer.

    Raises
    ------
    CostLimitError
        When the answer is not yes, or nobody is there to give one.
    """
    if found.made <= most or found.is_free:
        return
    amount = count(found.made, "picture")
    cost = found.words or "at a price that is not known"
    if ask is None:
        raise CostLimitError(
            f"{amount} ({cost}) are more than {most} for one cell, and nobody is here to ask; "
            "nothing was sent",
            "Add --yes, or set %config CometMagics.confirm_over",
        )
    try:
        answer = ask(f"Make {amount}, {cost}? [y/N] ").strip().lower()
    except Exception:  # noqa: BLE001 (the front end takes no input after all, or its end)
        answer = ""
    if answer not in ("y", "yes"):
        raise CostLimitError("nothing was sent", "Answer y, or add --yes, to make them")


def _enough(total: float) -> str:
    """The next whole cent."""
    return f"{math.ceil(round(total * 100, 6)) / 100:.2f}"
