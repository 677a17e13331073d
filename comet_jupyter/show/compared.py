"""What ``%comet compare`` shows: both as one plain picture, then a slider and what differs.

The plain picture is an output of its own without HTML, so it shows wherever pictures show. The
slider says most where the two have the same seed and shape: there it is large, and the picture
above it small; else it is folded below a large picture.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from typing import Any

from ..errors import CometError
from ..images import Preview, Tile, contact_sheet
from ..images.fitted import fitted
from ..record import Record
from . import bundle, words
from . import html as markup
from .comparison import comparison, with_differences
from .differences import NO_SUCH_INPUT, Difference, differences, same_picture
from .html import Html
from .past import reference
from .sheets import Bundle, Opener, path_text, ratio
from .slider import slider
from .text import count, joined

MOST_ROWS = 4
"""Pictures of each result that are shown."""

_WIDE, _SMALL = 1280, 900
_SHORT = 30
_ALIKE = 0.01


def outputs(left: Record, right: Record, open_file: Opener) -> list[Bundle]:
    """Two results next to each other, named A and B.

    Parameters
    ----------
    left, right : Record
        They may have failed, or not be finished.
    open_file : callable
        Makes the file that a reference names.

    Returns
    -------
    list of tuple
        The picture, where one of them has one, and what differs; the text of the last says
        all but the pictures.
    """
    if not left.images and not right.images:
        return [(comparison(left, right, None, None), {})]
    names = labels(left, right)
    files = _files(left, open_file), _files(right, open_file)
    shown = _fitted(left, right, files)
    alike = shown is not None and _are_alike(left, right)
    laid = Html()
    if shown is not None:
        laid = slider(names, shown, (bundle.alt_text(left), bundle.alt_text(right)))
        laid = laid if alike else markup.folded("slider: one over the other", laid)
    ids = Difference("id", reference(left), reference(right))
    beside = shown[0].display_width if shown is not None and alike else 0
    return [
        _side_by_side(left, right, files, names, open_file, _SMALL if alike else _WIDE),
        (with_differences(left, right, laid, (ids,), beside=beside), {}),
    ]


def labels(left: Record, right: Record) -> tuple[str, str]:
    """What stands at each picture: its letter, and in short what sets it apart, else its seed."""
    found: list[tuple[str, str]] = []
    for one in differences(left, right):
        parts = _part(left, one, one.left, "left"), _part(right, one, one.right, "right")
        if any(parts) and max(map(len, parts)) <= _SHORT:
            found.append(parts)
    found = found[:2] or [(words.seeds([left]), words.seeds([right]))]
    return (
        joined(("A", *(part for part, _ in found))),
        joined(("B", *(part for _, part in found))),
    )


def _part(record: Record, one: Difference, value: str, side: str) -> str:
    """One difference as a few words for its side."""
    if one.name == "model":
        return words.model(record, short=True)
    if one.name == "seed":
        return words.seeds([record])
    if one.name == "prompt":  # only the words that changed
        return joined((piece.text.strip(" ,.") for piece in one.pieces if piece.side == side), ", ")
    if value == NO_SUCH_INPUT:
        return f"no {one.name}"
    if value.startswith("default ("):
        value = value[len("default (") : -1]
    return f"{one.name} {value}"


Files = Sequence["bytes | str"]
"""The files of a result's pictures, or why one of them cannot be shown."""


def _files(record: Record, open_file: Opener) -> Files:
    found: list[bytes | str] = []
    for file in record.images[:MOST_ROWS]:
        try:
            found.append(open_file(file).read())
        except CometError as error:
            found.append(error.cause)
        except OSError as error:
            found.append(error.strerror or type(error).__name__)
    return found


# -- both as one plain picture ---------------------------------------------------------


def _side_by_side(
    left: Record,
    right: Record,
    files: tuple[Files, Files],
    names: tuple[str, str],
    open_file: Opener,
    width: int,
) -> Bundle:
    rows = max(map(len, files))
    tiles = [
        _tile(name, record, held, row, rows)
        for row in range(rows)
        for name, record, held in zip(names, (left, right), files, strict=True)
    ]
    sheet = contact_sheet(tiles, columns=2, width=width)
    alt = f"A: {bundle.alt_text(left)}\nB: {bundle.alt_text(right)}"
    paths = [
        f"{name} {path}"
        for name, record in (("A", left), ("B", right))
        for file in record.images[:MOST_ROWS]
        if (path := path_text(open_file(file)))
    ]
    data = {
        sheet.media_type: b64encode(sheet.data).decode("ascii"),
        "text/plain": joined((alt, *paths), "\n"),
    }
    size = {"alt": alt, "width": sheet.display_width, "height": sheet.display_height}
    note: dict[str, Any] = bundle.sheet_note([left, right])
    return data, {sheet.media_type: size, "comet": note}


def _tile(name: str, record: Record, files: Files, row: int, rows: int) -> Tile:
    label = name if rows == 1 else f"{name} · {row + 1}"
    if row < len(files):
        held = files[row]
        if isinstance(held, bytes):
            return Tile(label, held, "done")
        return Tile(label, None, "failed", held, ratio(record))
    if files:
        return Tile(label, None, "waiting", f"only {count(len(files), 'picture')}", ratio(record))
    if record.failure is not None:
        return Tile(label, None, "failed", words.failure(record)[0], ratio(record))
    note = "no picture" if record.finished else words.state(record)
    return Tile(label, None, "waiting", note, ratio(record))


# -- one over the other ----------------------------------------------------------------


def _fitted(
    left: Record, right: Record, files: tuple[Files, Files]
) -> tuple[Preview, Preview] | None:
    """The first picture of each in one frame; None where there are no two to compare."""
    one, other = (held[0] if held else "" for held in files)
    if not isinstance(one, bytes) or not isinstance(other, bytes) or same_picture(left, right):
        return None
    try:
        return fitted(one, other)
    except CometError:  # the plain picture says what is wrong with it
        return None


def _are_alike(left: Record, right: Record) -> bool:
    """True where things stand at the same place in both, as far as one can know: one seed."""
    one, other = words.seed(left), words.seed(right)
    if one is None or one != other:
        return False
    ratios = [(file.width or 1) / (file.height or 1) for file in (left.images[0], right.images[0])]
    return abs(ratios[0] / ratios[1] - 1) < _ALIKE
