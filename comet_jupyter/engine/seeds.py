"""Every picture its own seed: pure, the draw is handed in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from .. import models
from ..errors import InputError
from ..show.text import one_line
from ..wire.request import PredictionRequest

BELOW = 1_000_000
"""Seeds are drawn below this: six digits can be read out and typed again."""


def spread(
    requests: Sequence[PredictionRequest],
    count: int,
    seed: int | str | None,
    *,
    last: Callable[[], int | None],
    draw: Callable[[int], int],
) -> list[PredictionRequest]:
    """`count` requests for each one given, in its order, with seeds that count up from the first.

    The first seed is one for all that have none of their own, so that what differs between
    them is what was asked to differ.

    Parameters
    ----------
    requests : sequence of PredictionRequest
    count : int
        Pictures of each, one prediction each.
    seed : int, "last", "+1", "random" or None
        The first seed; None keeps a request's own, else draws one where the model has a
        seed input.
    last : callable
        The seed that was sent last.
    draw : callable
        A random number below its argument.

    Raises
    ------
    InputError
        For less than one picture, when there is no last seed, or when a seed that is no whole
        number is to be counted up.
    """
    if count < 1:
        raise InputError(f"{count} pictures cannot be made", "Give a number from 1")
    first: int | None = None
    spread: list[PredictionRequest] = []
    for request in requests:
        own = request.seed if seed is None else None
        given = request.input.get("seed")
        if seed is None and own is None and given is not None:
            if count > 1:
                raise InputError(
                    f"seed {one_line(given, 20)} cannot be counted up",
                    "Give a whole number: --seed 7",
                )
            spread.append(request)  # whatever it is, it was asked for: the service decides
            continue
        drawn = own is None and seed in (None, "random")
        if drawn and not models.has_seed(request.model):
            spread += [request] * count
            continue
        start = own
        if start is None:
            first = start = _first(seed, last, draw) if first is None else first
        spread += [
            replace(request, input={**request.input, "seed": start + index}, seed_drawn=drawn)
            for index in range(count)
        ]
    return spread


def _first(
    seed: int | str | None, last: Callable[[], int | None], draw: Callable[[int], int]
) -> int:
    if isinstance(seed, int):
        return seed
    if seed in (None, "random"):
        return draw(BELOW)
    before = last()
    if before is None:
        raise InputError("there is no last seed yet", "Give a number: --seed 7")
    return before if seed == "last" else before + 1
