"""Lists: of predictions for ``%comet status``, and of settings with where they come from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ..record import Record
from . import grid, html, words
from .caption import Bundle
from .html import Html
from .text import age, columns, one_line

ROWS = 200
"""Rows at most; the rest is counted."""


def status_table(records: Sequence[Record], now: datetime) -> Bundle:
    """Predictions as a table: state, model, prompt, seed, age, id.

    Parameters
    ----------
    records : sequence of Record
    now : datetime
        Aware; what ages are counted to.
    """
    header = ("state", "model", "prompt", "seed", "age", "id")
    rows = [_row(record, now) for record in records[:ROWS]]
    cells: list[tuple[str, ...]] = [
        (
            html.unbroken(html.dot(words.colour(record)), row[0]),
            *row[1:4],
            html.unbroken(row[4]),
            html.code(row[5]) if row[5] else "",
        )
        for record, row in zip(records, rows, strict=False)
    ]
    more = f"and {len(records) - ROWS:,} more" if len(records) > ROWS else ""
    return _bundle(header, rows, cells, more or ("" if rows else "no predictions yet"))


def key_value_table(
    rows: Sequence[tuple[str, str, str]],
    header: tuple[str, str, str] = ("setting", "value", "origin"),
) -> Bundle:
    """Settings as a table: name, value, where the value comes from."""
    texts = [tuple(one_line(cell, 300) for cell in row) for row in rows[:ROWS]]
    cells = [
        (html.unbroken(html.strong(name)), value, html.muted(origin))
        for name, value, origin in texts
    ]
    return _bundle(header, texts, cells, "" if rows else "nothing to show")


def _row(record: Record, now: datetime) -> tuple[str, ...]:
    seed = words.seed(record)
    return (
        words.state(record),
        words.model(record, short=True),
        words.excerpt(record, 56),
        "" if seed is None else one_line(seed, 24),
        age(record.submitted_at, now),
        one_line(record.id, 200),
    )


def _bundle(
    header: Sequence[str],
    texts: Sequence[Sequence[str]],
    cells: Sequence[Sequence[str]],
    remark: str,
) -> Bundle:
    table = grid.table(header, cells) if cells else Html()
    plain = columns(header, texts) if texts else ""
    return {
        "text/html": str(html.block(table, html.line(html.muted(remark)) if remark else "")),
        "text/plain": "\n".join(part for part in (plain, remark) if part),
    }
