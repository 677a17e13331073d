"""The inputs of one model, and a cell to begin with.

What the options of a cell mean for a model, and the cell itself, are handed in in words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..models import InputSpec
from . import grid, html
from .caption import Bundle
from .html import Html
from .text import clean, columns, joined, one_line

_TYPES = {
    "string": "text",
    "integer": "integer",
    "number": "number",
    "boolean": "true or false",
    "uri": "picture",
    "uri[]": "pictures",
}
_HEADING = "an example: copy it into a cell"
_HEADER = ("input", "type", "default", "allowed", "in a cell")


@dataclass(frozen=True, slots=True)
class Schema:
    """What is said of one model.

    Attributes
    ----------
    name : str
        ``owner/name``.
    short : str
        The name that one would type; may be the full one.
    facts : tuple of str
        Short texts for one line: other names, price, run time.
    purpose : str
        What it is for, in a line.
    inputs : sequence of InputSpec
        Those that are required first; empty when they are not known.
    options : mapping of str to str
        By input: how it is given in a cell.
    remarks : sequence of str
        A line each; backticks mark what is to be typed.
    notices : sequence of str
        What nobody should miss.
    example : str
        A cell to copy; empty for none.
    label : str
        A badge, of the sandbox.
    """

    name: str
    short: str
    facts: tuple[str, ...] = ()
    purpose: str = ""
    inputs: Sequence[InputSpec] = ()
    options: Mapping[str, str] = field(default_factory=dict)
    remarks: Sequence[str] = ()
    notices: Sequence[str] = ()
    example: str = ""
    label: str = ""


def schema(shown: Schema) -> Bundle:
    """One model's inputs as a table, with what the options of a cell mean for it.

    Returns
    -------
    dict
        ``text/html`` and ``text/plain``, of which each says everything.
    """
    rows = [_row(one, shown.options.get(one.name, "")) for one in shown.inputs]
    facts = [one_line(fact, 200) for fact in shown.facts if fact]
    short, name, purpose = (one_line(text) for text in (shown.short, shown.name, shown.purpose))
    names = (short, "" if name == short else name)
    markup = html.block(
        html.line(
            html.dotted(
                html.strong(short),
                html.code(names[1]) if names[1] else "",
                *map(html.muted, facts),
                html.badge(shown.label, html.AMBER) if shown.label else "",
            )
        ),
        html.line(purpose) if purpose else "",
        html.line(_table(rows), style="margin:8px 0 0 0") if rows else "",
        html.line(
            *(html.line(html.muted(html.prose(text))) for text in shown.remarks),
            style=f"{html.SMALL};line-height:1.6;margin:6px 0 0 0",
        ),
        *(html.notice(text) for text in shown.notices),
        _example(shown.example),
    )
    parts = (
        joined((joined((*names, *facts, shown.label)), purpose), "\n"),
        columns(_HEADER, [_plain(row) for row in rows]) if rows else "",
        joined((*shown.remarks, *shown.notices), "\n"),
        f"{_HEADING}\n\n{shown.example}" if shown.example else "",
    )
    return {"text/html": str(markup), "text/plain": clean(joined(parts, "\n\n"))}


def _example(cell: str) -> Html:
    if not cell:
        return Html()
    heading = html.line(_HEADING, style=f"{html.SMALL};{html.MUTED};margin:8px 0 0 0")
    return html.group(heading, html.preformatted(cell, height="16em"))


def _row(wanted: InputSpec, option: str) -> tuple[str, ...]:
    default = "required" if wanted.required else _value(wanted.default)
    return (wanted.name, _TYPES[wanted.type], default, _allowed(wanted), option)


def _value(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def _allowed(wanted: InputSpec) -> str:
    if wanted.allowed:
        return ", ".join(wanted.allowed)
    low, high = wanted.minimum, wanted.maximum
    if wanted.type == "uri[]":
        return f"up to {high:g}" if high is not None else ""
    span = ""
    if low is not None and high is not None:
        span = f"{low:g} to {high:g}"
    elif low is not None:
        span = f"from {low:g}"
    elif high is not None:
        span = f"up to {high:g}"
    step = f"multiples of {wanted.multiple_of}" if wanted.multiple_of else ""
    return joined((span, step), ", ")


def _plain(row: Sequence[str]) -> tuple[str, ...]:
    *facts, option = row
    return (*facts, option.replace("`", ""))


def _table(rows: Sequence[Sequence[str]]) -> Html:
    return grid.table(_HEADER, [_cells(*row) for row in rows])


def _cells(name: str, kind: str, default: str, allowed: str, option: str) -> tuple[str, ...]:
    return (
        html.unbroken(html.strong(name)),
        html.muted(html.unbroken(kind)),
        html.unbroken(html.muted(default) if default == "required" else default),
        allowed,
        html.unbroken(html.prose(option)),
    )
