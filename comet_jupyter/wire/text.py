"""Text from outside made harmless to look at: no control codes, no lone surrogates.

Every string that the service sends passes here once. Markup is left as it is: escaping belongs
to whoever writes HTML, and happens once.
"""

from __future__ import annotations

import re
from collections.abc import Callable

Redact = Callable[[str], str]
"""Takes secrets out of a text."""

LONGEST_SECRET = 2_048
"""Characters: a key of 512, percent-encoded and with room to spare."""

_ESCAPE_SEQUENCES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"  # CSI: colours, cursor movements
    r"|\x1b[\]PX^_][^\x07\x1b\n]*(?:\x07|\x1b\\)?"  # OSC, DCS, SOS, PM, APC: titles, links
    r"|\x1b[ -/]*[0-~]?"  # the two-character ones
)
_SEPARATORS = re.compile("[\u2028\u2029]")
_UNWANTED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters, but for tab and newline
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidi controls: they reorder what is read
    "\ufeff\ufff9-\ufffb]"
)
_SURROGATES = re.compile("[\ud800-\udfff]")
_TAGS = re.compile(
    r"<!--.*?(?:-->|\Z)|<(script|style|svg)\b.*?(?:</\1\s*>|\Z)|<[^>]{0,2000}>", re.S | re.I
)


def plain(text: str) -> str:
    """The text without escape sequences and control characters, encodable as UTF-8."""
    text = _ESCAPE_SEQUENCES.sub("", text)
    text = _SEPARATORS.sub("\n", text)
    text = _UNWANTED.sub("", text)
    return _SURROGATES.sub("\ufffd", text)


def visible_json(text: str) -> str:
    """The same JSON with escapes for all that `plain` would take away or change."""
    for unseen in (_SEPARATORS, _UNWANTED):
        text = unseen.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    return text


def one_line(text: str) -> str:
    """The text on a single line, white space collapsed."""
    return " ".join(plain(text).split())


def excerpt(
    text: str,
    limit: int,
    redact: Redact = str,
    clean: Callable[[str], str] = one_line,
    *,
    window: int = 0,
) -> str:
    """At most `limit` characters, cleaned, redacted and only then cut, in this order.

    Colours inside a secret would hide it from `redact`, and a cut would leave half of one.

    Parameters
    ----------
    window : int
        Characters of a very long text that are looked at; by default some more than `limit`.
    """
    window = window or 2 * limit + 2 * LONGEST_SECRET
    is_cut = len(text) > window
    kept = redact(clean(text[:window]))
    if is_cut:
        kept = _without_last_word(kept)
    if len(kept) > limit or is_cut:
        return kept[: limit - 1].rstrip() + "…"
    return kept


def _without_last_word(text: str) -> str:
    """Drops what may be the first half of a secret."""
    end = max(text.rfind(" ", -LONGEST_SECRET), text.rfind("\n", -LONGEST_SECRET))
    return text[: end if end >= 0 else -LONGEST_SECRET]


def visible(page: str) -> str:
    """What a reader would see of an HTML page, on one line, tags dropped.

    Entities stay as they are: turning ``&lt;`` back into ``<`` would make markup of text.
    """
    return one_line(_TAGS.sub(" ", page))
