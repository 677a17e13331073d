"""The models that can be named, as a list; and the user's aliases.

Which models those are, and in which order, is decided elsewhere; what one of them takes is
shown by ``schema.py``. Names and descriptions come from the service's catalogue: all of it is
text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from . import grid, html
from .caption import Bundle
from .html import Html
from .text import age, clean, columns, joined, one_line

ROWS = 100
"""Models that are listed at most, by 1.3 kB each; the rest is counted."""


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One model in words.

    Attributes
    ----------
    name : str
        ``owner/name``.
    short : str
        What one would type; empty when only the full name will do.
    others : tuple of str
        Further names for it, of the user first.
    purpose : str
        What it is for.
    takes : str
        What it makes a picture of: ``text``, ``text (+ picture)``.
    price : str
        For one request; empty when unknown.
    inputs : str
        How many inputs are known here; empty when none are.
    """

    name: str
    short: str = ""
    others: tuple[str, ...] = ()
    purpose: str = ""
    takes: str = ""
    price: str = ""
    inputs: str = ""


def origin_words(origin: str, taken_at: datetime | None, trouble: str, now: datetime) -> str:
    """Where a list of models comes from, in one line.

    Parameters
    ----------
    origin : str
        ``service``, ``sandbox`` or ``packaged``.
    taken_at : datetime or None
        Aware; when the service gave it.
    trouble : str
        Why it is not what the service says now; empty when it is, or nobody was asked.
    now : datetime
        Aware; what ages are counted to.
    """
    trouble = one_line(trouble, 300)
    if origin == "packaged" or taken_at is None:
        asked = f"the service could not be asked: {trouble}" if trouble else "nobody was asked"
        return f"the list of the package; {asked}"
    if origin == "sandbox":
        return "the sandbox's own list: pictures are drawn on this machine, no charge"
    seconds = now.timestamp() - taken_at.timestamp()
    old = "of just now" if seconds < 60 else f"{age(taken_at, now)} old"
    again = f"; it could not be asked again: {trouble}" if trouble else ""
    return f"from the service's catalogue, {old}{again}"


def model_list(
    rows: Sequence[ModelRow], origin: str, remarks: Sequence[str] = (), *, label: str = ""
) -> Bundle:
    """Models as a table: names, purpose, what they take, price, inputs.

    Parameters
    ----------
    rows : sequence of ModelRow
    origin : str
        As `origin_words` gives it.
    remarks : sequence of str
        A line each; backticks mark what is to be typed.
    label : str
        A badge above it, of the sandbox.

    Returns
    -------
    dict
        ``text/html`` and ``text/plain``, of which each says everything.
    """
    shown = rows[:ROWS]
    texts, cells = [_texts(row) for row in shown], [_cells(row) for row in shown]
    more = [f"and {len(rows) - ROWS:,} more"] if len(rows) > ROWS else []
    lines = [origin, *more, *remarks] if shown else [*remarks, origin]
    markup = html.block(
        html.line(html.badge(label, html.AMBER), style="margin:0 0 4px 0") if label else "",
        _table(_HTML_HEADER, cells) if cells else "",
        html.line(
            *(html.line(html.muted(html.prose(line))) for line in lines),
            style=f"{html.SMALL};line-height:1.6;margin:6px 0 0 0",
        ),
    )
    kept = _kept(texts)
    plain = columns(_picked(_HEADER, kept), [_picked(row, kept) for row in texts]) if texts else ""
    return {"text/html": str(markup), "text/plain": clean(joined((label, plain, *lines), "\n"))}


def _table(header: Sequence[str], cells: Sequence[Sequence[str]]) -> Html:
    kept = _kept(cells)
    return grid.table(_picked(header, kept), [_picked(row, kept) for row in cells])


def alias_list(aliases: Sequence[tuple[str, str, str]], remarks: Sequence[str] = ()) -> Bundle:
    """Aliases as a table.

    Parameters
    ----------
    aliases : sequence of (str, str, str)
        Name, model, and what is to be said of it.
    remarks : sequence of str
        A line each.
    """
    header = ("alias", "model", "")
    texts = [
        (one_line(name, 80), one_line(model, 210), clean(note)) for name, model, note in aliases
    ]
    cells = [
        (html.unbroken(html.strong(name)), html.code(model), html.muted(note))
        for name, model, note in texts
    ]
    markup = html.block(
        grid.table(header, cells) if cells else "",
        *(html.line(html.muted(html.prose(text)), style=html.SMALL) for text in remarks),
    )
    plain = columns(header, texts) if texts else ""
    return {"text/html": str(markup), "text/plain": clean(joined((plain, *remarks), "\n"))}


# -- rows --------------------------------------------------------------------------------------

_HEADER = ("name", "full name", "for", "from", "price", "inputs")
_HTML_HEADER = ("model", "also", *_HEADER[2:])


def _kept(rows: Sequence[Sequence[str]]) -> list[int]:
    """The columns that have something in them."""
    return [column for column in range(len(_HEADER)) if any(row[column] for row in rows)]


def _picked(cells: Sequence[str], kept: Sequence[int]) -> list[str]:
    return [cells[column] for column in kept]


def _texts(row: ModelRow) -> tuple[str, ...]:
    names = one_line(joined((row.short, *row.others), ", "))
    return (names, one_line(row.name, 210), *_facts(row))


def _facts(row: ModelRow) -> tuple[str, ...]:
    told = (row.purpose, row.takes, row.price, row.inputs)
    return tuple(one_line(text, 110) for text in told)


def _cells(row: ModelRow) -> tuple[str, ...]:
    """As the texts, but for the names: of the full one that part stands out that one types."""
    owner, slash, own = one_line(row.name, 210).rpartition("/")
    others = [name for name in (row.short, *row.others) if name and name != own]
    if row.short == own or own in row.others:
        model = html.group(html.muted(owner + slash), html.strong(own))
    else:
        model = html.strong(owner + slash + own)
    purpose, takes, price, inputs = _facts(row)
    return (
        html.unbroken(model),
        html.group(*map(html.unbroken, others), separator=", "),
        purpose,
        html.unbroken(takes),
        html.unbroken(price) if price.startswith("~") else html.unbroken(html.muted(price)),
        html.muted(inputs),
    )
