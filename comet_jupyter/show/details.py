"""One result at length: its pictures, what was asked for, and folded what came of it.

What there is to say of it is in ``facts``. What a cell says of a result in two lines is in
``caption``; two results side by side are in ``comparison``.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from datetime import datetime

from ..images import Preview
from ..record import Record
from . import facts, html, words
from .bundle import alt_text
from .caption import Bundle
from .facts import Fact
from .html import Html
from .text import columns, joined

_GAP = 24
_TALLEST = 640
# Together with the gap they need 804 px: beside each other from there on, else one below the other.
_PICTURES_BASIS, _FACTS_BASIS = 440, 340
_WIDEST_FACTS = 760


def details(
    record: Record,
    shown: Sequence[Preview],
    *,
    path_texts: Sequence[str] = (),
    now: datetime,
    favourite: bool = False,
) -> Bundle:
    """Everything there is to know of one result, finished or not.

    Parameters
    ----------
    record : Record
    shown : sequence of Preview
        Its pictures, in the record's order; may be fewer, or none. Those left out are counted.
    path_texts : sequence of str
        Where the originals are, as the reader should see it.
    now : datetime
        Aware; what the age is counted to, and the time zone of the date.
    favourite : bool
        Marked as one by the user.

    Returns
    -------
    dict
        ``text/html`` and ``text/plain``; the plain text says all but the pictures.
    """
    sent, came = facts.asked(record), facts.came(record, path_texts, now)
    summary = facts.summary(record, now)
    return {
        "text/html": str(_html(record, shown, sent, came, summary, favourite)),
        "text/plain": _text(record, [*sent, *came], favourite),
    }


def name_width(names: Iterable[str]) -> str:
    """A column's width for these names, so that the others can share what is left."""
    return f"{min(24, max(map(len, names), default=0)) * 0.56 + 1.4:.1f}em"


def _html(
    record: Record,
    shown: Sequence[Preview],
    sent: Sequence[Fact],
    came: Sequence[Fact],
    summary: str,
    favourite: bool,
) -> Html:
    width = name_width(fact.name for fact in (*sent, *came))
    log = facts.log(record)
    text = html.element(
        "div",
        _headline(record, favourite),
        _failure(record),
        *(html.notice(text) for text in words.notices([record])),
        *(_prompt_box(name, text) for name, text in facts.prompts(record)),
        _table(sent, width) if sent else "",
        html.folded(summary, _table(came, width)),
        html.folded("log", html.preformatted(log, height="16em")) if log else "",
        style=f"flex:1 1 {_FACTS_BASIS}px;min-width:0;max-width:{_WIDEST_FACTS}px",
    )
    return html.block(
        _pictures(record, shown),
        text,
        style=f"display:flex;flex-wrap:wrap;gap:14px {_GAP}px;align-items:flex-start;"
        "line-height:1.5;overflow-wrap:break-word",
    )


def _pictures(record: Record, shown: Sequence[Preview]) -> Html:
    if not shown:
        return Html()
    pictures = [
        large_picture(one, alt_text(record, index), "width:auto;max-width:100%;height:auto")
        for index, one in enumerate(shown)
    ]
    behind = len(record.images) - len(shown)
    more = _quiet(f"and {behind} more") if behind > 0 else ""
    style = f"flex:2 1 {_PICTURES_BASIS}px;min-width:0"
    if len(shown) == 1:
        # Not larger than it is, and not so tall that it must be scrolled to be seen.
        width = min(shown[0].width, round(_TALLEST * shown[0].width / max(1, shown[0].height)))
        return html.element("div", *pictures, more, style=f"{style};max-width:{max(1, width)}px")
    # Two in a row, also where the last row holds a single one.
    cells = (html.element("div", one, style="flex:0 1 48%;min-width:0") for one in pictures)
    rows = html.element("div", *cells, style="display:flex;flex-wrap:wrap;gap:8px")
    return html.element("div", rows, more, style=style)


