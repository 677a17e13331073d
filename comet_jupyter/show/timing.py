"""The timing picture: where the seconds went, as a small SVG and in words.

One record is one stacked bar (queue, run, download); several are one thin row each on a
common axis, so that what ran side by side stands side by side. Always used as ``<img>`` with
a data URI: front ends drop inline ``<svg>``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..record import Record
from . import html, words
from .text import count

WIDTH = 180
"""CSS pixels; a vector picture is as sharp on a screen with two or three dots a pixel."""

HEIGHT = 10
ROWS = 24
"""More predictions than this make no picture that can be read; the first ones are drawn."""

COLOURS = {"queue": html.GREY, "run": html.BLUE, "download": html.TEAL}

_LEAST = 1.5


@dataclass(frozen=True, slots=True)
class Span:
    """One phase on the axis, in CSS pixels."""

    row: int
    phase: str
    x: float
    width: float


def spans(records: Sequence[Record]) -> tuple[Span, ...]:
    """The phases of all records, in proportion to the longest axis that is needed.

    A phase that took any time at all is never narrower than it takes to be seen.
    """
    drawn = records[:ROWS]
    # What was kept was submitted long ago: it starts with the others, not a week before.
    starts = [None if words.kept(r) else r.submitted_at.timestamp() for r in drawn]
    first = min((start for start in starts if start is not None), default=0.0)
    offsets = [0.0 if start is None else start - first for start in starts]
    ends = [offset + _length(record) for offset, record in zip(offsets, drawn, strict=True)]
    longest = max(ends, default=0.0)
    if longest < 1e-6:
        return ()
    scale = WIDTH / longest
    found = []
    for row, (offset, record) in enumerate(zip(offsets, drawn, strict=True)):
        at = offset * scale
        for phase, seconds in words.phases(record):
            if seconds > 0:
                width = max(_LEAST, seconds * scale)
                found.append(Span(row, phase, round(min(at, WIDTH - width), 2), round(width, 2)))
                at += seconds * scale
    return tuple(found)


def _length(record: Record) -> float:
    """Seconds of a row: the total, or the phases where their clock says more."""
    return max(words.total_time(record) or 0.0, sum(s for _, s in words.phases(record)))


def svg(records: Sequence[Record]) -> str:
    """The picture as SVG text; empty when nothing is known to draw."""
    shapes = spans(records)
    if not shapes:
        return ""
    height = picture_height(records)
    thick, pitch = _row(records)
    tracks = "".join(
        f'<rect y="{row * pitch}" width="{WIDTH}" height="{thick}" rx="{min(3, thick // 2)}" '
        'fill="#808080" fill-opacity="0.18"/>'
        for row in range(min(len(records), ROWS))
    )
    bars = "".join(
        f'<rect x="{span.x}" y="{span.row * pitch}" width="{span.width}" height="{thick}" '
        f'fill="{COLOURS[span.phase]}"/>'
        for span in shapes
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        f'viewBox="0 0 {WIDTH} {height}"><title>{html.escape(words_for(records))}</title>'
        f'<clipPath id="c">{tracks}</clipPath>{tracks}'
        f'<g clip-path="url(#c)">{bars}</g></svg>'
    )


def picture_height(records: Sequence[Record]) -> int:
    """CSS pixels."""
    thick, pitch = _row(records)
    return (min(len(records), ROWS) - 1) * pitch + thick


def _row(records: Sequence[Record]) -> tuple[int, int]:
    """How thick a row is, and how far it is to the next one."""
    if len(records) == 1:
        return HEIGHT, HEIGHT
    return (5, 7) if len(records) <= 8 else (3, 4)


def words_for(records: Sequence[Record]) -> str:
    """The text alternative of the picture."""
    whose = "" if len(records) == 1 else f" of {count(len(records), 'prediction')}"
    texts = (
        (phase, words.span([dict(words.phases(record)).get(phase) for record in records]))
        for phase in words.PHASES
    )
    return f"Timing{whose}: {', '.join(f'{phase} {text}' for phase, text in texts if text)}"


def picture(records: Sequence[Record]) -> html.Html:
    """The picture as an ``<img>``, empty when nothing is known to draw."""
    drawn = svg(records)
    if not drawn:
        return html.Html()
    return html.picture(
        "image/svg+xml", drawn.encode(), words_for(records), WIDTH, picture_height(records)
    )
