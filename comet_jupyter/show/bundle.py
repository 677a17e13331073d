"""Pictures as notebook outputs: the mimebundle, its text alternative and the record with it.

A picture's output holds no ``text/html``: front ends prefer HTML and would hide the picture.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from typing import Any

from ..record import Record
from ..wire.prune import prune
from ..wire.text import plain
from . import words
from .axes import Axes
from .swept import axes_text, failures, states, values_note
from .text import clean, count, joined, one_line

LOGS_LIMIT = 6_000
"""Characters of a record's log that go into a notebook; the store has all of it."""

TEXT_LIMIT = 12_000
"""Characters of all its other texts, the prompt included; for a contact sheet of all records."""

_LEAST_TEXT, _LEAST_LOGS, _FRAME = 1_500, 200, 2_500
_MOST_LOGS = 48_000
"""Characters of all logs of a cell together."""
_PATHS_LIMIT = 16_000


def image_bundle(
    media_type: str,
    data: bytes,
    record: Record,
    *,
    index: int = 0,
    width: int | None = None,
    height: int | None = None,
    path_text: str = "",
    place: str = "",
) -> tuple[dict[str, str], dict[str, Any]]:
    """One picture as the data and metadata of a display message.

    Parameters
    ----------
    media_type : str
        ``image/png`` or ``image/jpeg``, of `data`.
    data : bytes
        The picture, mostly a preview.
    record : Record
    index : int
        Which of the record's pictures it is, from 0.
    width, height : int, optional
        CSS pixels.
    path_text : str
        Where the original is, as the reader should see it; a line for each of several.
    place : str
        What makes it one of several: ``seed 2 × guidance 3.5``.

    Returns
    -------
    data : dict
        The picture as base64 text, and ``text/plain``.
    metadata : dict
        Size and text alternative by media type, and the record under ``comet``.
    """
    alt = alt_text(record, index, place)
    note = {**notebook_record(record), "image": index}
    if place:
        note["place"] = place
    return _bundle(media_type, data, alt, path_text, note, width, height)


def sheet_bundle(
    media_type: str,
    data: bytes,
    records: Sequence[Record],
    *,
    width: int | None = None,
    height: int | None = None,
    path_text: str = "",
    axes: Axes | None = None,
    share: int | None = None,
) -> tuple[dict[str, str], dict[str, Any]]:
    """A contact sheet of several predictions, otherwise as `image_bundle`.

    Parameters
    ----------
    axes : Axes, optional
        What varies between them.
    share : int, optional
        Among how many records the room for texts is divided, when there are further sheets.
    """
    alt, note = sheet_alt_text(records, axes), sheet_note(records, axes, share)
    text = joined((sheet_states(records, axes), path_text), "\n")
    return _bundle(media_type, data, alt, text, note, width, height)


def sheet_note(
    records: Sequence[Record], axes: Axes | None = None, share: int | None = None
) -> dict[str, Any]:
    """What a notebook keeps of a sheet: what varied, and every record, row by row."""
    part = max(1, len(records), share or 0)
    note = {"predictions": [notebook_record(record, share=part) for record in records]}
    return {"axes": values_note(axes), **note} if axes else note


def sheet_states(records: Sequence[Record], axes: Axes | None = None) -> str:
    """The sheet as a table of words, and why some failed; empty when all is well."""
    if axes is None or not any(record.failure is not None for record in records):
        return ""
    return f"{states(records, axes)}\n{failures(records, axes)}"


def alt_text(record: Record, index: int = 0, place: str = "") -> str:
    """One picture in words: its place, the prompt's beginning, model, seed, size."""
    size = words.pixels(record.images[index]) if index < len(record.images) else ""
    made = ", ".join(part for part in (_maker([record]), words.seeds([record]), size) if part)
    number = f"picture {index + 1} of {len(record.images)}" if len(record.images) > 1 else ""
    return joined((place, words.excerpt(record, 160), number, made), " — ")


def sheet_alt_text(records: Sequence[Record], axes: Axes | None = None) -> str:
    """A contact sheet in words: how many, of which prompts, by which seeds; what varies."""
    prompts = dict.fromkeys(words.excerpt(record, 160) for record in records)
    templates = {record.request.template for record in records}
    about = next(iter(prompts), "") if len(prompts) == 1 else count(len(prompts), "prompt")
    if axes and len(prompts) > 1 and len(templates) == 1:
        about = one_line(templates.pop(), 160) or about
    failed = sum(record.failure is not None for record in records)
    varied = [axis.name for axis in axes.axes] if axes else []
    seeds = "" if "seed" in varied else words.seeds(records)
    made = ", ".join(part for part in (_maker(records), seeds) if part)
    amount = joined((count(len(records), "picture"), f"{failed} failed" if failed else ""), ", ")
    what = axes_text(axes) if axes else ""
    return joined((f"Contact sheet of {amount}", what, about, made), " — ")


def _maker(records: Sequence[Record]) -> str:
    return words.SANDBOX if all(record.sandbox for record in records) else words.models(records)


def _bundle(
    media_type: str,
    data: bytes,
    alt: str,
    path_text: str,
    note: dict[str, Any],
    width: int | None,
    height: int | None,
) -> tuple[dict[str, str], dict[str, Any]]:
    shown: dict[str, Any] = {"alt": alt}
    shown.update({k: v for k, v in (("width", width), ("height", height)) if v is not None})
    text = joined((alt, clean(path_text)[:_PATHS_LIMIT]), "\n")
    content = {media_type: b64encode(data).decode("ascii"), "text/plain": text}
    return content, {media_type: shown, "comet": note}


def notebook_record(record: Record, *, share: int = 1) -> dict[str, Any]:
    """The record's public form, small enough to live in a notebook under version control.

    Long texts and inline files are cut, and ``shortened`` names the members they stand in.
    The store keeps everything.

    Parameters
    ----------
    record : Record
    share : int
        Among how many records the room for texts is divided.
    """
    full = record.public()
    lines = full.pop("logs", "")
    room = max(_LEAST_TEXT, TEXT_LIMIT // share)
    note: dict[str, Any] = prune(full, text=room, total=room + _FRAME)
    if lines:
        least = min(_LEAST_LOGS, _MOST_LOGS // share)
        note["logs"] = plain(lines[-max(1, least, LOGS_LIMIT // share) :])
    shortened = [
        name for name, value in {**full, "logs": lines}.items() if value and value != note.get(name)
    ]
    return {**note, "shortened": shortened} if shortened else note
