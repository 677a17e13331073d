"""What became of earlier predictions: those left unfinished, and those that were forgotten.

What a page of the history looks like is in ``history``, what was spent in ``spending``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from ..record import Record
from . import grid, html, words
from .caption import Bundle
from .html import Html
from .text import clean, count, joined, one_line

ROWS = 50
"""Predictions of each kind that are listed; the rest is counted."""

KEY = 12
"""Characters of a key that stand for a prediction without an id."""

_KEPT = "its files are in the store"
_EXPIRED = "it is no longer kept by the service (outputs live about an hour)"

CellOf = Callable[[Record], str]
"""The text of a cell that asks for the same again; empty when there is none."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """A prediction that was deleted from the history.

    Attributes
    ----------
    record : Record
        As it was.
    deleted : int
        Files that went with it.
    kept : int
        Files that stay, because another result refers to them too.
    """

    record: Record
    deleted: int = 0
    kept: int = 0


def reference(record: Record) -> str:
    """What a prediction is asked for by: its id, else the beginning of its key."""
    return one_line(record.id, 200) or one_line(record.key, 200)[:KEY]


def resumed(
    followed: Sequence[Record],
    unknown: Sequence[Record],
    expired: Sequence[Record],
    elsewhere: Sequence[Record],
    now: datetime,
    cell_of: CellOf | None = None,
) -> Bundle:
    """What became of the predictions that were left unfinished.

    Parameters
    ----------
    followed : sequence of Record
        Asked for again from here.
    unknown : sequence of Record
        Their create was sent, and nobody knows whether it made anything.
    expired : sequence of Record
        Ended meanwhile, mostly because the service no longer keeps them.
    elsewhere : sequence of Record
        Another kernel follows them.
    now : datetime
        Aware; its time zone is that of the dates.
    cell_of : callable, optional
        The text of the cell that asks for a record's request again.

    Returns
    -------
    dict
        ``text/html`` and ``text/plain``, of which each says everything.
    """
    groups = [
        _Group("followed again: no new prediction, no cost", html.GREEN, followed),
        _Group("of unknown outcome, perhaps charged", html.AMBER, unknown, cell_of, asks=True),
        _Group("ended meanwhile", html.GREY, expired, says_why=True),
        _Group("followed by another kernel", html.BLUE, elsewhere),
    ]
    shown = [group for group in groups if group.records]
    if not shown:
        text = "nothing was left unfinished"
        return {"text/html": str(html.block(html.line(html.muted(text)))), "text/plain": text}
    return {
        "text/html": str(html.block(*(_group_html(one, now) for one in shown))),
        "text/plain": "\n".join(_group_text(one, now) for one in shown),
    }


def forgotten(gone: Sequence[Forgotten]) -> Bundle:
    """What was deleted from the history, and how many files went with it."""
    files = sum(one.deleted for one in gone)
    head = f"forgotten: {count(len(gone), 'prediction')}, {count(files, 'file')} deleted"
    rows = [(reference(one.record), _what(one.record), _files(one)) for one in gone[:ROWS]]
    more = f"and {len(gone) - ROWS:,} more" if len(gone) > ROWS else ""
    markup = html.block(
        html.notice(head, html.GREEN),
        *(_indented(html.dotted(html.code(name), *texts)) for name, *texts in rows),
        _indented(more) if more else "",
    )
    lines = [f"  {joined(row)}" for row in rows]
    plain = "\n".join(line for line in (head, *lines, f"  {more}" if more else "") if line)
    return {"text/html": str(markup), "text/plain": plain}


def _files(one: Forgotten) -> str:
    if not one.deleted and not one.kept:
        return "it had no files"
    stay = f"{count(one.kept, 'file')} kept, which another result uses" if one.kept else ""
    return joined((f"{count(one.deleted, 'file')} deleted" if one.deleted else "", stay), ", ")


# -- groups of the summary ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Group:
    """Predictions that share a fate, and what is said of each beside its name."""

    title: str
    colour: str
    records: Sequence[Record]
    cell_of: CellOf | None = None
    asks: bool = False
    says_why: bool = False

    @property
    def heading(self) -> str:
        return f"{len(self.records):,} {self.title}"

    @property
    def rest(self) -> str:
        left_out = len(self.records) - ROWS
        return f"and {left_out:,} more" if left_out > 0 else ""

    def reason(self, record: Record) -> str:
        """What became of it, where that is to be said."""
        if not self.says_why:
            return ""
        if record.failure is not None:
            return words.failure(record)[0]
        return _KEPT if record.files else _EXPIRED


def _choice(record: Record) -> str:
    """What can be done about a create of unknown outcome."""
    return (
        f"check your usage at the service; then `%comet forget {reference(record)}` drops it, "
        "or run its cell again (may charge twice)"
    )


def _cell(group: _Group, record: Record) -> str:
    return clean(group.cell_of(record)) if group.cell_of is not None else ""


def _what(record: Record) -> str:
    prompt = words.excerpt(record, 64)
    return joined((words.model(record, short=True), f"“{prompt}”" if prompt else ""))


def _group_html(group: _Group, now: datetime) -> Html:
    return html.element(
        "div",
        html.line(html.dot(group.colour), html.strong(group.heading)),
        *(_record_html(group, record, now) for record in group.records[:ROWS]),
        _indented(html.muted(group.rest)) if group.rest else "",
        style="line-height:1.6;margin:0 0 8px 0",
    )


def _record_html(group: _Group, record: Record, now: datetime) -> Html:
    cell = _cell(group, record)
    return _indented(
        html.dotted(
            html.unbroken(html.muted(grid.date(record.submitted_at, now))),
            words.model(record, short=True),
            html.element("bdi", words.excerpt(record, 64)),
            html.muted(html.code(reference(record))),
        ),
        html.line(html.muted(group.reason(record))) if group.says_why else "",
        html.line(html.prose(_choice(record))) if group.asks else "",
        html.folded("its cell", html.preformatted(cell, height="16em")) if cell else "",
    )


def _indented(*children: str) -> Html:
    return html.line(*children, style=f"{html.SMALL};padding-left:14px;line-height:1.6;{html.WRAP}")


def _group_text(group: _Group, now: datetime) -> str:
    lines = [group.heading]
    for record in group.records[:ROWS]:
        when = grid.date(record.submitted_at, now)
        lines.append(f"  {joined((when, _what(record), reference(record)))}")
        lines += [f"    {text}" for text in (group.reason(record),) if text]
        if group.asks:
            lines.append(f"    {_choice(record)}")
        lines += [f"      {line}" for line in _cell(group, record).splitlines()]
    return "\n".join([*lines, *([f"  {group.rest}"] if group.rest else [])])
