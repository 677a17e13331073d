"""A prediction's logs: a clean tail, the progress bar and the seed in it. Pure.

The service sends the whole text again at each poll: tqdm bars redrawn with carriage returns,
colours, whatever a model prints. How it is shown is not decided here.
"""

from __future__ import annotations

import json
import re
from typing import Any

from .state import Progress
from .text import LONGEST_SECRET, Redact, plain

LIMIT = 64_000
"""Bytes of UTF-8 that `clean` keeps."""

_RAW_LIMIT = 4 * LIMIT  # characters looked at: redrawn bars shrink to their last state
_LEFT_OUT = "[earlier logs left out]"

_BREAK = re.compile(r"[\r\n]+")
_BAR = re.compile(r"(\d{1,3})%\s*\|[^|\n]*\|\s*(\d{1,9})/(\d{1,9})(?!\d)")
_SEED = re.compile(r"\busing (?:random )?seed\b\s*[:=]?\s*(\d{1,20})(?!\d)", re.IGNORECASE)


def clean(logs: Any, redact: Redact = str) -> str:
    """The readable end of the logs, at most 64,000 bytes.

    Parameters
    ----------
    logs : JSON
        A string as a rule; null, lists and other values are made text.
    redact : callable
        Takes secrets out; applied after cleaning, so that colours cannot hide one, and
        before cutting, so that none is cut in two.
    """
    raw = _as_text(logs)
    is_cut = len(raw) > _RAW_LIMIT
    omitted = _last_seed_line(raw[:-_RAW_LIMIT]) if is_cut else ""
    text = redact(plain(_as_terminal(raw[-_RAW_LIMIT:]))).rstrip()
    if is_cut:
        text = _without_first_piece(text)
    if not is_cut and len(text.encode()) <= LIMIT:
        return text
    lost = text.encode()[:-LIMIT].decode(errors="ignore")
    seed_line = _last_seed_line(lost) or omitted
    heading = "\n".join(filter(None, (_LEFT_OUT, seed_line))) + "\n"
    kept = text.encode()[-(LIMIT - len(heading.encode())) :].decode(errors="ignore")
    if len(kept) < len(text):
        kept = kept[kept.find("\n", 0, 4096) + 1 :]
    return heading + kept


def progress(text: str) -> Progress | None:
    """Where the last progress bar stands, None when there is none with a total."""
    for line in reversed(_BREAK.split(text)):
        for match in reversed(list(_BAR.finditer(line))):
            step, total = int(match[2]), int(match[3])
            if total > 0:
                return Progress(step, total)
    return None


def seed(text: str) -> int | None:
    """The seed that the model says it used; the last one wins."""
    found = _SEED.findall(text)
    return int(found[-1]) if found else None


def tail(text: str, lines: int) -> str:
    """The last `lines` lines that are not blank."""
    full = [line for line in text.splitlines() if line.strip()]
    return "\n".join(full[-lines:]) if lines > 0 else ""


def _as_text(logs: Any) -> str:
    if logs is None:
        return ""
    if isinstance(logs, str):
        return logs
    if isinstance(logs, list) and all(isinstance(line, str) for line in logs):
        return "\n".join(logs)
    try:
        return json.dumps(logs, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        return ""


def _as_terminal(text: str) -> str:
    """Keeps of each line what stands there after its carriage returns."""
    lines = text.replace("\r\n", "\n").split("\n")
    return "\n".join(
        next((piece for piece in reversed(line.split("\r")) if piece.strip()), "")
        if "\r" in line
        else line
        for line in lines
    )


def _without_first_piece(text: str) -> str:
    """Drops what the cut left of a line, which may begin with the second half of a secret."""
    end = text.find("\n", 0, 2 * LONGEST_SECRET)
    return text[end + 1 if end >= 0 else LONGEST_SECRET :]


def _last_seed_line(text: str) -> str:
    start = max(text.rfind("sing seed"), text.rfind("sing random seed"))
    found = _SEED.search(text, max(0, start - 1), start + 60) if start >= 0 else None
    return f"Using seed: {found[1]}" if found else ""
