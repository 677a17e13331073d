"""Text for people: cleaned, shortened, and numbers in words.

Everything here returns plain text without markup; escaping it for HTML is ``html``'s work.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from ..wire.text import plain

_LINE_END = re.compile(r"\r\n?")


def clean(value: object) -> str:
    """The text of `value` without control, bidirectional and undisplayable characters.

    Line ends become line feeds; tabs stay; None is empty. What the service sent was cleaned when
    it came in; names, prompts and paths come from elsewhere.
    """
    return "" if value is None else plain(_LINE_END.sub("\n", str(value)))


def one_line(value: object, limit: int = 200) -> str:
    """Cleaned text on one line, at most `limit` characters, the rest as ``…``."""
    text = value[: limit * 8] if isinstance(value, str) else value
    words = " ".join(clean(text).split())
    return words if len(words) <= limit else words[: limit - 1].rstrip() + "…"


def tail(text: object, lines: int, width: int = 200) -> str:
    """The last `lines` lines with something in them, each at most `width` characters."""
    # A line that somebody made a megabyte long must not be scanned at every update.
    recent = clean(text[-(lines * width * 4) :] if isinstance(text, str) else text).split("\n")
    kept = [line.rstrip() for line in recent if line.strip()][-lines:]
    return "\n".join(line if len(line) <= width else line[: width - 1] + "…" for line in kept)


def number(value: object) -> float | None:
    """`value` as a finite float that is not negative, else None."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        as_float = float(value)
    except OverflowError:
        return None
    return as_float if math.isfinite(as_float) and as_float >= 0 else None


def duration(seconds: object) -> str:
    """Seconds as ``0.61 s``, ``4.2 s``, ``1 min 12 s`` or ``2 h 5 min``; empty when odd."""
    value = number(seconds)
    if value is None:
        return ""
    if value < 0.005:
        return "0 s"
    if round(value, 2) < 1:
        return f"{value:.2f} s"
    if round(value, 1) < 60:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours:,} h {minutes} min" if minutes else f"{hours:,} h"


def elapsed(seconds: object) -> str:
    """Whole seconds as ``4 s`` or ``1 min 12 s``, to be watched; empty below one second."""
    value = number(seconds)
    if value is None or value < 1:
        return ""
    return f"{int(value)} s" if value < 60 else duration(int(value))


def time_left(seconds: object) -> str:
    """``about 3 s left``, coarser the longer it is; empty when unknown or used up."""
    value = number(seconds)
    if not value:
        return ""
    if value < 55:
        # Beyond ten seconds an estimate is not good to the second, and a number that
        # changes four times a second is not read.
        left = f"{math.ceil(value)} s" if value <= 10 else f"{math.ceil(value / 5) * 5} s"
    elif value < 3300:
        left = f"{math.ceil(value / 60)} min"
    else:
        left = f"{math.ceil(value / 3600):,} h"
    return f"about {left} left"


def age(since: datetime, now: datetime) -> str:
    """How long ago, in one unit: ``12 s``, ``3 min``, ``2 h``, ``5 d``."""
    seconds = max(0, int(now.timestamp() - since.timestamp()))
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{seconds // size:,} {unit}"
    return f"{seconds} s"


def byte_size(size: object) -> str:
    """Bytes as ``312 B``, ``48 kB`` or ``1.2 MB`` (powers of 1000); empty when odd."""
    value = number(size)
    if value is None:
        return ""
    for unit in ("B", "kB", "MB", "GB"):
        if round(value, 1) < 1000:
            return f"{value:.1f} {unit}" if unit in ("MB", "GB") else f"{value:.0f} {unit}"
        value /= 1000
    return f"{value:,.1f} TB"


def money(dollars: object, *, estimated: bool = False) -> str:
    """US dollars as ``$0.003``, ``~$0.04`` when estimated; empty when odd."""
    value = number(dollars)
    if value is None:
        return ""
    decimals = 2
    if 0 < value < 1:
        decimals = min(6, max(2, 1 - math.floor(math.log10(value))))
    digits = f"{value:,.{decimals}f}"
    while decimals > 2 and digits.endswith("0"):
        digits, decimals = digits[:-1], decimals - 1
    return f"{'~' if estimated else ''}${digits}"


def count(amount: int, noun: str) -> str:
    """``1 picture``, ``4 pictures``."""
    return f"{amount:,} {noun}" if amount == 1 else f"{amount:,} {noun}s"


def joined(parts: Iterable[str], separator: str = " · ") -> str:
    """The parts that are not empty, with real characters between them."""
    return separator.join(part for part in parts if part)


def columns(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in plain text: left-aligned columns, two spaces between them."""
    lines = [list(header), *[list(row) for row in rows]]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
