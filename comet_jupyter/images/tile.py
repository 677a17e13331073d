"""One place of a contact sheet: what stands there, and how it is drawn."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..errors import CometError, DownloadError
from .lettering import INK, LINE, MUTED, Lettering, write
from .output_file import OutputFile
from .picture import load, open_picture, to_srgb

if TYPE_CHECKING:
    import PIL.Image
    from PIL.ImageDraw import ImageDraw

TALLEST = 1.8
"""Height of a picture, at most, in widths of its place: 9:16 just fits."""
PAPER = "#f5f5f3"
_SOFTEST = 2.0
"""Small pictures are enlarged at most so far."""
_RADIUS = 10
_EMPTY, _ACTIVE, _TRACK, _PROGRESS = "#e9e9e6", "#e6eaef", "#d3dae2", "#6b8db5"
_HOLE, _HOLE_EDGE = "#f8ecea", "#e4c3bd"
_ALARM = "#9c3325"
_Box = tuple[int, int, int, int]
_PERCENT = re.compile(r"(\d{1,3}) ?%")


@dataclass(frozen=True, slots=True)
class Tile:
    """One place on the sheet.

    Attributes
    ----------
    label : str
        Below the picture: what differs between the tiles.
    data : bytes or OutputFile or None
        The picture's file, original or preview; one of the store is only read when its
        picture is drawn for the first time.
    state : str
        ``done``, ``waiting``, ``running`` or ``failed``.
    note : str
        The cause when failed, how far it is when running, a short remark when done.
    ratio : float or None
        Width through height that the picture will have; keeps the sheet from moving when
        pictures land. None: as its neighbours.
    """

    label: str
    data: bytes | OutputFile | None = field(default=None, repr=False)
    state: str = "waiting"
    note: str = ""
    ratio: float | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a tile stands, in pixels.

    Attributes
    ----------
    left, top, width : int
    height : int
        Of the whole place, label included.
    picture_height : int
        Of the picture, or of what stands for it.
    label_lines : int
        Room for the label, in lines.
    type_size : int
    """

    left: int
    top: int
    width: int
    height: int
    picture_height: int
    label_lines: int
    type_size: int


def thumbnail(data: bytes | OutputFile, across: int, down: int) -> PIL.Image.Image | str:
    """The picture as large as its place allows, in pixels, or why it cannot be shown."""
    from PIL import Image

    try:
        content = data.read() if isinstance(data, OutputFile) else data
        image = to_srgb(load(open_picture(content), near=across))
    except DownloadError as error:
        return error.cause
    except (CometError, OSError) as error:
        return str(error)
    scale = min(across / image.width, down / image.height, _SOFTEST)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    image = image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    if image.mode != "RGBA":
        return image.convert("RGB")
    backed = Image.new("RGB", size, _EMPTY)
    backed.paste(image, mask=image.getchannel("A"))
    return backed


def label_height(lines: int, type_size: int) -> int:
    """Pixels below a picture that its label takes."""
    return round(lines * type_size * LINE + type_size * 0.45) if lines else 0


def label_lines(tile: Tile, width: int, type_size: int) -> list[str]:
    """The label in one line or two."""
    return Lettering.of(tile.label, type_size).balanced(width, 2)


def draw_tile(
    canvas: PIL.Image.Image, tile: Tile, picture: PIL.Image.Image | str | None, place: Place
) -> None:
    """Draws picture or placeholder with the label below, together centred in their place."""
    from PIL import ImageDraw

    draw = ImageDraw.Draw(canvas)
    right, bottom = place.left + place.width, place.top + place.height
    draw.rectangle((place.left, place.top, right - 1, bottom - 1), fill=PAPER)
    label = label_height(place.label_lines, place.type_size)
    top = place.top + (place.height - label - place.picture_height) // 2
    box = (place.left, top, right, top + place.picture_height)
    if picture is not None and not isinstance(picture, str):
        left = place.left + (place.width - picture.width) // 2
        canvas.paste(picture, (left, top), _rounded(picture.size))
    elif tile.state == "failed" or isinstance(picture, str):
        cause = picture if isinstance(picture, str) else tile.note
        _draw_frame(canvas, box, _HOLE, _HOLE_EDGE)
        _draw_words(draw, box, "failed", cause, place.type_size, _ALARM)
    else:
        _draw_frame(canvas, box, _ACTIVE if tile.state == "running" else _EMPTY)
        _draw_words(draw, box, tile.note or tile.state, "", place.type_size, MUTED)
        percent = _PERCENT.search(tile.note)
        if percent and tile.state == "running":
            _draw_bar(canvas, box, min(1.0, int(percent[1]) / 100), place.type_size)
    _draw_label(draw, tile, place, box[3])


