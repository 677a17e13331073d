"""Names that every system takes for a file or a folder; pure, no file is looked at.

What a name means, and where it lies, is decided by whoever asks.
"""

from __future__ import annotations

import re
import unicodedata

LONGEST_VALUE = 80
"""Characters of one value in a name."""

LONGEST_NAME = 200
"""Bytes: file systems take 255, and a number and a suffix may follow."""

_NOTHING = "none"
_FORBIDDEN = re.compile(r'[/\\<>:"|?*\x00-\x1f\x7f\ud800-\udfff]')
# Windows opens a device by these names, in any folder and whatever follows the first dot.
_DEVICE = re.compile(
    r"(?:CON|PRN|AUX|NUL|CLOCK\$|CONIN\$|CONOUT\$|(?:COM|LPT)[0-9¹²³])\s*(?:\.|\Z)", re.IGNORECASE
)
_PUNCTUATION = frozenset(".-_+")


def cleaned(value: str, most: int = LONGEST_VALUE) -> str:
    """What is left of a value in a name: letters of any script, digits, symbols, ``.-_+``.

    Everything between them becomes one hyphen. Never empty, never hidden, no way up.

    Examples
    --------
    >>> cleaned("a/b: oil, on wood")
    'a-b-oil-on-wood'
    >>> cleaned("../..")
    'none'
    """
    # Composed first: some characters are only another way to write a forbidden one.
    text = "".join(map(_kept, unicodedata.normalize("NFC", value)))
    text = re.sub(r"\s*-\s*|\s+", "-", text.strip())
    return fitted(text.lstrip(".")[:most].rstrip(".-"))


def _kept(letter: str) -> str:
    """The character, a space in its place, or nothing for one that only steers the others."""
    if letter.isascii():
        return letter if letter.isalnum() or letter in _PUNCTUATION else " "
    kind = unicodedata.category(letter)
    return "" if kind == "Cf" else " " if kind[0] in "CZ" else letter


def fitted(name: str) -> str:
    """The whole name, cut where it is too long, and no device of Windows."""
    name = f"_{name}" if _DEVICE.match(name) else name
    short = name.encode("utf-8", "replace")[:LONGEST_NAME].decode("utf-8", "ignore")
    return short.rstrip(" .") or _NOTHING


def is_portable(name: str) -> bool:
    """True for a name that every system takes as it is, and that no listing hides."""
    return not _FORBIDDEN.search(name) and not name.startswith((".", " ")) and fitted(name) == name
