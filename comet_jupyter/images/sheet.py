"""The contact sheet: many labelled pictures as one plain picture, filling in as they land.

A front end then needs no HTML, no widgets and no script to show a sweep, and GitHub shows it
as the notebook does. Where the tiles go is computed first, as data; then each is drawn.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import InputError
from .previews import Preview, encode_jpeg, encode_png
from .tile import PAPER, TALLEST, Place, Tile, draw_tile, label_height, label_lines, thumbnail

if TYPE_CHECKING:
    import PIL.Image

MOST_TILES = 64
_DENSITY = 1.6
"""Pixels drawn for each CSS pixel that `display_width` asks for."""
_MARGIN, _GAP = 32, 24
_WIDEST_TILE, _NARROWEST_TILE = 768, 48
_EDGE = "#deded9"
_QUALITIES = ((90, True), (86, False), (76, False), (60, False))


@dataclass(frozen=True, slots=True)
class _Layout:
    width: int
    height: int
    places: tuple[Place, ...]


class ContactSheet:
    """A sheet that is drawn again and again; only what changed costs anything.

    Parameters
    ----------
    columns : int, optional
        Tiles in a row, by default as many as look right.
    width : int
        Pixels at most.
    max_bytes : int
        Of the encoded picture.

    Examples
    --------
    >>> sheet = ContactSheet()
    >>> sheet.render([Tile("seed 1"), Tile("seed 2")]).media_type
    'image/png'
    """

    def __init__(
        self, *, columns: int | None = None, width: int = 1600, max_bytes: int = 1_000_000
    ) -> None:
        self._columns = columns
        self._width = width
        self._max_bytes = max_bytes
        self._pictures: dict[tuple[int, int, int], PIL.Image.Image | str] = {}
        self._canvas: PIL.Image.Image | None = None
        self._layout: _Layout | None = None
        self._drawn: tuple[Tile, ...] = ()
        self._last: Preview | None = None

    def render(self, tiles: Sequence[Tile]) -> Preview:
        """The sheet as it stands.

        Parameters
        ----------
        tiles : sequence of Tile
            From 1 to 64.

        Returns
        -------
        Preview
            png while there is nothing but text, jpeg from the first picture on; to be shown
            at its ``display_width``.

        Raises
        ------
        InputError
            For no tiles, or more than 64.
        """
        if not 1 <= len(tiles) <= MOST_TILES:
            raise InputError(
                f"a contact sheet has 1 to {MOST_TILES} pictures, not {len(tiles)}",
                "Show them with --each, or in several sheets",
            )
        if self._last is not None and tuple(tiles) == self._drawn:
            return self._last
        columns = self._columns or best_columns(len(tiles))
        across = _tile_width(columns, self._width)
        pictures = [self._picture(tile, across) for tile in tiles]
        self._forget_all_but(tiles, across)
        layout = _arranged(tiles, pictures, columns, across)
        canvas = self._draw(tiles, pictures, layout)
        has_pictures = any(not isinstance(picture, str) for picture in pictures if picture)
        self._last = self._encoded(canvas, has_pictures=has_pictures)
        return self._last

    def _picture(self, tile: Tile, across: int) -> PIL.Image.Image | str | None:
        """The tile's picture at its final size, or why there is none."""
        if tile.data is None:
            return None
        key = _key(tile.data, across)
        if key not in self._pictures:
            self._pictures[key] = thumbnail(tile.data, across)
        return self._pictures[key]

    def _forget_all_but(self, tiles: Sequence[Tile], across: int) -> None:
        wanted = {_key(tile.data, across) for tile in tiles if tile.data is not None}
        self._pictures = {key: self._pictures[key] for key in wanted}

    def _draw(
        self,
        tiles: Sequence[Tile],
        pictures: Sequence[PIL.Image.Image | str | None],
        layout: _Layout,
    ) -> PIL.Image.Image:
        canvas, before = self._canvas, self._drawn
        if canvas is None or layout != self._layout:
            canvas, before = _paper(layout), ()
        for index, (tile, picture) in enumerate(zip(tiles, pictures, strict=True)):
            if index >= len(before) or tile != before[index]:
                draw_tile(canvas, tile, picture, layout.places[index])
        self._canvas, self._layout, self._drawn = canvas, layout, tuple(tiles)
        return canvas

    def _encoded(self, canvas: PIL.Image.Image, *, has_pictures: bool) -> Preview:
        size, shown = canvas.size, round(canvas.width / _DENSITY)
        if not has_pictures:
            return Preview("image/png", encode_png(canvas), *size, shown)
        data = b""
        for quality, full_chroma in _QUALITIES:
            data = encode_jpeg(canvas, quality, full_chroma=full_chroma)
            if len(data) <= self._max_bytes:
                break
        return Preview("image/jpeg", data, *size, shown)


