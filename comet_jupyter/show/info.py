"""What a picture file says of its making: facts below each other, and a cell to copy.

The facts are found and worded elsewhere (``notebook/verbs/info.py``); they come from anybody's
files, so all of it is escaped here like any other text.
"""

from __future__ import annotations

from collections.abc import Sequence

from . import html
from .caption import Bundle
from .facts import PROMPT_LIMIT
from .html import Html
from .text import clean, columns, joined

_CELL = "text-align:left;vertical-align:top;padding:2px 16px 2px 0;border:0;background:none"


def info(
    rows: Sequence[tuple[str, str]],
    notices: Sequence[str] = (),
    *,
    heading: str = "",
    cell: str = "",
) -> Bundle:
    """Facts with their names, what the reader should know, and the text of a cell.

    Parameters
    ----------
    rows : sequence of (str, str)
        Those without a value are left out; a value may have several lines.
    notices : sequence of str
        A line each.
    heading : str
        What the cell is.
    cell : str
        Empty for none; it is shown as it is, so nothing in it may be odd.
    """
    shown = [(clean(name), _whole(value)) for name, value in rows if value.strip()]
    markup = html.block(
        _table(shown) if shown else "",
        *(html.notice(text) for text in notices),
        html.line(heading, style=f"{html.SMALL};{html.MUTED};margin:8px 0 0 0") if cell else "",
        html.preformatted(cell, height="16em") if cell else "",
    )
    lines = [
        (name if first else "", line) for name, value in shown for first, line in _lines(value)
    ]
    text = joined(
        (
            columns(lines[0], lines[1:]) if lines else "",
            *map(clean, notices),
            f"\n{heading}\n\n{cell}" if cell else "",
        ),
        "\n",
    )
    return {"text/html": str(markup), "text/plain": text}


def _whole(value: str) -> str:
    """The text for the eye, cut where nobody reads on."""
    left_out = len(value) - PROMPT_LIMIT
    rest = f"… and {left_out:,} more characters" if left_out > 0 else ""
    return clean(value[:PROMPT_LIMIT]).strip("\n") + rest


def _lines(value: str) -> list[tuple[bool, str]]:
    return [(number == 0, line) for number, line in enumerate(value.split("\n"))]


def _table(rows: Sequence[tuple[str, str]]) -> Html:
    body = (
        html.element(
            "tr",
            html.element("td", html.unbroken(html.muted(name)), style=_CELL),
            html.element(
                "td", value, style=f"{_CELL};white-space:pre-wrap;{html.WRAP}", dir="auto"
            ),
            style=f"background:none;border-top:1px solid {html.FAINT}",
        )
        for name, value in rows
    )
    return html.element(
        "table",
        html.element("tbody", *body),
        style="border-collapse:collapse;margin:0 0 6px 0;font-size:0.92em",
    )
