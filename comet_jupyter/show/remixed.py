"""What ``%comet remix`` says of the cell that it has written."""

from __future__ import annotations

from datetime import datetime, timezone

from .. import models
from ..record import Record
from ..wire.request import PredictionRequest
from . import html, remarks
from .caption import Bundle
from .differences import NO_SUCH_INPUT, differences
from .past import reference
from .text import clean, count, joined, one_line

_MOST = 6
_VALUE = 60


def remixed(
    record: Record, request: PredictionRequest, text: str, *, pictures: int = 1, visible: bool
) -> Bundle:
    """One line: what the next cell changes; and the cell where it can be seen nowhere else.

    Parameters
    ----------
    record : Record
        The earlier prediction.
    request : PredictionRequest
        What the cell asks for; without a seed when it draws one.
    text : str
        The whole cell.
    pictures : int
        How many it makes.
    visible : bool
        Show the cell here, too: the front end does not put it below.

    Returns
    -------
    dict
        ``text/html`` and ``text/plain``; the plain text always has the cell.
    """
    where = "the cell below" if visible else "the next cell"
    changes = _changes(record, request, pictures)
    said = (
        f"{where} asks for {reference(record)} again"
        f"{f' with {changes}' if changes else ', ready to be changed'}; nothing was sent"
    )
    markup = html.block(
        html.notice(said, html.GREEN), remarks.cell(text) if visible else "", style=html.WRAP
    )
    return {"text/html": str(markup), "text/plain": f"{clean(said)}\n\n{clean(text)}"}


def _changes(record: Record, request: PredictionRequest, pictures: int) -> str:
    origin = "sandbox" if record.sandbox else "service"  # who makes it is no change of the cell's
    asked = Record("", request, datetime.now(timezone.utc), origin=origin)
    parts = [
        f"{one.name} {one_line(one.right, _VALUE)} instead of {one_line(one.left, _VALUE)}"
        for one in differences(record, asked)
        if one.name not in ("prompt", "model", "seed") and one.right != NO_SUCH_INPUT
    ]
    if len(parts) > _MOST:
        parts = [*parts[:_MOST], f"{len(parts) - _MOST} more"]
    if request.model != record.model:
        parts.insert(
            0, f"{models.short_name(request.model)} instead of {models.short_name(record.model)}"
        )
    seed = record.request.seed
    if request.seed is None and seed is not None:
        parts.append("a new seed")
    elif request.seed is not None and request.seed != seed:
        parts.append(f"seed {request.seed}")
    if pictures > 1:
        parts.append(count(pictures, "picture"))
    return joined(parts, ", ")
