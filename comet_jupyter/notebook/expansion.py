"""What varies in a cell: from a prompt's template and axes to one prompt for each place.

How an axis is written stands in ``sweep``, how variants are in ``variants``; what becomes of a
place's values, besides filling the prompt, is decided in ``parsing``.
"""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import InputError
from ..show.axes import Axes, Axis
from ..wire.request import PredictionRequest
from . import template, variants
from .sweep import Values
from .template import EvaluateWith

MOST_AXES = 3
PROMPT = "prompt"

Draw = Callable[[int], int]
"""A random number below its argument."""


@dataclass(frozen=True, slots=True)
class Place:
    """One picture of a cell, or one for each seed.

    Attributes
    ----------
    values : mapping
        What each axis has here, by its name; without the prompt.
    prompt : str
        Filled in.
    template : str
        As typed, with all variants.
    """

    values: Mapping[str, Any]
    prompt: str
    template: str


@dataclass(frozen=True, slots=True)
class Expansion:
    """The places of a cell, the last axis changing fastest.

    Attributes
    ----------
    axes : tuple of Values
        None, or up to three.
    prompts : tuple of str
        The prompt of each variant, not yet filled in; one where there are no variants.
    typed : str
        The prompt as typed.
    """

    axes: tuple[Values, ...]
    prompts: tuple[str, ...]
    typed: str

    @property
    def used(self) -> frozenset[str]:
        """The names that the prompt's expressions use."""
        return frozenset().union(*(template.names(text) for text in self.prompts))

    def places(self, evaluate: EvaluateWith) -> Iterator[Place]:
        """Each place with its prompt.

        An expression that no axis touches is evaluated once, as it would be without axes.
        """
        fill = _Filling(evaluate, frozenset(axis.name for axis in self.axes))
        for chosen in itertools.product(*(axis.values for axis in self.axes)):
            values = dict(zip((axis.name for axis in self.axes), chosen, strict=True))
            text = values.pop(PROMPT, self.prompts[0])
            yield Place(values, fill(str(text), values), self.typed or str(text))

    def labelled(self) -> Axes | None:
        """The axes in words; None where there are none."""
        axes = tuple(Axis(axis.name, axis.labels) for axis in self.axes)
        return Axes(axes) if axes else None


def expand(
    typed: str, swept: Sequence[Values], asked: str | None, draw: Draw, *, most: int
) -> Expansion:
    """The axes of a cell: what is swept, then the prompt's variants.

    Parameters
    ----------
    typed : str
        The prompt as typed.
    swept : sequence of Values
    asked : str or None
        The value of ``--variants``.
    draw : callable
        Chooses among the variants.
    most : int
        Places in all.

    Raises
    ------
    InputError
        For two axes of a name, too many of them, or too many places.
    """
    axes = list(swept)
    prompts = tuple(_variants(typed, asked, draw, most)) if asked is not None else (typed,)
    if len(prompts) > 1:
        axes.append(Values(PROMPT, prompts, prompts))
    seen = [axis.name for axis in axes]
    twice = next((name for name in seen if seen.count(name) > 1), None)
    if twice is not None:
        both = "--variants and --sweep prompt" if twice == PROMPT else f"--sweep {twice} twice"
        raise InputError(f"{both} contradict each other", "Give one of them, with all values")
    if len(axes) > MOST_AXES:
        raise InputError(
            f"{len(axes)} axes do not fit on a sheet", f"Vary at most {MOST_AXES} things at once"
        )
    return Expansion(tuple(axes), prompts, typed)


def _variants(typed: str, asked: str, draw: Draw, most: int) -> list[str]:
    found = re.fullmatch(r"all|random(?::([0-9]{1,4}))?", asked)
    if found is None or found[1] == "0":
        raise InputError(f"--variants {asked[:20]} does not exist", "Write all, or random:4")
    amount = variants.amount(typed)
    if asked != "all":
        return variants.choose(typed, int(found[1] or 1), draw) or [typed]
    if amount > most:
        said = f"{amount:,}" if amount < 10**9 else "more than a thousand million"
        raise InputError(
            f"the prompt has {said} variants, and a cell makes {most:,} pictures",
            "Choose some of them: --variants random:8",
        )
    return variants.expand(typed)


def drawing(seed: int | str | None, draw: Draw) -> Draw:
    """The draw for variants: the same again where the seed is given."""
    # Not for secrets; and the same numbers on every system and Python.
    return random.Random(seed).randrange if isinstance(seed, int) else draw  # noqa: S311


def with_seeds(axes: Axes | None, requests: Sequence[PredictionRequest], count: int) -> Axes | None:
    """The axes of requests of which there are `count` for each place: one more, of the seeds."""
    if axes is None or count == 1:
        return axes
    seeds = [request.seed for request in requests[:count]]
    known = all(seed is not None for seed in seeds)
    labels = tuple(str(seed) for seed in seeds) if known else tuple(map(str, range(1, count + 1)))
    return Axes((*axes.axes, Axis("seed" if known else "picture", labels)))


def held_seed(axes: Axes | None, requests: Sequence[PredictionRequest]) -> str:
    """What keeps the pictures of a sweep whose seed was drawn; empty when nothing is to be said."""
    if axes is None or not requests[0].seed_drawn:
        return ""
    seed = requests[0].seed
    return (
        f"seed {seed} was drawn for this cell: with --seed {seed}, running it again, or with more "
        "values, makes only what is new"
    )


class _Filling:
    """Fills prompts in; remembers what an expression gave for the same values."""

    def __init__(self, evaluate: EvaluateWith, axes: frozenset[str]) -> None:
        self._evaluate = evaluate
        self._axes = axes
        self._known: dict[tuple[Any, ...], str] = {}

    def __call__(self, text: str, values: Mapping[str, Any]) -> str:
        parts: list[str] = []
        position = 0
        for number, expression in enumerate(template.find(text)):
            parts += [text[position : expression.start], self._value(number, expression, values)]
            position = expression.end
        return "".join((*parts, text[position:]))

    def _value(
        self, number: int, expression: template.Expression, values: Mapping[str, Any]
    ) -> str:
        used = self._axes & template.names(f"{{{{{expression.source}}}}}")
        # By identity: values need not be hashable, and the axes keep them alive.
        key = (number, expression.source, *((name, id(values.get(name))) for name in sorted(used)))
        if key not in self._known:
            self._known[key] = str(self._evaluate(expression.source, values))
        return self._known[key]
