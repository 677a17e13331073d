"""The overview: small pictures of one size in rows, each with a line or two below it.

For finding something again, where a contact sheet is for comparing: more on less room, drawn
once, and quick. A picture that cannot be shown leaves a labelled hole.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..errors import DownloadError, InputError
from .lettering import Lettering, write
from .picture import load, open_picture, to_srgb
from .previews import Preview, encode_jpeg, encode_png
from .tile import PAPER

if TYPE_CHECKING:
    import PIL.Image
    from PIL.ImageDraw import ImageDraw

MOST = 96
"""Pictures of one overview."""

_DENSITY = 1.7
"""Pixels drawn for each CSS pixel: fine displays show small letters sharp."""
_SIDE, _COLUMNS = 256, 6
_MARGIN, _GAP, _BELOW = 28, 20, 66
_LEAST_HEIGHT = 96
_SOFTEST = 2.0
"""Small pictures are enlarged at most so far."""
_RADIUS, _FINER = 10, 4
_FIRST_LINE, _SECOND_LINE = 25, 51
_TYPE, _SMALL = 20, 18
_PLATE, _HOLE, _EDGE = "#eaeae6", "#f8ecea", "#deded9"
_INK, _MUTED, _ALARM, _STAR = "#2a2a28", "#6a6a65", "#9c3325", "#c08419"
_CHIP, _CHIP_INK = "#3a3a37", "#ffffff"
_CHIP_TYPE, _CHIP_HEIGHT, _CHIP_PADDING, _CHIP_GAP = 16, 26, 9, 7
_QUALITIES = (86, 76, 60)

_Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """One picture of an overview, and what stands at it.

    Attributes
    ----------
    name : str
        Below it on the left: what it is asked for by.
    data : bytes or None
        The picture's file.
    remark : str
        Below it on the right.
    text : str
        The second line.
    badges : tuple of str
        Words over the picture, each in a frame of its own.
    starred : bool
    reason : str
        Why there is no picture.
    """

    name: str
    data: bytes | None = field(default=None, repr=False)
    remark: str = ""
    text: str = ""
    badges: tuple[str, ...] = ()
    starred: bool = False
    reason: str = ""


def overview(thumbnails: Sequence[Thumbnail], *, max_bytes: int = 700_000) -> Preview:
    """All of them on one sheet, six in a row at most.

    Parameters
    ----------
    thumbnails : sequence of Thumbnail
        From 1 to `MOST`.
    max_bytes : int
        Of the encoded picture, as far as its quality allows.

    Returns
    -------
    Preview
        jpeg, or png where there is no picture at all; to be shown at its ``display_width``.

    Raises
    ------
    InputError
        For none, or more than `MOST`.
    """
    if not 1 <= len(thumbnails) <= MOST:
        raise InputError(
            f"an overview has 1 to {MOST} pictures, not {len(thumbnails)}", "Show them in pages"
        )
    from PIL import Image, ImageDraw

    pictures = [_picture(one) for one in thumbnails]
    columns = balanced_columns(len(thumbnails))
    rows = [range(at, min(at + columns, len(pictures))) for at in range(0, len(pictures), columns)]
    heights = [_row_height([pictures[index] for index in row]) for row in rows]
    width = 2 * _MARGIN + columns * (_SIDE + _GAP) - _GAP
    height = 2 * _MARGIN + sum(heights) + len(rows) * (_BELOW + _GAP) - _GAP
    canvas = Image.new("RGB", (width, height), PAPER)
    draw = ImageDraw.Draw(canvas)
    draw.rectangle((0, 0, width - 1, height - 1), outline=_EDGE, width=2)
    top = _MARGIN
    for row, tall in zip(rows, heights, strict=True):
        for column, index in enumerate(row):
            left = _MARGIN + column * (_SIDE + _GAP)
            box = (left, top, left + _SIDE, top + tall)
            _draw_picture(canvas, thumbnails[index], pictures[index], box)
            _draw_words(canvas, thumbnails[index], box)
        top += tall + _BELOW + _GAP
    is_empty = all(isinstance(picture, str) for picture in pictures)
    media_type, data = _encoded(canvas, max_bytes, is_empty=is_empty)
    return Preview(media_type, data, width, height, round(width / _DENSITY))


def balanced_columns(count: int) -> int:
    """Columns for `count` pictures: as few rows as there can be, and these of one length."""
    return math.ceil(count / math.ceil(count / _COLUMNS))


def _picture(thumbnail: Thumbnail) -> PIL.Image.Image | str:
    """The picture as large as fits its place, or why it cannot be shown."""
    from PIL import Image

    if thumbnail.data is None:
        return thumbnail.reason or "no picture"
    try:
        image = to_srgb(load(open_picture(thumbnail.data), near=_SIDE))
    except DownloadError as error:
        return error.cause
    scale = min(_SOFTEST, _SIDE / max(image.size))
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    if image.mode == "RGBA":
        backed = Image.new("RGB", image.size, _PLATE)
        backed.paste(image, mask=image.getchannel("A"))
        image = backed
    image = image if image.mode == "RGB" else image.convert("RGB")
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=1.5)


def _row_height(row: Sequence[PIL.Image.Image | str]) -> int:
    """As tall as the tallest picture of the row; a row of holes is as tall as wide."""
    found = [picture.height for picture in row if not isinstance(picture, str)]
    return max(_LEAST_HEIGHT, *found) if found else _SIDE * 3 // 4


def _draw_picture(
    canvas: PIL.Image.Image, thumbnail: Thumbnail, picture: PIL.Image.Image | str, box: _Box
) -> None:
    left, top, right, bottom = box
    corners = _rounded((right - left, bottom - top), _RADIUS)
    if isinstance(picture, str):
        canvas.paste(_HOLE, box, corners)
        _draw_reason(canvas, picture, box)
        return
    canvas.paste(_PLATE, box, corners)
    x = left + (_SIDE - picture.width) // 2
    y = top + (bottom - top - picture.height) // 2
    canvas.paste(picture, (x, y), _rounded(picture.size, _RADIUS))
    _draw_badges(canvas, thumbnail.badges, (x, y, x + picture.width, y + picture.height), box)


def _draw_reason(canvas: PIL.Image.Image, reason: str, box: _Box) -> None:
    from PIL import ImageDraw

    draw = ImageDraw.Draw(canvas)
    left, top, right, bottom = box
    lettering = Lettering.of(reason, _SMALL)
    room, leading = right - left - 28, _SMALL * 1.3
    lines = lettering.lines(room, max(1, min(5, int((bottom - top - 20) / leading))))
    base = (top + bottom) / 2 - (len(lines) - 1) * leading / 2 + _SMALL * 0.35
    for number, line in enumerate(lines):
        at = ((left + right) / 2, base + number * leading)
        write(draw, at, line, lettering, _ALARM, "ms")


def _draw_badges(
    canvas: PIL.Image.Image, badges: Sequence[str], picture: _Box, place: _Box
) -> None:
    """Words on dark frames in the picture's lower left corner, or its place's where it is small."""
    from PIL import ImageDraw

    draw = ImageDraw.Draw(canvas)
    letterings = [Lettering.of(badge, _CHIP_TYPE) for badge in badges]
    widths = [round(one.width_of(one.text)) + 2 * _CHIP_PADDING for one in letterings]
    needed = sum(widths) + len(widths) * _CHIP_GAP + _CHIP_GAP
    fits = needed <= picture[2] - picture[0] and picture[3] - picture[1] > 2 * _CHIP_HEIGHT
    left, _, _, bottom = picture if fits else place
    top = bottom - _CHIP_GAP - _CHIP_HEIGHT
    for lettering, width in zip(letterings, widths, strict=True):
        left += _CHIP_GAP
        mask = _rounded((width, _CHIP_HEIGHT), _CHIP_HEIGHT // 2).point(
            lambda alpha: alpha * 3 // 4
        )
        canvas.paste(_CHIP, (left, top), mask)
        at = (left + _CHIP_PADDING, top + _CHIP_TYPE + 2)
        write(draw, at, lettering.text, lettering, _CHIP_INK)
        left += width


def _draw_words(canvas: PIL.Image.Image, thumbnail: Thumbnail, box: _Box) -> None:
    """Name and remark on one line, the text on the next."""
    from PIL import ImageDraw

    draw = ImageDraw.Draw(canvas)
    left, _, right, bottom = box
    remark = Lettering.of(thumbnail.remark, _SMALL)
    remark_width = remark.width_of(remark.text) if remark.text else 0.0
    first, second = bottom + _FIRST_LINE, bottom + _SECOND_LINE
    start = left
    if thumbnail.starred:
        canvas.paste(_STAR, (left, first - 16), _star(18))
        start += 24
    name = Lettering.of(thumbnail.name, _TYPE)
    room = right - start - (remark_width + 10 if remark_width else 0)
    write(draw, (start, first), name.cut(room), name, _INK)
    write(draw, (right, first), remark.text, remark, _MUTED, "rs")
    words = Lettering.of(thumbnail.text, _SMALL)
    write(draw, (left, second), words.cut(right - left), words, _MUTED)


def _encoded(canvas: PIL.Image.Image, max_bytes: int, *, is_empty: bool) -> tuple[str, bytes]:
    if is_empty:
        return "image/png", encode_png(canvas)
    data = b""
    for quality in _QUALITIES:
        data = encode_jpeg(canvas, quality, full_chroma=quality == _QUALITIES[0])
        if len(data) <= max_bytes:
            break
    return "image/jpeg", data


@functools.lru_cache(maxsize=64)
def _rounded(size: tuple[int, int], radius: int) -> PIL.Image.Image:
    """A mask with round corners."""
    radius = min(radius, size[0] // 2, size[1] // 2) * _FINER
    box = (0, 0, size[0] * _FINER - 1, size[1] * _FINER - 1)
    return _smooth(size, lambda draw: draw.rounded_rectangle(box, radius, fill=255))


@functools.lru_cache(maxsize=4)
def _star(side: int) -> PIL.Image.Image:
    """A mask in the form of a star: fonts that have none are many."""
    middle = side * _FINER / 2
    corners = [
        (
            middle + radius * math.sin(math.pi * corner / 5),
            middle - radius * math.cos(math.pi * corner / 5),
        )
        for corner in range(10)
        for radius in (middle if corner % 2 == 0 else middle * 0.42,)
    ]
    return _smooth((side, side), lambda draw: draw.polygon(corners, fill=255))


def _smooth(size: tuple[int, int], shape: Callable[[ImageDraw], object]) -> PIL.Image.Image:
    """A mask without jagged edges, which Pillow's own shapes have: drawn large, then reduced."""
    from PIL import Image, ImageDraw

    large = Image.new("L", (size[0] * _FINER, size[1] * _FINER), 0)
    shape(ImageDraw.Draw(large))
    return large.reduce(_FINER)
