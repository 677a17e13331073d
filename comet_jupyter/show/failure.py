"""What stands in a cell whose prediction failed, and the log where it was asked for."""

from __future__ import annotations

from collections.abc import Sequence

from ..record import Record
from . import html, words
from .caption import Bundle
from .html import Html
from .text import joined, one_line, tail

_QUIET = f"{html.SMALL};{html.MUTED}"

_IDS = 20

LOG_LINES = 20
LOG_LIMIT = 40_000
"""Bytes of the log in a cell, HTML and plain text together."""


def failure(record: Record) -> Bundle:
    """A failed prediction: cause, remedy, id, and the tail of its log.

    Returns
    -------
    dict
        ``text/html`` and ``text/plain``; the plain text says all of it.
    """
    cause, remedy = words.failure(record)
    facts = _facts(record)
    log = _log(record)
    title = _title(record)
    tone = html.AMBER if _goes_on(record) else words.colour(record)
    markup = html.block(
        html.line(html.element("strong", title, style=f"color:{tone}"), f" · {cause}"),
        html.line(html.prose(remedy)) if remedy else "",
        html.line(html.dotted(*facts, _id(record)), style=f"{html.SMALL};{html.MUTED}"),
        html.folded("log", html.preformatted(log)) if log else "",
        style=f"border-left:3px solid {tone};padding:2px 0 2px 12px;line-height:1.6",
    )
    text = "\n".join(
        part
        for part in (
            joined((title, cause)),
            remedy,
            joined((*facts, f"id {one_line(record.id, 200)}" if record.id else "")),
            f"log:\n{log}" if log else "",
        )
        if part
    )
    return {"text/html": str(markup), "text/plain": text}


def failures(records: Sequence[Record], count: int | None = None) -> Bundle:
    """Predictions of one prompt that failed for one cause, in little room.

    Parameters
    ----------
    records : sequence of Record
        At least one; the last 20 tell all that is shown.
    count : int, optional
        How many there are in all, when `records` are only the last of them.

    Returns
    -------
    dict
        ``text/html`` and ``text/plain``.
    """
    records, count = records[-_IDS:], max(len(records), count or 0)
    first = records[0]
    cause, remedy = words.failure(first)
    tone = html.AMBER if _goes_on(first) else words.colour(first)
    title = _title(first) if count == 1 else f"{count:,} {_title(first)}"
    facts = (words.seeds(records) if count == len(records) else "", words.excerpt(first, 160))
    ids = [one_line(record.id, 200) for record in records if record.id]
    behind = count - len(records)
    more = f"and {behind:,} more" if ids and behind else ""
    log = _log(first)
    markup = html.block(
        html.line(html.element("strong", title, style=f"color:{tone}"), f" · {cause}"),
        html.line(html.prose(remedy), style=html.SMALL) if remedy else "",
        html.line(html.dotted(facts[0], html.element("bdi", facts[1])), style=_QUIET),
        html.folded(
            "details",
            html.line(html.group(*map(html.code, ids), more, separator=", "), style=_QUIET),
            html.preformatted(log) if log else "",
        )
        if ids or log
        else "",
        style=f"border-left:3px solid {tone};padding:0 0 0 10px;line-height:1.5",
    )
    text = "\n".join(
        part
        for part in (joined((title, cause)), remedy, joined(facts), joined((*ids, more), ", "))
        if part
    )
    return {"text/html": str(markup), "text/plain": text}


def _title(record: Record) -> str:
    """The state word, on its own understandable."""
    if _goes_on(record):
        return "still running"
    return "outcome unknown" if record.status == "unknown" else words.state(record)


def _goes_on(record: Record) -> bool:
    """True when only the waiting has ended."""
    return record.failure is not None and record.failure.kind == "StillRunningError"


def _facts(record: Record) -> tuple[str, ...]:
    label = words.SANDBOX if record.sandbox else words.model(record)
    return (label, words.seeds([record]), words.times([record]), words.cost([record]))


def _id(record: Record) -> Html:
    return html.code(one_line(record.id, 200)) if record.id else Html()


def _log(record: Record) -> str:
    details = record.failure.details if record.failure else ""
    return tail(record.state.logs or details, LOG_LINES)


def logs_block(record: Record) -> Bundle:
    """The log of a prediction, unfolded, its last part where it is long.

    Returns
    -------
    dict
        ``text/html`` and ``text/plain``; both empty texts when there is no log.
    """
    lines = tail(record.state.logs, 1_000, 1_000)
    while _cost(lines) > LOG_LIMIT:
        lines = lines[len(lines) // 8 + 1 :].partition("\n")[2]
    if not lines:
        return {"text/html": "", "text/plain": ""}
    label = joined(("log", one_line(record.id, 200)))
    markup = html.folded(label, html.preformatted(lines, height="22em"), is_open=True)
    return {"text/html": str(html.block(markup)), "text/plain": lines}


def _cost(lines: str) -> int:
    """Bytes in the notebook: once escaped, once plain."""
    return len(html.escape(lines).encode()) + len(lines.encode())
