"""The outputs of a finished cell, in order: head, pictures, logs.

The only room of `show` that looks at bytes: it asks for a file when it draws it, and a file
that is gone becomes a line of text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..errors import CometError
from ..images import ContactSheet, Image, OutputFile, Tile, embed_full, preview
from ..record import FileRef, Record
from . import bundle, words
from .caption import caption
from .failure import failure, logs_block
from .live import LiveView, live_html, live_line_html, live_text

Bundle = tuple[Mapping[str, Any], Mapping[str, Any]]
Opener = Callable[[FileRef], OutputFile]


def outputs(
    records: Sequence[Record],
    open_file: Opener,
    *,
    embed: str = "preview",
    each: bool = False,
    with_logs: bool = False,
    raised: bool = False,
) -> list[Bundle]:
    """Everything a finished cell shows.

    Parameters
    ----------
    records : sequence of Record
        Finished.
    open_file : callable
        Makes the file that a reference names.
    embed : str
        ``preview``, ``full`` or ``none``.
    each : bool
        One picture below the other instead of one contact sheet.
    with_logs : bool
        Keep the logs.
    raised : bool
        Failures are raised as well, so they are only named here.
    """
    shown = [head(records, open_file, raised=raised)]
    if len(records) == 1 or each:
        for record in records:
            shown += pictures(record, open_file, embed=embed, each=each)
    elif any(record.images for record in records):
        shown.append(Sheet(open_file).bundle(records, embed=embed))
    if with_logs:
        shown += logs(records)
    return shown


def head(records: Sequence[Record], open_file: Opener, *, raised: bool = False) -> Bundle:
    """The caption, or what failed when nothing else is there to be said.

    A failure that is raised as well is only named: its error stands right below.
    """
    if len(records) == 1 and records[0].failure is not None:
        if not raised:
            return failure(records[0]), {}
        view = LiveView(tuple(records), records[0].total_time or 0.0)
        return {"text/html": live_line_html(view), "text/plain": live_text(view)}, {}
    paths = {
        file.sha256: _path_text(open_file(file))
        for record in records
        for file in record.files
        if not file.is_image
    }
    return caption(records, paths), {}


def logs(records: Sequence[Record]) -> list[Bundle]:
    """The logs of those that have some."""
    return [(logs_block(record), {}) for record in records if record.state.logs]


def pictures(
    record: Record, open_file: Opener, *, embed: str = "preview", each: bool = False
) -> list[Bundle]:
    """The pictures of one prediction: several as one contact sheet, unless `each` is wanted."""
    if len(record.images) > 1 and embed == "preview" and not each:
        return [Sheet(open_file).bundle([record], embed=embed)]
    return [
        _picture(record, index, open_file(file), embed) for index, file in enumerate(record.images)
    ]


def _picture(record: Record, index: int, file: OutputFile, embed: str) -> Bundle:
    path = _path_text(file)
    alt = bundle.alt_text(record, index)
    if embed == "none":
        return {"text/plain": f"{alt}\n{path}"}, {"comet": bundle.notebook_record(record)}
    try:
        data = file.read()
        shown = embed_full(data) if embed == "full" else preview(data)
    except (CometError, OSError) as error:
        return {"text/plain": f"{alt}\ncannot be shown: {error}"}, {}
    return bundle.image_bundle(
        shown.media_type,
        shown.data,
        record,
        index=index,
        width=shown.display_width,
        height=shown.display_height,
        path_text=path,
    )


class Sheet:
    """One contact sheet, drawn again and again while results land."""

    def __init__(self, open_file: Opener) -> None:
        self._open_file = open_file
        self._sheet = ContactSheet()
        self._drawn: tuple[str, ...] = ()

    def news(self, records: Sequence[Record]) -> bool:
        """True when a picture or a failure has come since it was last drawn."""
        states = _states(records)
        some = any(record.finished for record in records)
        return some and states != self._drawn

    def bundle(self, records: Sequence[Record], *, embed: str = "preview") -> Bundle:
        """The sheet as an output."""
        self._drawn = _states(records)
        path = _common_folder(records, self._open_file)
        if embed == "none":
            note = {"predictions": [bundle.notebook_record(r, share=len(records)) for r in records]}
            return {"text/plain": f"{bundle.sheet_alt_text(records)}\n{path}"}, {"comet": note}
        shown = self._sheet.render(self._tiles(records))
        return bundle.sheet_bundle(
            shown.media_type,
            shown.data,
            records,
            width=shown.display_width,
            height=shown.display_height,
            path_text=path,
        )

    def _tiles(self, records: Sequence[Record]) -> list[Tile]:
        several = len(records) > 1
        tiles: list[Tile] = []
        for number, record in enumerate(records, 1):
            seed = words.seed(record)
            name = f"seed {seed}" if seed is not None else str(number)
            if not record.finished:
                state = "waiting" if record.status in ("submitting", "starting") else "running"
                note = "" if state == "waiting" else words.state(record)
                tiles.append(Tile(name, None, state, note, ratio(record)))
            elif not record.images:
                cause, _ = words.failure(record)
                tiles.append(Tile(name, None, "failed", cause or "no picture", ratio(record)))
            for index, file in enumerate(record.images):
                label = name if len(record.images) == 1 else f"{index + 1}"
                if several and len(record.images) > 1:
                    label = f"{name} · {index + 1}"
                tiles.append(self._tile(label, self._open_file(file)))
        return tiles

    @staticmethod
    def _tile(label: str, file: OutputFile) -> Tile:
        try:
            return Tile(label, file.read(), "done")
        except (CometError, OSError) as error:
            return Tile(label, None, "failed", str(error))


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


def representation(
    records: Sequence[Record], open_file: Opener
) -> tuple[dict[str, Any], dict[str, Any]]:
    """One bundle for a handle at the end of a cell: its picture, or how it stands."""
    if not all(record.finished for record in records):
        elapsed = max((record.total_time or 0.0 for record in records), default=0.0)
        view = LiveView(tuple(records), elapsed)
        return {"text/html": live_html(view), "text/plain": live_text(view)}, {}
    made = outputs(records, open_file)
    data, metadata = made[1] if len(made) > 1 else made[0]
    if len(made) > 1:
        # Without text/html: front ends would show it instead of the picture.
        said = made[0][0]["text/plain"]
        data = {**data, "text/plain": f"{said}\n{data['text/plain']}"}
    return dict(data), dict(metadata)


def _states(records: Sequence[Record]) -> tuple[str, ...]:
    return tuple(f"{record.key} {record.finished} {record.status}" for record in records)


def _path_text(file: OutputFile) -> str:
    return "" if file.path is None else f"file: {words.path(file.path)}"


def _common_folder(records: Sequence[Record], open_file: Opener) -> str:
    """One line a picture: where the originals are."""
    files = [(record, open_file(file)) for record in records for file in record.images]
    lines = [_path_text(file) for _, file in files if isinstance(file, Image)]
    return "\n".join(line for line in lines if line)