def _draw_label(draw: ImageDraw, tile: Tile, place: Place, below: int) -> None:
    """The label centred below the picture, and a short remark behind it where it fits."""
    type_size = place.type_size
    lettering = Lettering.of(tile.label, type_size)
    lines = lettering.balanced(place.width, 2)
    middle = place.left + place.width / 2
    first = below + type_size * 1.3
    for number, line in enumerate(lines):
        at = (middle, first + number * type_size * LINE)
        remark = Lettering.of(f"  {tile.note}", type_size) if tile.state == "done" else None
        rest = remark.width_of(f"   {remark.text}") if remark and remark.text else 0
        if len(lines) > 1 or not rest or lettering.width_of(line) + rest > place.width:
            write(draw, at, line, lettering, INK, "ms")
        elif remark:
            left = middle - (lettering.width_of(line) + rest) / 2
            write(draw, (left, at[1]), line, lettering, INK)
            right = middle + (lettering.width_of(line) + rest) / 2
            write(draw, (right, at[1]), remark.text, remark, MUTED, "rs")


def _draw_words(
    draw: ImageDraw, box: _Box, title: str, cause: str, type_size: int, colour: str
) -> None:
    """A word in the middle of an empty place, and why below it, as far as there is room."""
    left, top, right, bottom = box
    padding = round(type_size * 0.8)
    room = right - left - 2 * padding
    small = max(14, round(type_size * 0.85))
    most = int((bottom - top - 2 * padding - type_size * 1.6) / (small * LINE))
    reasons = Lettering.of(cause, small)
    lines = reasons.lines(room, min(most, 6)) if most > 0 else []
    words = Lettering.of(title, type_size)
    middle = (left + right) / 2
    base = (top + bottom) / 2 - len(lines) * small * LINE / 2 + type_size * 0.3
    write(draw, (middle, base), words.cut(room), words, colour, "ms")
    for number, line in enumerate(lines, start=1):
        at = (middle, base + type_size * 0.3 + number * small * LINE)
        write(draw, at, line, reasons, MUTED, "ms")


def _draw_bar(canvas: PIL.Image.Image, box: _Box, fraction: float, type_size: int) -> None:
    """How far it is, as a thin bar below the words."""
    left, top, right, bottom = box
    length, thick = round((right - left) * 0.4), max(4, type_size // 4)
    start = (left + right - length) // 2
    height = (top + bottom) // 2 + round(type_size * 1.1)
    _draw_frame(canvas, (start, height, start + length, height + thick), _TRACK)
    done = round(length * fraction)
    if done >= thick:
        _draw_frame(canvas, (start, height, start + done, height + thick), _PROGRESS)


def _draw_frame(canvas: PIL.Image.Image, box: _Box, fill: str, edge: str = "") -> None:
    """A round rectangle, with an edge of two pixels where one is asked for."""
    left, top, right, bottom = box
    canvas.paste(edge or fill, box, _rounded((right - left, bottom - top)))
    if edge:
        inner = (left + 2, top + 2, right - 2, bottom - 2)
        canvas.paste(fill, inner, _rounded((right - left - 4, bottom - top - 4)))


def _rounded(size: tuple[int, int]) -> PIL.Image.Image:
    """A mask with smooth round corners; Pillow's own round rectangle has jagged ones."""
    from PIL import Image, ImageDraw

    radius = min(_RADIUS, *(side // 2 for side in size))
    large = Image.new("L", (8 * radius, 8 * radius), 0)
    ImageDraw.Draw(large).ellipse((0, 0, 8 * radius - 1, 8 * radius - 1), fill=255)
    disc = large.resize((2 * radius, 2 * radius), Image.Resampling.BOX)
    mask = Image.new("L", size, 255)
    for x in (0, 1):
        for y in (0, 1):
            corner = disc.crop((x * radius, y * radius, (x + 1) * radius, (y + 1) * radius))
            mask.paste(corner, (x * (size[0] - radius), y * (size[1] - radius)))
    return mask
