"""Two results side by side, and what differs between them, as markup and as text.

What differs is decided in ``differences``, words are compared in ``word_difference``; one result
at length is in ``details``, what ``%comet compare`` shows is in ``compared``.
"""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

from ..images import Preview
from ..record import Record
from . import html, words
from .bundle import alt_text
from .caption import Bundle
from .details import badge_colour, large_picture, name_width
from .differences import Difference, differences, result_differences, same_picture
from .html import Html
from .text import columns, joined

_ROWS = 64
_WIDEST, _TALLEST = 560, 600
# Two columns and the gap between them need 416 px: stacked on less. Ids need 200 px each.
_BASIS, _GAP = 200, 16
_WORDS_BASIS, _WORDS_GAP = 500, 24
_TEXT_COLUMN = 48


def comparison(
    left: Record, right: Record, left_shown: Preview | None, right_shown: Preview | None
) -> Bundle:
    """Two results next to each other, named A and B, and what differs.

    Parameters
    ----------
    left, right : Record
    left_shown, right_shown : Preview or None
        Their pictures; without one the state stands in its place.

    Returns
    -------
    dict
        ``text/html`` and ``text/plain``; the plain text says all but the pictures.
    """
    width = _column_width(left_shown, right_shown)
    pictures = html.element(
        "div",
        _column("A", left, left_shown, width),
        _column("B", right, right_shown, width),
        style=f"display:flex;flex-wrap:wrap;gap:12px {_GAP}px;align-items:flex-start",
    )
    return with_differences(left, right, pictures)


def with_differences(
    left: Record,
    right: Record,
    pictures: Html,
    facts: Sequence[Difference] = (),
    *,
    beside: int = 0,
) -> Bundle:
    """Two results named A and B: how they are shown, and in words what differs.

    Parameters
    ----------
    left, right : Record
    pictures : Html
    facts : sequence of Difference
        What else there is to say of the two, at the end.
    beside : int
        CSS pixels that the pictures are wide, where there is room for the words on their right;
        0 sets the words below them.
    """
    asked = _some(differences(left, right))
    came = (*result_differences(left, right), *facts)
    remark = _remark(left, right, asked)
    prompt = _shared_prompt(left, right)
    said = html.group(
        html.line(html.muted(prompt), style=f"{html.SMALL};margin:6px 0 0 0") if prompt else "",
        html.line(remark, style="margin:6px 0 0 0") if remark else "",
        _table(asked, came),
    )
    if beside:
        said = html.element("div", said, style=f"flex:1 1 {_WORDS_BASIS}px;min-width:0")
        pictures = html.element("div", pictures, style=f"flex:0 1 {beside}px;min-width:0")
    layout = f";display:flex;flex-wrap:wrap;gap:0 {_WORDS_GAP}px;align-items:flex-start"
    markup = html.block(
        pictures,
        said,
        style=f"line-height:1.5;overflow-wrap:break-word{layout if beside else ''}",
    )
    text = (
        *(f"{name}: {joined(_heading(one))}" for name, one in (("A", left), ("B", right))),
        prompt,
        remark,
        _text_table((*asked, *came)),
    )
    return {"text/html": str(markup), "text/plain": joined(text, "\n")}


def _some(found: Sequence[Difference]) -> tuple[Difference, ...]:
    more = len(found) - _ROWS
    return (*found[:_ROWS], *([Difference("", f"and {more} more", "")] if more > 0 else []))


def _remark(left: Record, right: Record, asked: Sequence[Difference]) -> str:
    alike = same_picture(left, right)
    if asked:
        return "the same picture, byte for byte" if alike else ""
    said = "the inputs are the same"
    if left.images and right.images:
        said += ", and so is the picture, byte for byte" if alike else ", the pictures are not"
    return said


def _shared_prompt(left: Record, right: Record) -> str:
    is_shared = left.request.prompt and left.request.prompt == right.request.prompt
    return f"“{words.excerpt(left, 240)}”" if is_shared else ""


def _heading(record: Record) -> tuple[str, ...]:
    labels = words.badges([record])
    model = "" if record.sandbox else words.model(record, short=True)
    return (words.seeds([record]), model, *labels)


