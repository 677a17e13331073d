"""The words around a grid of pictures: what its rows and columns are, and where that stands.

Values are set in ink, the names of the axes quieter: once above the columns, once above the
rows. Where the tiles stand is decided in ``arrangement``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .lettering import INK, LINE, MUTED, Lettering

_TITLE, _VALUE, _SMALL = 28, 24, 20
_USUAL = (18, 3)
_SIZES = ((_VALUE, 2), (_SMALL, 2), _USUAL, (15, 3))
"""Of the columns' headings: pixels, and lines at most."""
_WIDEST, _MOST_LINES = 0.2, 6
"""Of the rows' headings: share of the sheet, and lines of each, at most."""


@dataclass(frozen=True, slots=True)
class Headings:
    """What the rows and columns of a sheet are.

    Attributes
    ----------
    rows, columns : tuple of str
        One value a row, and a column.
    row_name, column_name : str
        What the values are of: ``seed``, ``guidance``.
    title : str
        Above it all, what holds for every picture.
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    row_name: str = ""
    column_name: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text on the sheet; the anchor is Pillow's."""

    at: tuple[float, float]
    text: str
    lettering: Lettering
    colour: str = INK
    anchor: str = "ls"


@dataclass(frozen=True, slots=True)
class Words:
    """Everything that is written around the pictures.

    Attributes
    ----------
    lines : tuple of Line
    rules : tuple of (int, int, int)
        Hairlines: from where to where, and how far down.
    """

    lines: tuple[Line, ...] = ()
    rules: tuple[tuple[int, int, int], ...] = ()


NO_WORDS = Words()


class Column:
    """The headings at the left of their rows, as wide as the longest needs."""

    def __init__(self, headings: Headings, width: int) -> None:
        most = round(width * _WIDEST)
        large = [Lettering.of(text, _VALUE) for text in headings.rows]
        is_long = any(value.width_of(value.text) > most for value in large)
        self.type_size = _SMALL if is_long else _VALUE
        self._name = Lettering.of(headings.row_name, _SMALL)
        self._values = [Lettering.of(text, self.type_size) for text in headings.rows]
        needed = [self._name.width_of(self._name.text)]
        needed += [_widest(value, value.lines(most, 99)) for value in self._values]
        self.width = min(most, round(max(needed) + 0.5)) if max(needed) else 0
        self._is_short = all(len(value.lines(most, 2)) < 2 for value in self._values)

    def name(self, left: int, base: float) -> list[Line]:
        """The name, on the base line of the columns' values."""
        text = self._name.cut(self.width)
        return [self._line(text, self._name, left, base, MUTED)] if text else []

    def value(self, row: int, left: int, top: int, height: int) -> list[Line]:
        """A row's heading in the middle of its height."""
        value, step = self._values[row], self.type_size * LINE
        lines = value.balanced(self.width, max(1, min(_MOST_LINES, int(height / step))))
        first = top + (height - (len(lines) - 1) * step) / 2 + self.type_size * 0.35
        return [
            self._line(line, value, left, first + number * step, INK)
            for number, line in enumerate(lines)
        ]

    def _line(self, text: str, lettering: Lettering, left: int, base: float, colour: str) -> Line:
        # Numbers stand close to their pictures; text in several lines begins at the left.
        if self._is_short:
            return Line((left + self.width, base), text, lettering, colour, "rs")
        return Line((left, base), text, lettering, colour)


def above(
    headings: Headings, column: Column, at: tuple[int, int], spans: Sequence[tuple[int, int]]
) -> tuple[Words, int]:
    """Title, names and the columns' headings, and how many pixels down they reach.

    Parameters
    ----------
    headings : Headings
    column : Column
        Of the rows' headings.
    at : tuple of int
        Left and top, in pixels.
    spans : sequence of (int, int)
        Left side and width of each column of pictures.
    """
    left, top = at
    start, end = spans[0][0], sum(spans[-1])
    lines: list[Line] = []
    rules: list[tuple[int, int, int]] = []
    base = float(top)
    title = Lettering.of(headings.title, _TITLE)
    for line in title.lines(end - left, 2):
        base += _TITLE * (LINE if lines else 0.9)
        lines.append(Line((left, base), line, title))
    base += _TITLE if lines else 0
    name = Lettering.of(headings.column_name, _SMALL)
    if name.text:
        base += _SMALL * 0.8
        lines.append(Line(((start + end) / 2, base), name.cut(end - start), name, MUTED, "ms"))
        # Without the line the name would seem to be that of the value below it.
        base += _SMALL * 0.55
        rules.append((start, end, round(base)))
        base += _SMALL * 0.4
    size, values = _fitted(headings.columns, [width for _, width in spans])
    deepest = max(len(parts) for _, parts in values)
    if deepest:
        base += size * 0.85 + (deepest - 1) * size * LINE
    elif column.width and not name.text:
        base += _SMALL
    for (value, parts), (west, width) in zip(values, spans, strict=True):
        for number, part in enumerate(reversed(parts)):
            middle = (west + width / 2, base - number * size * LINE)
            lines.append(Line(middle, part, value, anchor="ms"))
    lines += column.name(left, base)
    return Words(tuple(lines), tuple(rules)), round(base - top + size * 0.7) if lines else 0


def _fitted(
    texts: Sequence[str], rooms: Sequence[int]
) -> tuple[int, list[tuple[Lettering, list[str]]]]:
    """Each heading in its lines, all of the largest size at which they are whole."""
    for size, most in _SIZES:
        fitted = _lines(texts, rooms, size, most)
        if all(" ".join(parts) == one.text for one, parts in fitted):
            return size, fitted
    return _USUAL[0], _lines(texts, rooms, *_USUAL)


def _lines(
    texts: Sequence[str], rooms: Sequence[int], size: int, most: int
) -> list[tuple[Lettering, list[str]]]:
    made = [Lettering.of(text, size) for text in texts]
    return [(one, one.balanced(room, most)) for one, room in zip(made, rooms, strict=True)]


def _widest(text: Lettering, lines: Sequence[str]) -> float:
    return max(map(text.width_of, lines), default=0.0)
