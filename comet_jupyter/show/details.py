"""One result at length: its pictures, everything that was sent, everything that came of it.

What a cell says of a result in two lines is in ``caption``; two results side by side are in
``comparison``.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..images import Preview
from ..record import FileRef, Record
from ..wire.prune import prune
from . import html, timing, words
from .bundle import alt_text
from .caption import Bundle
from .html import Html
from .text import age, byte_size, clean, columns, count, duration, joined, number, one_line, tail

PROMPT_LIMIT = 20_000
"""Characters of a prompt that are shown; the record has all of it."""

LOG_LINES = 200

_VALUE_LIMIT = 300
_ROWS = 64
_KEPT_PICTURE = re.compile(r"comet:([0-9a-f]{12,64})")
_INLINE_FILE = re.compile(r"data:([^,;]{0,100})([^,]{0,100}),", re.IGNORECASE)
_GAP = 24
_TALLEST = 640
# Together with the gap they need 804 px: beside each other from there on, else one below the other.
_PICTURES_BASIS, _FACTS_BASIS = 440, 340
_WIDEST_FACTS = 760


@dataclass(frozen=True, slots=True)
class _Row:
    """A fact: its name, its lines of plain text, and how these look when not as they are."""

    name: str
    lines: tuple[str, ...]
    markup: Html | None = None


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
        Its pictures, in the record's order; may be fewer, or none.
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
    sent, came = _sent(record), _came(record, path_texts, now)
    log = _log(record)
    return {
        "text/html": str(_html(record, shown, (sent, came), log, favourite)),
        "text/plain": _text(record, [*sent, *came], log, favourite),
    }


def input_text(value: Any, limit: int = _VALUE_LIMIT) -> str:
    """An input's value on one line: as JSON writes it, files named instead of repeated."""
    if isinstance(value, str):
        return _string_text(value, limit)
    if isinstance(value, (list, tuple)) and all(isinstance(one, str) for one in value):
        texts = [_string_text(one, limit) for one in value[:8]]
        texts += [f"and {len(value) - 8} more"] if len(value) > 8 else []
        return one_line(", ".join(texts), limit) or "[]"
    pruned = prune(list(value) if isinstance(value, tuple) else value)
    return one_line(json.dumps(pruned, ensure_ascii=False), limit)


def _string_text(value: str, limit: int) -> str:
    kept = _KEPT_PICTURE.fullmatch(value)
    if kept:
        return f"input picture {kept[1][:8]}…"
    inline = _INLINE_FILE.match(value)
    if inline:
        length = len(value) - inline.end()
        size = length * 3 // 4 if "base64" in inline[2].lower() else length
        return f"inline {one_line(inline[1], 60) or 'text/plain'}, {byte_size(size)}"
    return one_line(value, limit) or "“”"


def name_width(names: Iterable[str]) -> str:
    """A column's width for these names, so that the others can share what is left."""
    return f"{min(24, max(map(len, names), default=0)) * 0.56 + 1.4:.1f}em"


# -- what there is to say ------------------------------------------------------------


def _sent(record: Record) -> list[_Row]:
    """Seed and inputs, as they were sent."""
    inputs = {k: v for k, v in record.request.input.items() if k not in ("prompt", "seed")}
    if not record.request.prompt and "prompt" in record.request.input:
        inputs = {"prompt": record.request.input["prompt"], **inputs}
    rows = [_Row("model", (f"sandbox, in place of {record.model}",))] if record.sandbox else []
    rows += [_Row("seed", (text,)) for text in (seed_text(record),) if text]
    rows += [_Row(one_line(k, 60), (input_text(v),)) for k, v in list(inputs.items())[:_ROWS]]
    if len(inputs) > _ROWS:
        rows.append(_Row("", (f"and {len(inputs) - _ROWS} more",)))
    return rows


def seed_text(record: Record) -> str:
    """The seed, and who drew it when it was not sent; empty when unknown."""
    sent = record.request.input.get("seed")
    if sent is not None:
        return input_text(sent, 60)
    drawn = words.seed(record)
    return "" if drawn is None else f"{one_line(drawn, 40)} (drawn by the service)"


def _came(record: Record, path_texts: Sequence[str], now: datetime) -> list[_Row]:
    """Pictures, files, times, cost, age, id: those that are known."""
    sizes = [_picture_text(file) for file in record.images]
    metrics = _metrics(record.state.metrics)
    rows = [
        _Row("picture" if len(sizes) == 1 else "pictures", _some(sizes)),
        _Row("files", _some(words.other_files(record, {}))),
        _Row("saved as", *_copied(_some([clean(text)[:1_000] for text in path_texts if text]))),
        _Row("time", _one(joined(_times(record))), _timing(record)),
        _Row("cost", _one(words.cost([record]))),
        _Row("made" if record.files else "submitted", (_when(record.submitted_at, now),)),
        _Row("id", *_copied(_one(one_line(record.id, 200)))),
        _Row("metrics", _one(metrics)),
    ]
    return [row for row in rows if row.lines]


def _one(text: str) -> tuple[str, ...]:
    return (text,) if text else ()


def _some(texts: Sequence[str]) -> tuple[str, ...]:
    return (*texts[:16], *([f"and {len(texts) - 16} more"] if len(texts) > 16 else []))


def _copied(lines: tuple[str, ...]) -> tuple[tuple[str, ...], Html]:
    """Lines to be copied, with their white space."""
    style = "white-space:pre-wrap"
    return lines, html.group(*(html.line(html.code(line), style=style) for line in lines))


def _picture_text(file: FileRef) -> str:
    kind = one_line(file.media_type, 60).removeprefix("image/")
    return joined((words.pixels(file), kind, byte_size(file.size)))


