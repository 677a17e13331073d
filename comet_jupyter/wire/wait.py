"""How long to wait before asking again: what the service says, or a drawn back-off. Pure."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import timezone
from email.utils import parsedate_to_datetime

_WAIT_IN_WORDS = re.compile(
    r"(?:\b(?:in|after)\s+|~)~?\s*(\d{1,9}(?:\.\d{1,3})?)\s*(ms|s|m|h)?"
    r"(?:ec|ecs|econds?|in|ins|inutes?|ours?)?\b",
    re.IGNORECASE,
)
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def retry_after(headers: Mapping[str, str], body: bytes, now: float) -> float | None:
    """Seconds the service asks to wait, None when it does not say, never negative.

    Looked for in the header as seconds or as a date, in the body as ``retry_after``, in the
    body's text as ``resets in ~30s``; what is no finite number does not count.
    """
    header = headers.get("retry-after", "").strip()
    seconds = _number(header)
    if seconds is None:
        seconds = _until(header, now)
    if seconds is None:
        seconds = _in_body(body[:20_000])
    return None if seconds is None else max(0.0, seconds)


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _until(date: str, now: float) -> float | None:
    try:
        moment = parsedate_to_datetime(date)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=timezone.utc)
        return moment.timestamp() - now
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


def _in_body(body: bytes) -> float | None:
    text = body.decode("utf-8", errors="replace")
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        said = None
    for layer in (said, said.get("error") if isinstance(said, dict) else None):
        seconds = _number(layer.get("retry_after")) if isinstance(layer, dict) else None
        if seconds is not None:
            return seconds
    found = _WAIT_IN_WORDS.search(text)
    return float(found[1]) * _UNITS[(found[2] or "s").lower()] if found else None


def backoff(attempt: int, draw: float, *, first: float = 0.5, longest: float = 30.0) -> float:
    """Seconds to wait before trying again.

    Parameters
    ----------
    attempt : int
        1 before the first repetition.
    draw : float
        A random number from 0 to 1: half of the wait is drawn, so that many clients that
        failed together do not return together.
    """
    return min(longest, first * 2.0 ** (min(attempt, 30) - 1)) * (0.5 + draw / 2)