def contact_sheet(
    tiles: Sequence[Tile], *, columns: int | None = None, width: int = 1600
) -> Preview:
    """One sheet, drawn once; for one that fills in, keep a `ContactSheet`."""
    return ContactSheet(columns=columns, width=width).render(tiles)


def best_columns(count: int) -> int:
    """Columns for `count` tiles: nearly square, with as few empty places as possible."""
    if count <= 3:
        return count
    least = math.ceil(math.sqrt(count))
    return min((least, least + 1), key=lambda columns: (-count % columns, columns))


def _tile_width(columns: int, width: int) -> int:
    room = width - 2 * _MARGIN - (columns - 1) * _GAP
    return max(_NARROWEST_TILE, min(_WIDEST_TILE, room // columns))


def _key(data: bytes, across: int) -> tuple[int, int, int]:
    # Python keeps a bytes object's hash: asking again for the same object is free.
    return len(data), hash(data), across


def _arranged(
    tiles: Sequence[Tile],
    pictures: Sequence[PIL.Image.Image | str | None],
    columns: int,
    across: int,
) -> _Layout:
    """Rows as tall as their tallest picture, labels below in as many lines as they need."""
    type_size = max(15, min(24, across // 14))
    ratios = [_ratio(tile, picture) for tile, picture in zip(tiles, pictures, strict=True)]
    given = sorted(ratio for ratio in ratios if ratio) or [1.0]
    usual = given[len(given) // 2]
    heights = [
        max(1, round(across * min(TALLEST, 1 / (ratio or usual))))
        if picture is None or isinstance(picture, str)
        else picture.height
        for ratio, picture in zip(ratios, pictures, strict=True)
    ]
    lines = [len(label_lines(tile, across, type_size)) for tile in tiles]
    places: list[Place] = []
    top = _MARGIN
    for start in range(0, len(tiles), columns):
        row = range(start, min(start + columns, len(tiles)))
        most_lines = max(lines[index] for index in row)
        height = max(heights[index] for index in row) + label_height(most_lines, type_size)
        for column, index in enumerate(row):
            left = _MARGIN + column * (across + _GAP)
            places.append(Place(left, top, across, height, heights[index], most_lines, type_size))
        top += height + _GAP
    width = 2 * _MARGIN + min(columns, len(tiles)) * (across + _GAP) - _GAP
    return _Layout(width, top - _GAP + _MARGIN, tuple(places))


def _ratio(tile: Tile, picture: PIL.Image.Image | str | None) -> float | None:
    if picture is None or isinstance(picture, str):
        return tile.ratio
    return picture.width / picture.height


def _paper(layout: _Layout) -> PIL.Image.Image:
    """An empty sheet with a hairline around it, to be seen on white and on dark pages."""
    from PIL import Image, ImageDraw

    canvas = Image.new("RGB", (layout.width, layout.height), PAPER)
    edge = (0, 0, layout.width - 1, layout.height - 1)
    ImageDraw.Draw(canvas).rectangle(edge, outline=_EDGE, width=2)
    return canvas
