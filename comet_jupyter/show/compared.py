"""What ``%comet compare`` shows: both as one plain picture, then a slider and what differs.

The plain picture is an output of its own without HTML, so it shows wherever pictures show. The
slider says most where the two have the same seed and shape: there it is open, else it is folded.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from typing import Any

from ..errors import CometError
from ..images import Tile, contact_sheet
from ..images.fitted import fitted
from ..record import Record
from . import bundle, words
from . import html as markup
from .comparison import comparison, with_differences
from .differences import Difference, differences, same_picture
from .html import Html
from .past import reference
from .result import Bundle, Opener
from .sheets import path_text, ratio
from .slider import slider
from .text import count, joined, one_line

MOST_ROWS = 4
"""Pictures of each result that are shown."""

_WIDTH = 1280
_SHORT = 18
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
    lefts, rights = _files(left, open_file), _files(right, open_file)
    ids = Difference("id", reference(left), reference(right))
    laid = _laid_over(left, right, (lefts, rights), names)
    return [
        _side_by_side(left, right, (lefts, rights), names, open_file),
        (with_differences(left, right, laid, (ids,)), {}),
    ]


def labels(left: Record, right: Record) -> tuple[str, str]:
    """What stands at each picture: its letter, and in short what sets it apart, else its seed."""
    found = [one for one in differences(left, right) if _is_short(one)][:2]
    return (
        _label("A", left, [(one.name, one.left) for one in found]),
        _label("B", right, [(one.name, one.right) for one in found]),
    )


def _is_short(one: Difference) -> bool:
    if one.name in ("model", "seed"):
        return True
    return one.name != "prompt" and max(len(one.left), len(one.right)) <= _SHORT


def _label(letter: str, record: Record, found: Sequence[tuple[str, str]]) -> str:
    parts = [_part(record, name, value) for name, value in found]
    return joined((letter, *(parts or [words.seeds([record])])))


def _part(record: Record, name: str, value: str) -> str:
    if name == "model":
        return words.model(record, short=True)
    if name == "seed":
        return words.seeds([record]) or "seed unknown"
    return one_line(f"{name} {value}", 40)


Files = Sequence["bytes | str"]
"""The files of a result's pictures, or why one of them cannot be shown."""


def _files(record: Record, open_file: Opener) -> Files:
    found: list[bytes | str] = []
    for file in record.images[:MOST_ROWS]:
        try:
            found.append(open_file(file).read())
        except (CometError, OSError) as error:
            found.append(str(error))
    return found


# -- both as one plain picture ---------------------------------------------------------


def _side_by_side(
    left: Record,
    right: Record,
    files: tuple[Files, Files],
    names: tuple[str, str],
    open_file: Opener,
) -> Bundle:
    rows = max(map(len, files))
    tiles = [
        _tile(name, record, held, row, rows)
        for row in range(rows)
        for name, record, held in zip(names, (left, right), files, strict=True)
    ]
    sheet = contact_sheet(tiles, columns=2, width=_WIDTH)
    alt = joined(
        ("A and B side by side", f"A: {bundle.alt_text(left)}", f"B: {bundle.alt_text(right)}"), "\n"
    )
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


def _laid_over(
    left: Record, right: Record, files: tuple[Files, Files], names: tuple[str, str]
) -> Html:
    """The first picture of each in one frame; nothing where there are no two to compare."""
    one, other = (held[0] if held else "" for held in files)
    if not isinstance(one, bytes) or not isinstance(other, bytes) or same_picture(left, right):
        return Html()
    try:
        shown = fitted(one, other)
    except CometError:  # the other output says what is wrong with it
        return Html()
    alts = bundle.alt_text(left), bundle.alt_text(right)
    return markup.folded(
        "slider: A over B, with a line to drag",
        slider(names, shown, alts),
        is_open=_are_alike(left, right),
    )


def _are_alike(left: Record, right: Record) -> bool:
    """True where things stand at the same place in both, as far as one can know: one seed."""
    seed = words.seed(left)
    shapes = [record.images[0] for record in (left, right)]
    ratios = [(file.width or 1) / (file.height or 1) for file in shapes]
    return seed is not None and seed == words.seed(right) and abs(ratios[0] / ratios[1] - 1) < _ALIKE
