"""The contact sheet: many labelled pictures as one plain picture, filling in as they land.

A front end then needs no HTML, no widgets and no script to show a sweep, and GitHub shows it
as the notebook does. Where the tiles go is computed first, as data (``arrangement``); then
each is drawn.
"""

from __future__ import annotations

import io
from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

from ..errors import InputError
from .arrangement import MARGIN, Arrangement, Grid, Layout, best_columns
from .headings import Headings
from .lettering import MUTED, Lettering, write
from .output_file import OutputFile
from .previews import Preview, encode_jpeg, encode_png
from .tile import PAPER, Tile, draw_tile, thumbnail

if TYPE_CHECKING:
    import PIL.Image

    from .arrangement import Drawn

MOST_TILES = 64
_DENSITY = 1.6
"""Pixels drawn for each CSS pixel that `display_width` asks for."""
_EDGE = "#deded9"
_REMARK = 22
_QUALITIES = ((90, True), (86, False), (76, False), (60, False))


class ContactSheet:
    """A sheet that is drawn again and again; only what changed costs anything.

    Parameters
    ----------
    columns : int, optional
        Tiles in a row, by default as many as look right.
    headings : Headings, optional
        Of the rows and columns, which are as many as it names.
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
        self,
        *,
        columns: int | None = None,
        headings: Headings | None = None,
        width: int = 1600,
        max_bytes: int = 1_000_000,
    ) -> None:
        self._columns = columns
        self._headings = headings
        self._width = width
        self._max_bytes = max_bytes
        self._pictures: dict[Hashable, PIL.Image.Image | str] = {}
        self._canvas: PIL.Image.Image | None = None
        self._layout: Layout | None = None
        self._drawn: tuple[Tile, ...] = ()
        self._last: Preview | None = None

    def render(self, tiles: Sequence[Tile]) -> Preview:
        """The sheet as it stands.

        Parameters
        ----------
        tiles : sequence of Tile
            From 1 to 64; with headings one for each row and column, row by row.

        Returns
        -------
        Preview
            png while there is nothing but text, jpeg from the first picture on; to be shown
            at its ``display_width``.

        Raises
        ------
        InputError
            For no tiles, more than 64, or another number than the headings have places.
        """
        heads = self._headings
        if heads is not None and len(tiles) != len(heads.rows) * len(heads.columns):
            raise InputError(
                f"{len(heads.rows)} rows of {len(heads.columns)} are not {len(tiles)} pictures",
                "Give one tile for each row and column",
            )
        if not 1 <= len(tiles) <= MOST_TILES:
            raise InputError(
                f"a contact sheet has 1 to {MOST_TILES} pictures, not {len(tiles)}",
                "Show them with --each, or in several sheets",
            )
        if self._last is not None and tuple(tiles) == self._drawn:
            return self._last
        arrangement = self._arrangement(tiles)
        pictures = self._fitted(tiles, arrangement)
        canvas = self._draw(tiles, pictures, arrangement.layout(pictures))
        has_pictures = any(not isinstance(picture, str) for picture in pictures if picture)
        self._last = _encoded(canvas, self._max_bytes, has_pictures=has_pictures)
        return self._last

    def _arrangement(self, tiles: Sequence[Tile]) -> Arrangement:
        if self._headings is not None:
            return Grid(tiles, self._headings, self._width)
        return Arrangement(tiles, self._columns or best_columns(len(tiles)), self._width)

    def _fitted(self, tiles: Sequence[Tile], arrangement: Arrangement) -> list[Drawn]:
        """The pictures at their final size, made where they are not known yet."""
        fitted: list[Drawn] = []
        kept: dict[Hashable, PIL.Image.Image | str] = {}
        for tile, across in zip(tiles, arrangement.widths, strict=True):
            if tile.data is None:
                fitted.append(None)
                continue
            down = round(across * arrangement.tallest)
            key = _key(tile.data, across, down)
            if key not in kept:
                kept[key] = self._pictures.get(key) or thumbnail(tile.data, across, down)
            fitted.append(kept[key])
        self._pictures = kept
        return fitted

    def _draw(
        self,
        tiles: Sequence[Tile],
        pictures: Sequence[Drawn],
        layout: Layout,
    ) -> PIL.Image.Image:
        canvas, before = self._canvas, self._drawn
        if canvas is None or layout != self._layout:
            canvas, before = _paper(layout), ()
        for index, (tile, picture) in enumerate(zip(tiles, pictures, strict=True)):
            if index >= len(before) or tile != before[index]:
                draw_tile(canvas, tile, picture, layout.places[index])
        self._canvas, self._layout, self._drawn = canvas, layout, tuple(tiles)
        return canvas


def contact_sheet(
    tiles: Sequence[Tile], *, columns: int | None = None, width: int = 1600
) -> Preview:
    """One sheet, drawn once; for one that fills in, keep a `ContactSheet`."""
    return ContactSheet(columns=columns, width=width).render(tiles)


def stacked(sheets: Sequence[Preview], remark: str = "", *, max_bytes: int = 2_000_000) -> Preview:
    """Several sheets below each other as one picture, and a quiet line of text at the end."""
    from PIL import Image, ImageDraw

    opened = [Image.open(io.BytesIO(sheet.data)).convert("RGB") for sheet in sheets]
    words = Lettering.of(remark, _REMARK)
    foot = 2 * _REMARK if words.text else 0
    width = max(image.width for image in opened)
    canvas = _paper(Layout(width, sum(image.height for image in opened) + foot, ()))
    top = 0
    for image in opened:
        inner = (2, 2, image.width - 2, image.height - 2)  # without its own edge
        canvas.paste(image.crop(inner), (2, top + 2))
        top += image.height
    # The last line stands in the margin that the last sheet leaves.
    write(ImageDraw.Draw(canvas), (MARGIN, top), words.cut(width - 2 * MARGIN), words, MUTED)
    has_pictures = any(sheet.media_type == "image/jpeg" for sheet in sheets)
    return _encoded(canvas, max_bytes, has_pictures=has_pictures)


def _encoded(canvas: PIL.Image.Image, max_bytes: int, *, has_pictures: bool) -> Preview:
    size, shown = canvas.size, round(canvas.width / _DENSITY)
    if not has_pictures:
        return Preview("image/png", encode_png(canvas), *size, shown)
    data = b""
    for quality, full_chroma in _QUALITIES:
        data = encode_jpeg(canvas, quality, full_chroma=full_chroma)
        if len(data) <= max_bytes:
            break
    return Preview("image/jpeg", data, *size, shown)


def _key(data: bytes | OutputFile, across: int, down: int) -> Hashable:
    if isinstance(data, OutputFile):
        return data.sha256, across, down
    # Python keeps a bytes object's hash: asking again for the same object is free.
    return len(data), hash(data), across, down


def _paper(layout: Layout) -> PIL.Image.Image:
    """A sheet without tiles, a hairline around it, to be seen on white and on dark pages."""
    from PIL import Image, ImageDraw

    canvas = Image.new("RGB", (layout.width, layout.height), PAPER)
    edge = (0, 0, layout.width - 1, layout.height - 1)
    draw = ImageDraw.Draw(canvas)
    draw.rectangle(edge, outline=_EDGE, width=2)
    for left, right, height in layout.words.rules:
        draw.line((left, height, right - 1, height), fill=_EDGE, width=2)
    for line in layout.words.lines:
        write(draw, line.at, line.text, line.lettering, line.colour, line.anchor)
    return canvas