def _times(record: Record) -> tuple[str, ...]:
    phases = tuple(f"{phase} {duration(seconds)}" for phase, seconds in words.phases(record))
    total = duration(record.total_time)
    return (*phases, f"total {total}") if total else phases


def _timing(record: Record) -> Html:
    """The timing picture, below it each time after its colour there."""
    texts = (
        html.unbroken(html.swatch(colour) if colour else "", text)
        for text in _times(record)
        for colour in (timing.COLOURS.get(text.partition(" ")[0]),)
    )
    return html.group(html.line(timing.picture([record])), html.line(html.dotted(*texts)))


def _when(moment: datetime, now: datetime) -> str:
    local = moment.astimezone(now.tzinfo)
    zone = "" if local.utcoffset() else " UTC"
    return f"{age(moment, now)} ago · {local:%Y-%m-%d %H:%M}{zone}"


def _metrics(metrics: Mapping[str, Any]) -> str:
    """What the service measured, as far as it fits a line or two."""
    told = [(name, value) for name, value in metrics.items() if value is not None]
    return joined(f"{one_line(name, 40)} {_measured(value)}" for name, value in told[:12])


def _measured(value: Any) -> str:
    known = number(value)
    return input_text(value, 40) if known is None or known >= 1e5 else f"{round(known, 3):g}"


def _log(record: Record) -> str:
    kept = record.failure.details if record.failure else ""
    return tail(record.state.logs or kept, LOG_LINES)


def _failed(record: Record) -> tuple[str, str]:
    """Cause and remedy; both empty when nothing failed."""
    if record.failure is None and not record.state.error:
        return "", ""
    return words.failure(record)


def _prompts(record: Record) -> list[tuple[str, str]]:
    """The prompt, and the template that it was made from where that differs."""
    found = [("prompt", record.request.prompt)]
    if record.request.template not in (None, record.request.prompt):
        found.append(("template", record.request.template or ""))
    return [(name, _whole(text)) for name, text in found if text]


def _whole(text: str) -> str:
    left_out = len(text) - PROMPT_LIMIT
    rest = f"… and {count(left_out, 'character')} more" if left_out > 0 else ""
    return clean(text[:PROMPT_LIMIT]) + rest


# -- how it looks --------------------------------------------------------------------


def _html(
    record: Record,
    shown: Sequence[Preview],
    sections: Sequence[Sequence[_Row]],
    log: str,
    favourite: bool,
) -> Html:
    filled = [rows for rows in sections if rows]
    width = name_width(row.name for rows in filled for row in rows)
    facts = html.element(
        "div",
        _headline(record, favourite),
        _failure(record),
        *(html.notice(text) for text in words.notices([record])),
        *(_prompt_box(name, text) for name, text in _prompts(record)),
        *(_table(rows, width, index > 0) for index, rows in enumerate(filled)),
        html.folded("log", html.preformatted(log, height="16em")) if log else "",
        style=f"flex:1 1 {_FACTS_BASIS}px;min-width:0;max-width:{_WIDEST_FACTS}px",
    )
    return html.block(
        _pictures(record, shown),
        facts,
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
    style = f"flex:2 1 {_PICTURES_BASIS}px;min-width:0"
    if len(shown) == 1:
        # Not larger than it is, and not so tall that it must be scrolled to be seen.
        width = min(shown[0].width, round(_TALLEST * shown[0].width / max(1, shown[0].height)))
        return html.element("div", *pictures, style=f"{style};max-width:{max(1, width)}px")
    # Two in a row, also where the last row holds a single one.
    cells = (html.element("div", one, style="flex:0 1 48%;min-width:0") for one in pictures)
    return html.element("div", *cells, style=f"{style};display:flex;flex-wrap:wrap;gap:8px")


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
    labels = words.badges([record])
    return html.line(
        html.unbroken(html.dot(words.colour(record)), html.strong(words.state(record))),
        " · ",
        html.dotted(
            "" if record.sandbox else _model(record),
            *(html.badge(text, badge_colour(text)) for text in labels),
            html.unbroken(_star(), "favourite") if favourite else "",
        ),
    )


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
    cause, remedy = _failed(record)
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
    label = html.line(name, style=f"{html.SMALL};{html.MUTED};margin:6px 0 0 0")
    return html.group("" if name == "prompt" else label, box)


_CELL = "text-align:left;vertical-align:top;padding:1px 0;border:0;background:none;line-height:1.5"


def _table(rows: Sequence[_Row], width: str, is_lined: bool) -> Html:
    """Facts below each other, their values in one column through all sections."""
    table = html.element(
        "table",
        html.element("tbody", *(_row(row, width) for row in rows)),
        style="table-layout:fixed;width:100%;border-collapse:collapse;border:0;margin:0;"
        "font-size:0.92em",
    )
    above = f";border-top:1px solid {html.FAINT}" if is_lined else ""
    return html.element("div", table, style=f"margin:4px 0 0 0;padding:4px 0 0 0{above}")


def _row(row: _Row, width: str) -> Html:
    lines = html.group(*(html.line(line) for line in row.lines))
    return html.element(
        "tr",
        html.element("td", html.muted(row.name), style=f"{_CELL};width:{width}"),
        html.element("td", row.markup or lines, style=_CELL, dir="auto"),
        style="background:none",
    )


def _text(record: Record, rows: Sequence[_Row], log: str, favourite: bool) -> str:
    labels = words.badges([record])
    prompts = [text if name == "prompt" else f"{name}: {text}" for name, text in _prompts(record)]
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
        *_failed(record),
        *words.notices([record]),
        *prompts,
        columns(cells[0], cells[1:]) if cells else "",
        f"log:\n{log}" if log else "",
    )
    return joined(lines, "\n")