def _column_width(*shown: Preview | None) -> int:
    """CSS pixels at most, the same for both, so that the taller one still fits a screen."""
    ratios = [one.width / max(1, one.height) for one in shown if one]
    return max(_BASIS, min(_WIDEST, round(_TALLEST * min(ratios, default=1.0))))


def _column(name: str, record: Record, shown: Preview | None, width: int) -> Html:
    labels = words.badges([record])
    heading = html.line(
        html.strong(name),
        " · ",
        html.dotted(
            words.seeds([record]),
            "" if record.sandbox else words.model(record, short=True),
            *(html.badge(text, badge_colour(text)) for text in labels),
        ),
        style="margin:0 0 4px 0",
    )
    picture = (
        large_picture(shown, alt_text(record), "width:100%;height:auto") if shown else _hole(record)
    )
    return html.element(
        "div",
        heading,
        picture,
        style=f"flex:1 1 {_BASIS}px;min-width:0;max-width:{width}px",
    )


def _hole(record: Record) -> Html:
    """What stands where there is no picture."""
    cause = words.failure(record)[0] if record.failure is not None else ""
    state = words.state(record) if cause or not record.finished else "no picture to show"
    return html.element(
        "div",
        html.line(html.dot(words.colour(record)), state),
        html.line(html.muted(cause), style=html.SMALL) if cause else "",
        style="padding:32px 16px;border-radius:6px;background:rgba(128,128,128,0.1)",
        dir="auto",
    )


_CELL = (
    "text-align:left;vertical-align:top;padding:3px 16px 3px 0;border:0;background:none;"
    "line-height:1.5"
)
_MARKS = {
    "left": ("del", "text-decoration:line-through;background:rgba(217,68,60,0.2)"),
    "right": ("ins", "text-decoration:underline;background:rgba(46,163,106,0.22)"),
}


def _table(asked: Sequence[Difference], came: Sequence[Difference]) -> Html:
    """What was asked for differently, below it muted what came of it."""
    if not asked and not came:
        return Html()
    width = name_width(one.name for one in (*asked, *came))
    head = (
        html.element("th", text, style=f"{_CELL};{html.MUTED};font-weight:400{size}")
        for text, size in (("differs", f";width:{width}"), ("A", ""), ("B", ""))
    )
    return html.element(
        "table",
        html.element("thead", html.element("tr", *head, style="background:none")),
        html.element(
            "tbody",
            *(_row(one, _CELL) for one in asked),
            *(_row(one, f"{_CELL};{html.SMALL}", f";{html.MUTED}") for one in came),
        ),
        style="table-layout:fixed;width:100%;max-width:1136px;border-collapse:collapse;border:0;"
        "margin:8px 0 0 0;font-size:0.92em",
    )


def _row(one: Difference, style: str, tone: str = "") -> Html:
    cells = (
        html.element(
            "td",
            _marked(one, side) if one.pieces else text,
            style=f"{style}{tone};white-space:pre-wrap",
            dir="auto",
        )
        for side, text in (("left", one.left), ("right", one.right))
    )
    return html.element(
        "tr",
        html.element("td", html.muted(one.name), style=style),
        *cells,
        style=f"background:none;border-top:1px solid {html.FAINT}",
    )


def _marked(one: Difference, side: str) -> Html:
    tag, style = _MARKS[side]
    parts: list[str] = []
    for piece in one.pieces:
        if piece.side != side:
            parts.append(piece.text if piece.side == "both" else "")
            continue
        # White space around a word is left alone, unless it is all that has changed.
        core = piece.text.strip() or piece.text
        before, _, after = piece.text.partition(core)
        parts += [before, html.element(tag, core, style=style), after]
    return html.group(*parts)


def _text_table(found: Sequence[Difference]) -> str:
    lines: list[tuple[str, str, str]] = []
    for one in found:
        left, right = (wrap(text, _TEXT_COLUMN) or [""] for text in (one.left, one.right))
        height = max(len(left), len(right))
        names = [one.name] + [""] * (height - 1)
        lines += zip(
            names,
            left + [""] * (height - len(left)),
            right + [""] * (height - len(right)),
            strict=True,
        )
    return columns(("differs", "A", "B"), lines) if lines else ""
