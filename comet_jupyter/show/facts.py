"""What there is to say of one result, in words: each fact with its name.

How they are laid out is in ``details``; the few that stand below a cell are in ``caption``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..record import FileRef, Record
from ..wire.prune import prune
from . import html, timing, words
from .html import Html
from .text import age, byte_size, clean, count, duration, joined, number, one_line, tail

PROMPT_LIMIT = 20_000
"""Characters of a prompt that are shown; the record has all of it."""

LOG_LINES = 200

_VALUE_LIMIT = 300
_ROWS = 64
_KEPT_PICTURE = re.compile(r"comet:([0-9a-f]{12,64})")
_INLINE_FILE = re.compile(r"data:([^,;]{0,100})([^,]{0,100}),", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Fact:
    """Its name, its lines of plain text, and how these look when not as they are."""

    name: str
    lines: tuple[str, ...]
    markup: Html | None = None


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


def asked(record: Record) -> list[Fact]:
    """Seed and inputs, as they were sent."""
    inputs = {k: v for k, v in record.request.input.items() if k not in ("prompt", "seed")}
    if not record.request.prompt and "prompt" in record.request.input:
        inputs = {"prompt": record.request.input["prompt"], **inputs}
    rows = [Fact("model", (f"sandbox, in place of {record.model}",))] if record.sandbox else []
    rows += [Fact("seed", (text,)) for text in (seed_text(record),) if text]
    rows += [Fact(one_line(k, 60), (input_text(v),)) for k, v in list(inputs.items())[:_ROWS]]
    if len(inputs) > _ROWS:
        rows.append(Fact("", (f"and {len(inputs) - _ROWS} more",)))
    return rows


def seed_text(record: Record) -> str:
    """The seed, and who drew it when it was not sent; empty when unknown."""
    sent = record.request.input.get("seed")
    if sent is not None:
        return input_text(sent, 60)
    drawn = words.seed(record)
    return "" if drawn is None else f"{one_line(drawn, 40)} (drawn by the service)"


def came(record: Record, path_texts: Sequence[str], now: datetime) -> list[Fact]:
    """Pictures, files, times, cost, age, id and metrics: those that are known."""
    sizes = [_picture_text(file) for file in record.images]
    metrics = _metrics(record.state.metrics)
    rows = [
        Fact("picture" if len(sizes) == 1 else "pictures", _some(sizes)),
        Fact("files", _some(words.other_files(record, {}))),
        Fact("saved as", *_copied(_some([clean(text)[:1_000] for text in path_texts if text]))),
        Fact("time", _one(joined(_times(record))), _timing(record)),
        Fact("cost", _one(words.cost([record]))),
        Fact("made" if record.files else "submitted", (_when(record.submitted_at, now),)),
        Fact("id", *_copied(_one(one_line(record.id, 200)))),
        Fact("metrics", _one(metrics)),
    ]
    return [row for row in rows if row.lines]


def summary(record: Record, now: datetime) -> str:
    """The first of what came of it, on one line: size, time, cost, age."""
    return joined(
        (
            words.sizes([record]),
            duration(words.total_time(record)),
            words.cost([record]),
            f"{age(record.submitted_at, now)} ago",
        )
    )


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


def log(record: Record) -> str:
    """The end of its log, else the details of its failure."""
    kept = record.failure.details if record.failure else ""
    return tail(record.state.logs or kept, LOG_LINES)


def failed(record: Record) -> tuple[str, str]:
    """Cause and remedy; both empty when nothing failed."""
    if record.failure is None and not record.state.error:
        return "", ""
    return words.failure(record)


def prompts(record: Record) -> list[tuple[str, str]]:
    """The prompt, and the template that it was made from where that differs."""
    found = [("prompt", record.request.prompt)]
    if record.request.template not in (None, record.request.prompt):
        found.append(("template", record.request.template or ""))
    return [(name, _whole(text)) for name, text in found if text]


def _whole(text: str) -> str:
    left_out = len(text) - PROMPT_LIMIT
    rest = f"… and {count(left_out, 'character')} more" if left_out > 0 else ""
    return clean(text[:PROMPT_LIMIT]) + rest
