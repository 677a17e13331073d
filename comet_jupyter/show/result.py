"""The outputs of a finished cell, in order: head, pictures, logs.

With ``sheets`` the only room of `show` that looks at bytes: it asks for a file when it draws
it, and a file that is gone becomes a line of text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..errors import CometError
from ..images import OutputFile, embed_full, preview
from ..record import Record
from . import bundle, words
from .axes import Axes
from .caption import caption
from .failure import failure, logs_block
from .live import LiveView, live_html, live_line_html, live_text
from .sheets import Bundle, Opener, Sheet, all_in_one, path_text, sheets


def outputs(
    records: Sequence[Record],
    open_file: Opener,
    *,
    embed: str = "preview",
    each: bool = False,
    with_logs: bool = False,
    raised: bool = False,
    axes: Axes | None = None,
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
    axes : Axes, optional
        What varies between the records; the sheets are theirs then.
    """
    shown = [head(records, open_file, raised=raised, axes=axes)]
    if len(records) == 1 or each:
        for index, record in enumerate(records):
            place = axes.words(index) if axes else ""
            shown += pictures(record, open_file, embed=embed, each=each, place=place)
    elif any(record.images for record in records):
        made = sheets(len(records), open_file, axes)
        shown += [sheet.bundle(records, embed=embed) for sheet in made]
    if with_logs:
        shown += logs(records)
    return shown


def head(
    records: Sequence[Record],
    open_file: Opener,
    *,
    raised: bool = False,
    axes: Axes | None = None,
) -> Bundle:
    """The caption, or what failed when nothing else is there to be said.

    A failure that is raised as well is only named: its error stands right below.
    """
    if len(records) == 1 and records[0].failure is not None:
        if not raised:
            return failure(records[0]), {}
        view = LiveView(tuple(records), records[0].total_time or 0.0)
        return {"text/html": live_line_html(view), "text/plain": live_text(view)}, {}
    paths = {
        file.sha256: path_text(open_file(file))
        for record in records
        for file in record.files
        if not file.is_image
    }
    return caption(records, paths, axes), {}


def logs(records: Sequence[Record]) -> list[Bundle]:
    """The logs of those that have some."""
    return [(logs_block(record), {}) for record in records if record.state.logs]


def pictures(
    record: Record,
    open_file: Opener,
    *,
    embed: str = "preview",
    each: bool = False,
    place: str = "",
) -> list[Bundle]:
    """The pictures of one prediction: several as one contact sheet, unless `each` is wanted.

    A failure with a `place` is a line of text there.
    """
    if place and each and not record.images:
        cause = words.failure(record)[0]
        return [({"text/plain": f"{place} {words.state(record)}: {cause}"}, {})]
    if len(record.images) > 1 and embed == "preview" and not each:
        return [Sheet(open_file).bundle([record], embed=embed)]
    return [
        _picture(record, index, open_file(file), embed, place)
        for index, file in enumerate(record.images)
    ]


def _picture(record: Record, index: int, file: OutputFile, embed: str, place: str) -> Bundle:
    path = path_text(file)
    alt = bundle.alt_text(record, index, place)
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
        place=place,
    )


def representation(
    records: Sequence[Record], open_file: Opener, axes: Axes | None = None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """One bundle for a handle at the end of a cell: its picture, or how it stands.

    Several sheets stand below each other in one picture, as far as that is quick.
    """
    if not all(record.finished for record in records):
        elapsed = max((record.total_time or 0.0 for record in records), default=0.0)
        view = LiveView(tuple(records), elapsed)
        return {"text/html": live_html(view), "text/plain": live_text(view)}, {}
    data, metadata = head(records, open_file, axes=axes)
    shown: list[Bundle] = []
    if len(records) == 1:
        shown = pictures(records[0], open_file, place=axes.words(0) if axes else "")
    elif any(record.images for record in records):
        shown = [all_in_one(records, open_file, axes)]
    if shown:
        # Without text/html: front ends would show it instead of the picture.
        said = data["text/plain"]
        data, metadata = shown[0]
        data = {**data, "text/plain": f"{said}\n{data['text/plain']}"}
    return dict(data), dict(metadata)
