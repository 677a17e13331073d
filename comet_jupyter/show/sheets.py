"""The contact sheets of a cell: which predictions each has, and how it is drawn anew.

Several pictures are one sheet, those of a sweep a grid with headings, and one more for each
value of a third axis.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Any

from ..images import (
    MOST_TILES,
    ContactSheet,
    Headings,
    Image,
    OutputFile,
    Preview,
    Tile,
    stacked,
)
from ..record import FileRef, Record
from . import bundle, words
from .axes import Axes
from .text import count as counted
from .text import joined

Bundle = tuple[Mapping[str, Any], Mapping[str, Any]]
Opener = Callable[[FileRef], OutputFile]

_ALL_BYTES, _MOST_BYTES, _LEAST_BYTES = 4_000_000, 1_000_000, 250_000
"""Of all sheets of a cell together, and of each at most and at least."""
_QUICK = 144
"""Pictures that are drawn at once for a handle at the end of a cell."""
_ABOUT = 0.05


class Sheet:
    """One contact sheet of a cell, drawn again and again while results land.

    Parameters
    ----------
    open_file : callable
    indexes : sequence of int, optional
        Which of the cell's records it has, all by default.
    axes : Axes, optional
        What varies between those.
    of : int
        Sheets of the cell, which share the room in the notebook.
    """

    def __init__(
        self,
        open_file: Opener,
        indexes: Sequence[int] | None = None,
        axes: Axes | None = None,
        *,
        of: int = 1,
    ) -> None:
        self._open_file = open_file
        self._indexes = indexes
        self._axes = axes
        most = max(_LEAST_BYTES, min(_MOST_BYTES, _ALL_BYTES // of))
        self._sheet = ContactSheet(headings=_headings(axes), max_bytes=most)
        self._drawn: tuple[str, ...] = ()

    def news(self, records: Sequence[Record]) -> bool:
        """True when a picture or a failure has come since it was last drawn.

        With the first one of the cell all its sheets have news, so that they come in order.
        """
        some = any(record.finished for record in records)
        return some and _states(self._own(records)) != self._drawn

    def preview(self, records: Sequence[Record]) -> Preview:
        """The sheet as a picture."""
        return self._sheet.render(self._tiles(self._own(records)))

    def bundle(self, records: Sequence[Record], *, embed: str = "preview") -> Bundle:
        """The sheet as an output."""
        own = self._own(records)
        self._drawn = _states(own)
        path = _common_folder(own, self._open_file)
        if embed == "none":
            lines = (
                bundle.sheet_alt_text(own, self._axes),
                bundle.sheet_states(own, self._axes),
                path,
            )
            note = bundle.sheet_note(own, self._axes, len(records))
            return {"text/plain": "\n".join(line for line in lines if line)}, {"comet": note}
        shown = self.preview(records)
        return bundle.sheet_bundle(
            shown.media_type,
            shown.data,
            own,
            width=shown.display_width,
            height=shown.display_height,
            path_text=path,
            axes=self._axes,
            share=len(records),
        )

    def _own(self, records: Sequence[Record]) -> Sequence[Record]:
        return records if self._indexes is None else [records[index] for index in self._indexes]

    def _tiles(self, records: Sequence[Record]) -> list[Tile]:
        amount = sum(max(1, len(record.images)) for record in records)
        one_each = amount > MOST_TILES or _headings(self._axes) is not None
        tiles: list[Tile] = []
        for number, record in enumerate(records):
            name = self._name(number, record)
            expected = ratio(record)
            if not record.finished:
                state = "waiting" if record.status in ("submitting", "starting") else "running"
                note = "" if state == "waiting" else words.state(record)
                tiles.append(Tile(name, None, state, note, expected))
            elif not record.images:
                cause, _ = words.failure(record)
                tiles.append(Tile(name, None, "failed", cause or "no picture", expected))
            shown = record.images[:1] if one_each else record.images
            for index, file in enumerate(shown):
                label = name
                if len(record.images) > 1:
                    of = f" of {len(record.images)}" if one_each else ""
                    label = joined((name if len(records) > 1 else "", f"{index + 1}{of}"))
                if self._axes:
                    expected = _shape(file, expected)
                done = Tile(label, self._open_file(file), "done", ratio=expected)
                tiles.append(done if self._axes else replace(done, ratio=None))
        return tiles

    def _name(self, number: int, record: Record) -> str:
        """What stands below a picture: nothing where rows and columns have headings."""
        if self._axes:
            axes = self._axes.axes
            return axes[0].captions[number] if len(axes) == 1 else ""
        seed = words.seed(record)
        return f"seed {seed}" if seed is not None else str(number + 1)


def sheets(count: int, open_file: Opener, axes: Axes | None = None) -> list[Sheet]:
    """The contact sheets of so many predictions, in the order in which they are shown."""
    parts = _parts(count, axes)
    return [Sheet(open_file, part, axes and axes.part(part), of=len(parts)) for part in parts]


def _parts(count: int, axes: Axes | None) -> list[Sequence[int]]:
    """Which predictions each sheet has."""
    if axes is not None:
        return [plan.indexes for plan in axes.sheets()]
    amount = math.ceil(count / MOST_TILES)
    return [
        range(count)[part * count // amount : (part + 1) * count // amount]
        for part in range(amount)
    ]


def _headings(axes: Axes | None) -> Headings | None:
    """The headings of the one sheet that these axes make; none for a single axis."""
    if axes is None or len(axes.axes) == 1:
        return None
    rows, columns, *third = axes.axes
    title = third[0].captions[0] if third else ""
    return Headings(rows.headings, columns.headings, rows.name, columns.name, title)


def _shape(file: FileRef, expected: float | None) -> float | None:
    """Width through height of a picture; as expected where that is about right."""
    if not file.width or not file.height:
        return expected
    found = file.width / file.height
    return expected if expected and abs(found / expected - 1) < _ABOUT else found


def ratio(record: Record) -> float | None:
    """Width through height that a picture will have, as far as its input tells."""
    given = record.request.input
    text = given.get("aspect_ratio")
    sides: Sequence[object] = (given.get("width"), given.get("height"))
    if isinstance(text, str) and re.fullmatch(r"\d{1,4}:\d{1,4}", text):
        sides = [int(side) for side in text.split(":")]
    width, height = sides
    if isinstance(width, int) and isinstance(height, int) and width > 0 and height > 0:
        return min(8.0, max(0.125, width / height))
    return None


def all_in_one(records: Sequence[Record], open_file: Opener, axes: Axes | None) -> Bundle:
    """The sheets below each other in one output, as far as they are drawn quickly."""
    parts, made = _parts(len(records), axes), sheets(len(records), open_file, axes)
    if len(made) == 1:
        return made[0].bundle(records)
    tiles = list(accumulate(map(len, parts)))
    amount = max(1, sum(total <= _QUICK for total in tiles))
    remark = ""
    if amount < len(made):
        further = f"{counted(len(made) - amount, 'more sheet')}, the next with"
        remark = f"{further} batch[{_slices(parts[amount], axes)}]"
    shown = stacked([sheet.preview(records) for sheet in made[:amount]], remark)
    return bundle.sheet_bundle(
        shown.media_type,
        shown.data,
        records,
        width=shown.display_width,
        height=shown.display_height,
        path_text=joined((remark, _common_folder(records, open_file)), "\n"),
        axes=axes,
    )


def _slices(indexes: Sequence[int], axes: Axes | None) -> str:
    """What to type between brackets for these pictures: ``:, :, 2``."""
    if axes is None or len(axes.axes) == 1:
        return f"{indexes[0]}:{indexes[-1] + 1}"
    ends = zip(axes.place(indexes[0]), axes.place(indexes[-1]), axes.shape, strict=True)
    places = [
        ":" if last - first + 1 == amount else f"{first}:{last + 1}" for first, last, amount in ends
    ]
    if len(places) == 3:
        places[2] = str(axes.place(indexes[0])[2])
    return ", ".join(places)


def _states(records: Sequence[Record]) -> tuple[str, ...]:
    return tuple(f"{record.key} {record.finished} {record.status}" for record in records)


def path_text(file: OutputFile) -> str:
    """Where the original is, as the reader should see it."""
    return "" if file.path is None else f"file: {words.path(file.path)}"


def _common_folder(records: Sequence[Record], open_file: Opener) -> str:
    """One line a picture: where the originals are."""
    files = [(record, open_file(file)) for record in records for file in record.images]
    lines = [path_text(file) for _, file in files if isinstance(file, Image)]
    return "\n".join(line for line in lines if line)
