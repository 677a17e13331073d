"""Any JSON value made small and safe to keep: bounded in depth, number and length. Pure."""

from __future__ import annotations

import math
import re
from typing import Any

from .text import Redact, excerpt, plain

_INLINE_FILE = re.compile(r"data:[^,]{0,200},", re.IGNORECASE)
_LEFT_OUT = "…"


def prune(
    value: Any,
    redact: Redact = str,
    *,
    depth: int = 6,
    items: int = 200,
    text: int = 2_000,
    total: int = 32_000,
) -> Any:
    """The value with what is too deep, too many or too long left out.

    Parameters
    ----------
    value : JSON
    redact : callable
        Takes secrets out of a text; applied to every name and text before it is cut.
    depth, items : int
        Levels of nesting, and members of one list or object.
    text, total : int
        Characters of one text, and of all of them together with a few for each member.

    Returns
    -------
    JSON
        Numbers that JSON cannot write are None; inline files are named, not repeated.
    """
    left = total

    def keep(text_value: str, limit: int) -> str:
        nonlocal left
        if _INLINE_FILE.match(text_value):
            kind = text_value[: text_value.index(",") + 1]
            text_value = f"{kind}{_LEFT_OUT} ({len(text_value):,} characters)"
        kept = excerpt(text_value, max(1, min(limit, left)), redact, plain)
        left -= len(kept)
        return kept

    def visit(node: Any, level: int) -> Any:
        nonlocal left
        left -= 8
        if node is None or isinstance(node, (bool, int)):
            return node
        if isinstance(node, float):
            return node if math.isfinite(node) else None
        if isinstance(node, str):
            return keep(node, text) if left > 0 else _LEFT_OUT
        if level >= depth or left <= 0:
            return _LEFT_OUT
        if isinstance(node, dict):
            members = list(node.items())[:items]
            return {keep(str(name), 200): visit(child, level + 1) for name, child in members}
        if isinstance(node, list):
            return [visit(child, level + 1) for child in node[:items]]
        return None

    return visit(value, 0)
