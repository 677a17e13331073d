"""What is left of markup where scripts, frames and films are dropped, as GitHub drops them."""

from __future__ import annotations

import re

from ...wire.text import visible

_SCRIPT = re.compile(
    r"<script\b|<[a-z][^<>]{0,4000}\s(?:on[a-z]{3,20}\s*=|(?:href|src)\s*=\s*[\"']?\s*javascript:)",
    re.IGNORECASE,
)
_FRAME = re.compile(r"<(?:iframe|object|embed|video|audio)\b", re.IGNORECASE)
_DROPPED = re.compile(
    r"<(iframe|object|video|audio|noscript|template)\b.*?(?:</\1\s*>|\Z)|<embed\b[^>]*>|&nbsp;",
    re.IGNORECASE | re.DOTALL,
)
_SEEN = re.compile(r"<(?:img|hr|progress|meter)\b", re.IGNORECASE)


def has_script(markup: str) -> bool:
    """True for markup that runs something."""
    return _SCRIPT.search(markup) is not None


def has_frame(markup: str) -> bool:
    """True for markup that shows something from elsewhere, or a film."""
    return _FRAME.search(markup) is not None


def is_visible(markup: str) -> bool:
    """True when a reader sees anything of it without scripts, frames and films."""
    rest = _DROPPED.sub(" ", markup)
    return _SEEN.search(rest) is not None or visible(rest) != ""
