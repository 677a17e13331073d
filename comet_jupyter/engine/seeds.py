"""Every picture its own seed: pure, the draw is handed in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from .. import models
from ..errors import InputError
from ..wire.request import PredictionRequest

BELOW = 1_000_000
"""Seeds are drawn below this: six digits can be read out and typed again."""


def spread(
    request: PredictionRequest,
    count: int,
    seed: int | str | None,
    *,
    last: Callable[[], int | None],
    draw: Callable[[int], int],
) -> list[PredictionRequest]:
    """The requests of `count` pictures, each with a seed of its own.

    Parameters
    ----------
    request : PredictionRequest
    count : int
        Pictures, one prediction each.
    seed : int, "last", "+1", "random" or None
        The first seed; None keeps the request's own, else draws one where the model has a
        seed input.
    last : callable
        The seed that was sent last.
    draw : callable
        A random number below its argument.

    Raises
    ------
    InputError
        For less than one picture, or when there is no last seed.
    """
    if count < 1:
        raise InputError(f"{count} pictures cannot be made", "Give a number from 1")
    if seed is None:
        seed = "random" if request.seed is None else request.seed
    drawn = seed == "random"
    if drawn:
        if not models.has_seed(request.model):
            return [request] * count
        first = draw(BELOW)
    elif isinstance(seed, str):
        before = last()
        if before is None:
            raise InputError("there is no last seed yet", "Give a number: --seed 7")
        first = before if seed == "last" else before + 1
    else:
        first = seed
    return [
        replace(request, input={**request.input, "seed": first + index}, seed_drawn=drawn)
        for index in range(count)
    ]
