"""Where everything stands on a contact sheet, as data; nothing is drawn here.

Places follow from what pictures are expected to be, so that a sheet keeps still while they
land. Pictures of different shapes stand in a row as tall as each other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

from .headings import NO_WORDS, Column, Headings, Words, above
from .tile import TALLEST, Place, Tile, label_height, label_lines

if TYPE_CHECKING:
    import PIL.Image

    Drawn = PIL.Image.Image | str | None
    """A tile's picture at its final size, why it cannot be shown, or nothing yet."""

MARGIN, _GAP = 32, 24
_WIDEST_TILE, _NARROWEST_TILE = 768, 48
_USUAL_HEIGHT, _LEAST_ROW = 1600, 280
"""Pixels of a grid's height, and of a row's where there are too many for that."""
_SHAPES = (0.5, 2.4)
"""Width through height of a grid's column, at least and at most."""
_TALLEST_AMONG_OTHERS = 1.25
"""Height of a picture in widths of its column, where the rows of a grid differ in shape."""
_TALLER = 1.3
"""Height of a row, at most, in heights of the lowest one."""
_ALIKE = 1.05

_Span = tuple[int, int]
"""Left side and width of a place, in pixels."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A sheet's size, its places in the tiles' order, and the words around them."""

    width: int
    height: int
    places: tuple[Place, ...]
    words: Words = NO_WORDS


def best_columns(count: int) -> int:
    """Columns for `count` tiles: nearly square, with as few empty places as possible."""
    if count <= 3:
        return count
    least = math.ceil(math.sqrt(count))
    return min((least, least + 1), key=lambda columns: (-count % columns, columns))


