"""JSON out of files from anybody: an object within bounds, or nothing."""

from __future__ import annotations

import json
from typing import Any

LONGEST = 1_000_000
"""Characters."""

_DEEPEST = 60
_LONGEST_NUMBER = 40


def json_object(text: str) -> dict[str, Any] | None:
    """The object that the text is; None for anything else, and for what is too large or deep.

    ``NaN``, which ComfyUI writes, is taken as a number.
    """
    if len(text) > LONGEST:
        return None
    try:
        found = json.loads(text, parse_int=_integer)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and _is_shallow(found) else None


def _integer(digits: str) -> int:
    # Some Pythons need a minute for a million digits, others refuse them.
    if len(digits) > _LONGEST_NUMBER:
        raise ValueError("this number is too long")
    return int(digits)


def _is_shallow(value: Any) -> bool:
    """True when nothing is nested deeper than other code may walk by calling itself."""
    level = [value]
    for _ in range(_DEEPEST):
        level = [
            child
            for one in level
            if isinstance(one, (dict, list))
            for child in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return True
    return False
