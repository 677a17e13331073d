"""A table of cells that may hold markup: the look that all lists share.

What stands in it is the caller's; a table in plain text is made by ``text.columns``.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timezone

from . import html
from .html import Html

_CELL = "vertical-align:top;padding:3px 16px 3px 0;border:0;background:none"


def table(
    header: Sequence[str], rows: Sequence[Sequence[str]], numbers: Collection[int] = ()
) -> Html:
    """Rows below a quiet header.

    Parameters
    ----------
    header : sequence of str
    rows : sequence of sequences of str
        As many cells as the header has; what is not `Html` is escaped.
    numbers : collection of int
        Columns that are aligned to the right.
    """
    sides = ["right" if column in numbers else "left" for column in range(len(header))]
    head = html.element(
        "tr",
        *(
            html.element(
                "th", name, style=f"text-align:{side};{_CELL};font-weight:400;{html.MUTED}"
            )
            for name, side in zip(header, sides, strict=True)
        ),
        style="background:none",
    )
    # Front ends align numbers to the right and stripe rows; a quiet list says so where it does.
    body = (
        html.element(
            "tr",
            *(
                html.element("td", cell, style=f"text-align:{side};{_CELL}", dir="auto")
                for cell, side in zip(row, sides, strict=True)
            ),
            style=f"background:none;border-top:1px solid {html.FAINT}",
        )
        for row in rows
    )
    return html.element(
        "table",
        html.element("thead", head),
        html.element("tbody", *body),
        style="border-collapse:collapse;margin:0;font-size:0.92em",
    )


def date(moment: datetime, now: datetime) -> str:
    """``2026-03-12 14:27`` in the time zone of `now`: what is saved has no age."""
    try:
        local = moment.astimezone(now.tzinfo)
    except OverflowError:  # the first or the last day that there is
        local = moment.astimezone(timezone.utc)
    return f"{local:%Y-%m-%d %H:%M}"


def date_heading(now: datetime) -> str:
    """What stands above such dates: the zone, where it is not the reader's own."""
    return "when" if now.utcoffset() else "when (UTC)"