class Arrangement:
    """Tiles one after the other, labels below them.

    Attributes
    ----------
    tallest : float
        Height of a picture, at most, in widths of its place.
    """

    def __init__(self, tiles: Sequence[Tile], columns: int, width: int) -> None:
        self.tallest = TALLEST
        self._tiles = tiles
        ratios = [tile.ratio for tile in tiles if tile.ratio]
        if len(ratios) == len(tiles) and max(ratios) > _ALIKE * min(ratios):
            self._rows = _even(ratios, math.ceil(len(tiles) / columns))
            self._spans = _as_tall(ratios, self._rows, width)
            return
        across = max(_NARROWEST_TILE, min(_WIDEST_TILE, _room(width, columns) // columns))
        spans = [(MARGIN + column * (across + _GAP), across) for column in range(columns)]
        self._rows = _by(columns, len(tiles))
        self._spans = [spans[number % columns] for number in range(len(tiles))]

    @property
    def widths(self) -> list[int]:
        """Pixels of each tile."""
        return [width for _, width in self._spans]

    def layout(self, drawn: Sequence[Drawn]) -> Layout:
        """Where everything stands, with these pictures in it."""
        type_size = max(15, min(24, min(self.widths) // 14))
        places, bottom = self._placed(drawn, MARGIN, _GAP, type_size)
        right = max(place.left + place.width for place in places)
        return Layout(right + MARGIN, bottom + MARGIN, places)

    def _placed(
        self, drawn: Sequence[Drawn], top: int, gap: int, type_size: int
    ) -> tuple[tuple[Place, ...], int]:
        """Rows as tall as their tallest picture, and where the last one ends."""
        ratios = _expected(self._tiles, drawn)
        tiles, places = self._tiles, list[Place]()
        for row in self._rows:
            heights, lines = list[int](), 0
            for index in row:
                picture, width = drawn[index], self._spans[index][1]
                own = round(width * min(self.tallest, 1 / ratios[index]))
                if picture is not None and not isinstance(picture, str):
                    own = picture.height
                heights.append(max(1, own))
                lines = max(lines, len(label_lines(tiles[index], width, type_size)))
            height = max(heights) + label_height(lines, type_size)
            for index, own in zip(row, heights, strict=True):
                left, width = self._spans[index]
                places.append(Place(left, top, width, height, own, lines, type_size))
            top += height + gap
        return tuple(places), top - gap


class Grid(Arrangement):
    """Rows and columns that have headings.

    Columns are as wide as the shape of their pictures asks for; where the shape changes from
    row to row, the columns are alike.
    """

    def __init__(self, tiles: Sequence[Tile], headings: Headings, width: int) -> None:
        amount = len(headings.columns)
        self._tiles, self._headings = tiles, headings
        self._rows = _by(amount, len(tiles))
        self._gap = _GAP if amount <= 6 else _GAP * 2 // 3 if amount <= 9 else _GAP // 2
        self._column = Column(headings, width)
        ratios = _expected(tiles)
        rows = [[ratios[index] for index in row] for row in self._rows]
        rows_differ = any(max(column) > _ALIKE * min(column) for column in zip(*rows, strict=True))
        self.tallest = _TALLEST_AMONG_OTHERS if rows_differ else TALLEST
        shapes = [
            min(_SHAPES[1], max(_SHAPES[0], median(column))) for column in zip(*rows, strict=True)
        ]
        left = MARGIN + (self._column.width + _GAP if self._column.width else 0)
        room = width - left - MARGIN - (amount - 1) * self._gap
        tall = sum(
            max(
                shape * min(self.tallest, 1 / ratio)
                for shape, ratio in zip(shapes, row, strict=True)
            )
            for row in rows
        )
        most_tall = max(_USUAL_HEIGHT, _LEAST_ROW * len(rows))
        unit = min(room / sum(shapes), most_tall / tall, _WIDEST_TILE / max(shapes))
        spans: list[_Span] = []
        for shape in shapes:
            spans.append((left, max(_NARROWEST_TILE, int(unit * shape))))
            left = sum(spans[-1]) + self._gap
        self._spans = spans * len(rows)

    def layout(self, drawn: Sequence[Drawn]) -> Layout:
        """Where everything stands, with these pictures in it."""
        spans = self._spans[: len(self._headings.columns)]
        words, taken = above(self._headings, self._column, (MARGIN, MARGIN), spans)
        type_size = max(17, min(24, min(self.widths) // 14))
        places, bottom = self._placed(drawn, MARGIN + taken, self._gap, type_size)
        lines = list(words.lines)
        for row, place in enumerate(places[:: len(spans)]):
            lines += self._column.value(row, MARGIN, place.top, place.height)
        words = Words(tuple(lines), words.rules)
        return Layout(sum(spans[-1]) + MARGIN, bottom + MARGIN, places, words)


def _by(columns: int, count: int) -> list[range]:
    return [range(start, min(start + columns, count)) for start in range(0, count, columns)]


def _even(ratios: Sequence[float], rows: int) -> list[range]:
    """Rows that are about as long as each other when all pictures are as tall."""
    long = sum(ratios) / rows
    ends, reached = [0], 0.0
    for index, ratio in enumerate(ratios):
        if index > ends[-1] and reached + ratio / 2 > long * len(ends):
            ends.append(index)
        reached += ratio
    return [range(*pair) for pair in pairwise([*ends, len(ratios)])]


def _as_tall(ratios: Sequence[float], rows: Sequence[range], width: int) -> list[_Span]:
    """Rows that fill the width, pictures of each as tall as each other."""
    shapes = [[max(ratios[index], 1 / TALLEST) for index in row] for row in rows]
    heights = [_room(width, len(row)) / sum(row) for row in shapes]
    most = min(_WIDEST_TILE, min(heights) * _TALLER)
    spans: list[_Span] = []
    for row, height in zip(shapes, heights, strict=True):
        left = MARGIN
        for shape in row:
            spans.append((left, max(_NARROWEST_TILE, int(shape * min(height, most)))))
            left = sum(spans[-1]) + _GAP
    return spans


def _room(width: int, columns: int) -> int:
    return width - 2 * MARGIN - (columns - 1) * _GAP


def _expected(tiles: Sequence[Tile], drawn: Sequence[Drawn] = ()) -> list[float]:
    """Width through height of each tile; where nothing tells, as most of the others."""
    ratios = [tile.ratio for tile in tiles]
    for index, picture in enumerate(drawn):
        if picture is not None and not isinstance(picture, str):
            ratios[index] = picture.width / picture.height
    given = sorted(ratio for ratio in ratios if ratio) or [1.0]
    return [ratio or given[len(given) // 2] for ratio in ratios]
