"""What varies between the pictures of one cell: the axes, and the sheets that they make.

Plain data; who drew the values and what is sent is known elsewhere, how a sheet looks too.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise, product

from ..images import MOST_TILES
from .text import count, joined, one_line

PROMPT = "prompt"
"""The axis whose values speak for themselves."""

MOST_IN_A_ROW = 16
"""Rows, and columns, of one sheet: beyond that its pictures would be too small to be seen."""

_LONG, _SHORT = 32, 40
"""Characters of a value that needs no shortening on a sheet, and of one in a sentence."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One thing that varies, and its values.

    Attributes
    ----------
    name : str
        ``guidance``, ``seed``, ``style``, ``prompt``, ``model``.
    labels : tuple of str
        One short text a value, as typed: ``3.5``, ``oil``, ``flux-dev``.
    """

    name: str
    labels: tuple[str, ...]

    @property
    def headings(self) -> tuple[str, ...]:
        """The values on little room: of long ones what they do not have in common.

        Examples
        --------
        >>> scene = "a lighthouse on a cliff above a calm sea at {}, soft light"
        >>> Axis("prompt", tuple(scene.format(time) for time in ("dawn", "night"))).headings
        ('… at dawn, soft …', '… at night, soft …')
        """
        labels = tuple(one_line(label, 300) for label in self.labels)
        if len(set(labels)) < 2 or max(map(len, labels)) <= _LONG:
            return labels
        texts = [label.split() for label in labels]
        # One word of what they share stays on each side, so that the rest can be read.
        first = max(0, _shared(texts) - 1)
        behind = [text[first:][::-1] for text in texts]
        last = max(0, min(_shared(behind), min(map(len, behind)) - 1) - 1)
        shown = [text[first : len(text) - last] for text in texts]
        before, after = "… " * (first > 0), " …" * (last > 0)
        return tuple(f"{before}{' '.join(text)}{after}" for text in shown)

    @property
    def captions(self) -> tuple[str, ...]:
        """Name and value, ``guidance 3.5``; of prompts the words alone.

        Examples
        --------
        >>> Axis("guidance", ("2", "3.5")).captions
        ('guidance 2', 'guidance 3.5')
        """
        name = "" if self.name == PROMPT else one_line(self.name, 60)
        return tuple(joined((name, heading), " ") for heading in self.headings)


@dataclass(frozen=True, slots=True)
class SheetPlan:
    """One contact sheet of several pictures that have axes.

    Attributes
    ----------
    title : str
        What holds for all of it, ``steps 20``, or nothing.
    indexes : tuple of int
        Which pictures it has, row by row.
    rows, columns : Axis or None
        None for a single axis, whose pictures are labelled one by one.
    """

    title: str
    indexes: tuple[int, ...]
    rows: Axis | None
    columns: Axis | None


@dataclass(frozen=True, slots=True)
class Axes:
    """One to three axes; the pictures are in row-major order, the last axis fastest.

    Attributes
    ----------
    axes : tuple of Axis
        The first is rows, the second columns, the third sheets.

    Raises
    ------
    ValueError
        For none, more than three, or one without values.

    Examples
    --------
    >>> axes = Axes((Axis("seed", ("1", "2")), Axis("guidance", ("2", "3.5", "5"))))
    >>> axes.shape, axes.index(1, -1), axes.words(4)
    ((2, 3), 5, 'seed 2 × guidance 3.5')
    """

    axes: tuple[Axis, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.axes) <= 3 or not all(axis.labels for axis in self.axes):
            raise ValueError("there are one to three axes, each with at least one value")

    @property
    def shape(self) -> tuple[int, ...]:
        """How many values each axis has."""
        return tuple(len(axis.labels) for axis in self.axes)

    @property
    def size(self) -> int:
        """How many pictures there are."""
        return math.prod(self.shape)

    @property
    def names(self) -> str:
        """``seed × guidance``."""
        return " × ".join(one_line(axis.name, 60) for axis in self.axes)

    def index(self, *place: int) -> int:
        """The flat index of a place, one number an axis; negative ones count from the end.

        Raises
        ------
        IndexError
            For another number of indexes than axes, or one that is out of range.
        """
        self._check(len(place))
        flat = 0
        for axis, number in zip(self.axes, place, strict=True):
            amount = len(axis.labels)
            where = operator.index(number)
            if not -amount <= where < amount:
                has = f"{one_line(axis.name, 60)} has {count(amount, 'value')}"
                raise IndexError(f"{has}: index {where} is out of range")
            flat = flat * amount + where % amount
        return flat

    def select(self, *place: int | slice) -> tuple[tuple[int, ...], Axes | None]:
        """The flat indexes of a part, and the axes that vary in it.

        Parameters
        ----------
        *place : int or slice
            One an axis; an int takes its axis away.

        Raises
        ------
        IndexError
            As `index`.

        Examples
        --------
        >>> axes = Axes((Axis("seed", ("1", "2")), Axis("guidance", ("2", "3.5", "5"))))
        >>> axes.select(1, slice(None, 2))
        ((3, 4), Axes(axes=(Axis(name='guidance', labels=('2', '3.5')),)))
        """
        self._check(len(place))
        numbers = [
            range(amount)[one] if isinstance(one, slice) else (one,)
            for amount, one in zip(self.shape, place, strict=True)
        ]
        rest = tuple(
            _some(axis, chosen)
            for axis, chosen, one in zip(self.axes, numbers, place, strict=True)
            if isinstance(one, slice)
        )
        indexes = tuple(self.index(*where) for where in product(*numbers))
        return indexes, Axes(rest) if rest and indexes else None

    def _check(self, amount: int) -> None:
        if amount != len(self.axes):
            letters = ", ".join("ijk"[: len(self.axes)])
            raise IndexError(f"{self.names} takes one index each, batch[{letters}], not {amount}")

    def place(self, index: int) -> tuple[int, ...]:
        """One number an axis; the opposite of `index`."""
        found: list[int] = []
        for amount in reversed(self.shape):
            index, where = divmod(index, amount)
            found.insert(0, where)
        return tuple(found)

    def words(self, index: int) -> str:
        """What makes one picture, short: ``seed 2 × guidance 3.5``."""
        places = zip(self.axes, self.place(index), strict=True)
        return " × ".join(
            f"“{one_line(axis.labels[number], _SHORT)}”"
            if axis.name == PROMPT
            else joined((one_line(axis.name, _SHORT), one_line(axis.labels[number], _SHORT)), " ")
            for axis, number in places
        )

    def part(self, indexes: Iterable[int]) -> Axes | None:
        """The axes of some of the pictures; None when those are no rectangle, row by row."""
        wanted = list(indexes)
        if not wanted:
            return None
        places = [self.place(index) for index in wanted]
        chosen = [tuple(dict.fromkeys(numbers)) for numbers in zip(*places, strict=True)]
        if list(product(*chosen)) != places:
            return None
        return Axes(tuple(map(_some, self.axes, chosen)))

    def sheets(self) -> tuple[SheetPlan, ...]:
        """The contact sheets: one, or one for each value of the third axis.

        Rows and columns that are too many for one sheet go on in further ones.
        """
        if len(self.axes) == 1:
            return tuple(SheetPlan("", part, None, None) for part in _parts(self.size, MOST_TILES))
        rows, columns, *others = self.axes
        third = others[0] if others else None
        across = _parts(len(columns.labels), MOST_IN_A_ROW)
        most = min(MOST_IN_A_ROW, MOST_TILES // max(map(len, across)))
        plans: list[SheetPlan] = []
        for layer in range(len(third.labels) if third else 1):
            behind = (layer,) if third else ()
            for down, beside in product(_parts(len(rows.labels), most), across):
                plans.append(
                    SheetPlan(
                        _some(third, (layer,)).captions[0] if third else "",
                        tuple(self.index(*place, *behind) for place in product(down, beside)),
                        _some(rows, down),
                        _some(columns, beside),
                    )
                )
        return tuple(plans)


def _shared(texts: Sequence[Sequence[str]]) -> int:
    """How many words all begin with."""
    amount = 0
    for words in zip(*texts, strict=False):
        if len(set(words)) > 1:
            break
        amount += 1
    return amount


def _some(axis: Axis, numbers: Sequence[int]) -> Axis:
    return Axis(axis.name, tuple(axis.labels[number] for number in numbers))


def _parts(amount: int, most: int) -> list[tuple[int, ...]]:
    """The numbers below `amount` in as few parts as possible, of about the same length."""
    parts = math.ceil(amount / most)
    ends = [round(amount * part / parts) for part in range(parts + 1)]
    return [tuple(range(*pair)) for pair in pairwise(ends)]