def _quiet(text: str) -> Html:
    return html.line(text, style=f"{html.SMALL};{html.MUTED};margin:6px 0 0 0")


def large_picture(shown: Preview, alt: str, style: str) -> Html:
    """A picture that takes the room of its surroundings."""
    uri = f"data:{shown.media_type};base64,{b64encode(shown.data).decode('ascii')}"
    return html.element(
        "img",
        src=uri,
        alt=alt,
        width=shown.display_width,
        style=f"display:block;margin:0;border-radius:6px;{style}",
    )


def _headline(record: Record, favourite: bool) -> Html:
    """The model, and where it came from; the state only while it is no success."""
    labels = words.badges([record])
    state = html.group(html.dot(words.colour(record)), html.strong(words.state(record)))
    return html.line(
        html.dotted(
            "" if _is_success(record) else html.unbroken(state),
            "" if record.sandbox else _model(record),
            *(html.badge(text, badge_colour(text)) for text in labels),
            html.unbroken(_star(), "favourite") if favourite else "",
        ),
    )


def _is_success(record: Record) -> bool:
    return record.succeeded and record.status == "succeeded"


def _model(record: Record) -> Html:
    """The model, its owner in the background."""
    owner, slash, name = words.model(record).rpartition("/")
    return html.group(html.muted(owner + slash) if slash else "", html.strong(name))


def badge_colour(label: str) -> str:
    """The colour of a label that says where a result came from."""
    return html.AMBER if label == words.SANDBOX else html.TEAL


def _star() -> Html:
    return html.element("span", "★ ", style=f"color:{html.AMBER}")


def _failure(record: Record) -> Html:
    cause, remedy = facts.failed(record)
    if not cause:
        return Html()
    return html.element(
        "div",
        html.line(cause),
        html.line(html.muted(html.prose(remedy))) if remedy else "",
        style=f"border-left:3px solid {words.colour(record)};padding:1px 0 1px 10px;margin:6px 0",
        dir="auto",
    )


def _prompt_box(name: str, text: str) -> Html:
    box = html.element(
        "div",
        text,
        style="white-space:pre-wrap;overflow-wrap:break-word;max-height:13em;overflow:auto;"
        "margin:2px 0 8px 0;padding:6px 10px;border-radius:4px;background:rgba(128,128,128,0.1)",
        dir="auto",
    )
    return html.group("" if name == "prompt" else _quiet(name), box)


_CELL = "text-align:left;vertical-align:top;padding:1px 0;border:0;background:none;line-height:1.5"


def _table(rows: Sequence[Fact], width: str) -> Html:
    """Facts below each other, their values in one column in every table."""
    return html.element(
        "table",
        html.element("tbody", *(_row(row, width) for row in rows)),
        style="table-layout:fixed;width:100%;border-collapse:collapse;border:0;margin:4px 0;"
        "font-size:0.92em",
    )


def _row(row: Fact, width: str) -> Html:
    lines = html.group(*(html.line(line) for line in row.lines))
    return html.element(
        "tr",
        html.element("td", html.muted(row.name), style=f"{_CELL};width:{width}"),
        html.element("td", row.markup or lines, style=_CELL, dir="auto"),
        style="background:none",
    )


def _text(record: Record, rows: Sequence[Fact], favourite: bool) -> str:
    labels = words.badges([record])
    log = facts.log(record)
    prompts = facts.prompts(record)
    cells = [
        (row.name if index == 0 else "", line)
        for row in rows
        for index, line in enumerate(row.lines)
    ]
    lines = (
        joined(
            (
                words.state(record),
                "" if record.sandbox else words.model(record),
                *labels,
                "★ favourite" if favourite else "",
            )
        ),
        *facts.failed(record),
        *words.notices([record]),
        *(text if name == "prompt" else f"{name}: {text}" for name, text in prompts),
        columns(cells[0], cells[1:]) if cells else "",
        f"log:\n{log}" if log else "",
    )
    return joined(lines, "\n")
