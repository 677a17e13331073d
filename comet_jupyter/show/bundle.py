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
from .text import clean, count, joined

LOGS_LIMIT = 6_000
"""Characters of a record's log that go into a notebook; the store has all of it."""

TEXT_LIMIT = 12_000
"""Characters of all its other texts, the prompt included; for a contact sheet of all records."""

_LEAST_TEXT, _LEAST_LOGS, _FRAME = 1_500, 200, 2_500
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

    Returns
    -------
    data : dict
        The picture as base64 text, and ``text/plain``.
    metadata : dict
        Size and text alternative by media type, and the record under ``comet``.
    """
    alt = alt_text(record, index)
    note = {**notebook_record(record), "image": index}
    return _bundle(media_type, data, alt, path_text, note, width, height)


def sheet_bundle(
    media_type: str,
    data: bytes,
    records: Sequence[Record],
    *,
    width: int | None = None,
    height: int | None = None,
    path_text: str = "",
) -> tuple[dict[str, str], dict[str, Any]]:
    """A contact sheet of several predictions, otherwise as `image_bundle`."""
    share = max(1, len(records))
    note = {"predictions": [notebook_record(record, share=share) for record in records]}
    return _bundle(media_type, data, sheet_alt_text(records), path_text, note, width, height)


def alt_text(record: Record, index: int = 0) -> str:
    """One picture in words: the prompt's beginning, model, seed, size."""
    size = words.pixels(record.images[index]) if index < len(record.images) else ""
    made = ", ".join(part for part in (_maker([record]), words.seeds([record]), size) if part)
    number = f"picture {index + 1} of {len(record.images)}" if len(record.images) > 1 else ""
    return joined((words.excerpt(record, 160), number, made), " — ")


def sheet_alt_text(records: Sequence[Record]) -> str:
    """A contact sheet in words: how many, of which prompts, by which seeds."""
    prompts = dict.fromkeys(words.excerpt(record, 160) for record in records)
    about = next(iter(prompts), "") if len(prompts) == 1 else count(len(prompts), "prompt")
    failed = sum(record.failure is not None for record in records)
    made = ", ".join(part for part in (_maker(records), words.seeds(records)) if part)
    amount = joined((count(len(records), "picture"), f"{failed} failed" if failed else ""), ", ")
    return joined((f"Contact sheet of {amount}", about, made), " — ")


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
        note["logs"] = plain(lines[-max(_LEAST_LOGS, LOGS_LIMIT // share) :])
    shortened = [
        name for name, value in {**full, "logs": lines}.items() if value and value != note.get(name)
    ]
    return {**note, "shortened": shortened} if shortened else note
