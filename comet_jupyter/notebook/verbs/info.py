"""The verb that tells how a picture was made: from a file of anybody, or from the store.

It sends nothing. What stands in a file is read in ``images/metadata.py``, what it means in
``saved_record.py``, ``foreign_settings.py`` and ``comfy_graph.py``, how it looks in
``show/info.py``.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ... import images, models
from ...errors import CometError, InputError
from ...images import Metadata, OutputFile
from ...record import Record
from ...show import facts, words
from ...show.info import info
from ...show.text import byte_size, clean, duration, joined, money, one_line
from ...wire import inline
from ...wire.request import PredictionRequest
from .. import comfy_graph, equivalent, foreign_settings
from ..foreign_settings import ForeignSettings
from ..saved_record import SavedRecord, saved_record
from ..untrusted import json_object
from .verb import Verb

if TYPE_CHECKING:
    from ...engine.session import Session
    from ..magics import CometMagics

Rows = list[tuple[str, str]]

_LONGEST_PROMPT = 50_000
_MOST_INPUTS = 60
_LOOKED_AT = 20_000
_WEIGHTS = re.compile(r"\([^()]{1,200}:\d\.?\d*\)|<(?:lora|lyco|hypernet):", re.IGNORECASE)
_OURS = "the cell that makes it again: copy it"
_NEAR = "a cell that comes near: copy it, and look it over"
_NOTHING = "nothing in this file says how it was made"


def _info(magics: CometMagics, line: str) -> None:
    name = _unquoted(line.strip())
    if not name:
        raise InputError(
            "%comet info needs a file", "`%comet info boat.png`, or the id of a result"
        )
    session = magics.session
    if inline.digits(name) is not None:
        found = _of_original(session, session.input_file(name))
    else:
        path = _located(name)
        found = _of_file(session, path) if path is not None else _of_id(session, name)
    magics.publisher.show((found, {}))


def _unquoted(text: str) -> str:
    is_quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "\"'"
    return text[1:-1] if is_quoted else text


def _located(name: str) -> Path | None:
    """The file of this name, None where nothing has it."""
    for text in (name, name.replace("\\ ", " ")):  # as a completion may have left it
        try:
            path = Path(os.path.expanduser(text))
            path.stat()
            return path
        except (OSError, ValueError):
            continue
    return None


# -- where it is found ------------------------------------------------------------------


def _of_file(session: Session, path: Path) -> dict[str, str]:
    data = _read(path)
    metadata = images.read_metadata(data)
    rows: Rows = [("file", joined((one_line(path.name, 120), _facts(metadata))))]
    note = json_object(metadata.texts.get("comet", ""))
    saved = saved_record(note) if note is not None else None
    if saved is not None:
        return _ours(rows, saved, session)
    sha256 = hashlib.sha256(data).hexdigest()
    record = session.store.maker(sha256)
    if record is not None:
        return _of_record(rows, record, session, sha256)
    settings = _foreign(metadata)
    if settings is not None:
        return _theirs(rows, settings, session)
    too_large = "a text of more than 1 MB was not read" if metadata.too_large else ""
    unread = {"comet": "its record is damaged", "prompt": "its graph has no sampler known here"}
    reasons = [text for name, text in unread.items() if name in metadata.texts]
    reason = joined((_NOTHING, *reasons, too_large), "; ")
    advice = "`.save()` writes it, and so do the web UIs and ComfyUI unless told not to"
    return info([*rows, ("software", metadata.texts.get("software", ""))], [f"{reason}. {advice}"])


def _read(path: Path) -> bytes:
    """The bytes of a regular file of a size that a picture may have."""
    name = one_line(path.name, 120)
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):
            what = "a folder" if path.is_dir() else "no regular file"
            raise InputError(f"{name} is {what}", "Give a PNG, JPEG or WebP file")
        with path.open("rb") as file:
            return file.read(images.MAX_BYTES + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
    raise InputError(f"{name} cannot be read: {reason}", "Give a file that you may read")


def _of_id(session: Session, name: str) -> dict[str, str]:
    record = session.store.get(name)
    if record is None:
        shown = one_line(name, 120)
        raise InputError(
            f"there is no file {shown}, and no prediction of this id",
            "Give a path from the notebook's folder on, or an id of `%comet status`",
        )
    return _of_record([], record, session)


def _of_original(session: Session, file: OutputFile) -> dict[str, str]:
    """A file of the store: an original, in which nothing was written by us."""
    size = f"{file.width} × {file.height}" if isinstance(file, images.Image) else ""
    kind = file.media_type.removeprefix("image/")
    rows: Rows = [("file", joined((kind, size, byte_size(file.size))))]
    record = session.store.maker(file.sha256)
    if record is not None:
        return _of_record(rows, record, session, file.sha256)
    metadata = images.read_metadata(file.read())
    settings = _foreign(metadata)
    if settings is not None:
        return _theirs(rows, settings, session)
    return info(rows, ["the store has this file, and no prediction that made it. It was an input"])


def _of_record(rows: Rows, record: Record, session: Session, sha256: str = "") -> dict[str, str]:
    saved = saved_record({**record.public(), "sha256": sha256})
    if saved is None:
        raise CometError("this record is damaged", "`%comet status` lists the others")
    pictures = [joined((words.pixels(one), byte_size(one.size))) for one in record.images]
    known = [*rows] if rows else [("pictures", "\n".join(pictures[:8]))]
    return _ours([*known, ("state", words.state(record))], saved, session)


# -- what is said of it -----------------------------------------------------------------


def _facts(metadata: Metadata) -> str:
    size = f"{metadata.width} × {metadata.height}" if metadata.width else "damaged"
    kind = metadata.media_type.removeprefix("image/")
    return joined((kind, size, byte_size(metadata.size)))


def _ours(rows: Rows, saved: SavedRecord, session: Session) -> dict[str, str]:
    request = saved.request
    drawn = "sandbox, in place of " if saved.origin == "sandbox" else ""
    rows = [
        *rows,
        ("written by", f"comet_jupyter {one_line(saved.version, 40)}".strip()),
        ("model", f"{drawn}{request.model}"),
        ("prompt", request.prompt),
        *_input_rows(request),
        ("made", f"{saved.made:%Y-%m-%d %H:%M} UTC" if saved.made else ""),
        ("time", duration(saved.total_time)),
        ("cost", "" if drawn else money(saved.cost, estimated=saved.cost_estimated)),
        ("id", one_line(saved.id, 100)),
        ("original", f"comet:{saved.sha256[:16]}" if saved.sha256 else ""),
    ]
    notices = list(_missing(saved, session))
    return _with_cell(rows, notices, request, _OURS)


def _input_rows(request: PredictionRequest) -> Iterator[tuple[str, str]]:
    given = {name: value for name, value in request.input.items() if name != "prompt"}
    drawn = " (drawn)" if request.seed_drawn else ""
    for name, value in list(given.items())[:_MOST_INPUTS]:
        yield one_line(name, 40), facts.input_text(value) + (drawn if name == "seed" else "")
    if len(given) > _MOST_INPUTS:
        yield "", f"and {len(given) - _MOST_INPUTS} more"


def _missing(saved: SavedRecord, session: Session) -> Iterator[str]:
    """Why the cell may not give the same picture."""
    inputs = [one.partition(".")[2] for one in saved.shortened if one.startswith("input.")]
    if inputs:
        yield f"not whole in this file, and so not in the cell: {', '.join(inputs[:20])}"
    for text in dict.fromkeys(inline.strings(saved.request.input)):
        digits = inline.digits(text)
        if digits is not None and session.store.files.find(digits) is None:
            yield f"its input picture comet:{digits[:12]}… is not in this store: choose it again"


def _foreign(metadata: Metadata) -> ForeignSettings | None:
    """What other programs wrote; the graph that ran tells more than a text about it."""
    texts = metadata.texts
    graph, shown = json_object(texts.get("prompt", "")), json_object(texts.get("workflow", ""))
    found = comfy_graph.from_graph(graph) if graph is not None else None
    if found is None and "parameters" in texts:
        found = foreign_settings.from_parameters(texts["parameters"])
    if found is None and shown is not None:
        found = comfy_graph.from_workflow(shown)
    return found


def _theirs(rows: Rows, found: ForeignSettings, session: Session) -> dict[str, str]:
    default = models.canonical(session.settings.model.value)
    translation = foreign_settings.translated(found, default)
    request = translation.request
    size = f"{found.width} × {found.height}" if found.width and found.height else ""
    rows = [
        *rows,
        ("written by", one_line(found.writer, 60)),
        ("model", one_line(found.model, 200)),
        ("prompt", found.prompt),
        ("negative prompt", found.negative),
        ("seed", _said(found.seed)),
        ("steps", _said(found.steps)),
        ("sampler", one_line(f"{found.sampler} {found.scheduler}", 80)),
        ("CFG scale", _said(found.cfg)),
        ("guidance", _said(found.guidance)),
        ("size", size),
        ("left out", "\n".join(one_line(text, 160) for text in translation.left_out)),
    ]
    short = models.short_name(request.model)
    notices = []
    if not translation.model_is_known:
        said = f"{one_line(found.model, 60)} is no model that is known here"
        said = said if found.model else "it names no model"
        notices.append(f"{said}, so the cell takes {short}")
    if _WEIGHTS.search(found.prompt[:_LOOKED_AT]):
        notices.append("weights such as (word:1.2) and <lora:…> are nothing but words to the model")
    notices.append("another program made it: the same words and seed give another picture here")
    return _with_cell(rows, notices, request, _NEAR)


def _said(value: Any) -> str:
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _with_cell(
    rows: Rows, notices: list[str], request: PredictionRequest, heading: str
) -> dict[str, str]:
    cell = ""
    if len(request.prompt) > _LONGEST_PROMPT or len(request.input) > _MOST_INPUTS:
        notices = [*notices, "this is too much for a cell"]
    elif request.prompt.strip():
        try:
            written = equivalent.cell(request)
            cell = clean(written)
            if cell != written:
                notices = [*notices, "characters that nobody can see are left out of the cell"]
        except InputError as error:
            notices = [*notices, f"there is no cell for it: {error}"]
    return info(rows, notices, heading=heading, cell=cell)


VERBS = (
    Verb(
        "info",
        "info FILE",
        "how a picture was made, and the cell that makes it again",
        "FILE is a picture, also one that others sent; or a prediction's id, or `comet:` and\n"
        "the sha256 of a file in the store:\n\n"
        "    %comet info boat.png\n"
        "    %comet info ~/Pictures/a paper boat.webp\n\n"
        "It reads what `.save()` wrote (PNG, JPEG, WebP), the text of the Stable Diffusion web\n"
        "UIs and ComfyUI's graphs, shows it, and writes it as a %%comet cell to copy. What was\n"
        "made elsewhere is put into the words of the model that comes nearest, and what has no\n"
        "counterpart is listed. Nothing is sent.",
        _info,
        ("PICTURE", "ID"),
    ),
)
