"""Text drawn on pictures: which font can write it, where it breaks, where it is cut.

Pillow brings one scalable font, which knows ASCII and little more (`·`, `…`, no `×`, no `é`).
Other writing takes a font of the system where one is installed; what no font can write becomes
an ellipsis, never an empty box.
"""

from __future__ import annotations

import functools
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

INK, MUTED = "#2a2a28", "#6a6a65"
LINE = 1.35
"""From base line to base line, in type sizes."""

_ELLIPSIS = "…"
_LONGEST = 300
_FINE = 4.0
"""Pixels."""
_PLAINER = str.maketrans(
    {
        "×": "x",
        "–": "-",
        "—": "-",
        "\u2212": "-",
        "\u2018": "'",
        "•": "·",
        "→": "->",
        "≈": "~",
        "\xa0": " ",
    }
)
# Wide coverage first; each is on some of Linux, macOS and Windows.
_SYSTEM_FONTS = (
    "DejaVuSans.ttf",
    "NotoSansCJK-Regular.ttc",
    "NotoSans-Regular.ttf",
    "wqy-microhei.ttc",
    "Arial Unicode.ttf",
    "PingFang.ttc",
    "Hiragino Sans GB.ttc",
    "msyh.ttc",
    "meiryo.ttc",
    "malgun.ttf",
    "arial.ttf",
)
_PROBE_SIZE = 16


@dataclass(frozen=True)
class Lettering:
    """A text in the form that its font can write, and the font, at one size in pixels."""

    text: str
    font: FreeTypeFont

    @classmethod
    def of(cls, text: str, size: int) -> Lettering:
        """The text as it can be written here; control characters become spaces."""
        written, font_name = _writable(_clean(text))
        return cls(written, _font(font_name, size))

    def width_of(self, text: str) -> float:
        """Pixels that a part of the text takes."""
        return self.font.getlength(text)

    def cut(self, width: float) -> str:
        """The text in one line of at most `width` pixels, with an ellipsis where it was cut."""
        return self._cut(self.text, width)

    def lines(self, width: float, most: int) -> list[str]:
        """The text in at most `most` lines of `width` pixels; the last one is cut."""
        lines: list[str] = []
        rest = self.text
        while rest and len(lines) < most - 1:
            line, rest = self._first_line(rest, width)
            lines.append(line)
        return [*lines, self._cut(rest, width)] if rest else lines

    def balanced(self, width: float, most: int) -> list[str]:
        """`lines`, as few, but of about the same length, so that no word stands alone."""
        lines = self.lines(width, most)
        if len(lines) < 2 or " ".join(lines) != self.text:
            return lines
        narrow, wide = width / len(lines), width
        while wide - narrow > _FINE:
            middle = (narrow + wide) / 2
            tried = self.lines(middle, len(lines))
            if " ".join(tried) == self.text and max(map(self.width_of, tried)) <= middle:
                lines, wide = tried, middle
            else:
                narrow = middle
        return lines

    def _first_line(self, text: str, width: float) -> tuple[str, str]:
        fitting = self._fitting(text, width)
        if fitting >= len(text):
            return text, ""
        space = text.rfind(" ", 0, fitting + 1)
        end = space if space > 0 else max(1, fitting)
        return text[:end].rstrip(), text[end:].lstrip()

    def _cut(self, text: str, width: float) -> str:
        if self.width_of(text) <= width:
            return text
        fitting = self._fitting(text, width - self.width_of(_ELLIPSIS))
        return text[:fitting].rstrip() + _ELLIPSIS

    def _fitting(self, text: str, width: float) -> int:
        """How many letters from the start fit, by bisection."""
        low, high = 0, len(text)
        while low < high:
            middle = (low + high + 1) // 2
            if self.width_of(text[:middle]) <= width:
                low = middle
            else:
                high = middle - 1
        return low


def write(
    draw: ImageDraw,
    at: tuple[float, float],
    text: str,
    lettering: Lettering,
    colour: str,
    anchor: str = "ls",
) -> None:
    """Draws one line; the anchor is Pillow's, by default left end of the base line."""
    draw.text(at, text, font=lettering.font, fill=colour, anchor=anchor)


def _clean(text: str) -> str:
    """One line without control, format and unassigned characters."""
    text = unicodedata.normalize("NFC", text[:_LONGEST])
    kept = (" " if letter.isspace() else letter for letter in text)
    visible = (letter for letter in kept if unicodedata.category(letter)[0] != "C")
    return " ".join("".join(visible).split())


@functools.lru_cache(maxsize=512)
def _writable(text: str) -> tuple[str, str]:
    """The text in its nearest form that some font can write whole, and that font's name."""
    plainer = text.translate(_PLAINER)
    if _missing("", plainer) == 0:
        return plainer, ""
    installed = [name for name in _SYSTEM_FONTS if _is_installed(name)]
    best = min(installed, key=lambda name: _missing(name, text), default="")
    if installed and _missing(best, text) == 0:
        return text, best
    letters = unicodedata.normalize("NFKD", plainer)
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    if _missing("", bare) == 0:
        return bare, ""
    return _with_gaps(best, text if installed else bare), best


def _with_gaps(font_name: str, text: str) -> str:
    """The text with an ellipsis for each run of what the font cannot write."""
    written = ""
    for letter in text:
        if _has(font_name, letter):
            written += letter
        elif not written.endswith(_ELLIPSIS):
            written += _ELLIPSIS
    return written


def _missing(font_name: str, text: str) -> int:
    return sum(not _has(font_name, letter) for letter in text)


@functools.lru_cache(maxsize=4096)
def _has(font_name: str, letter: str) -> bool:
    """True when the font draws something else than its box for missing letters."""
    font = _font(font_name, _PROBE_SIZE)
    drawn, missing = font.getmask(letter), font.getmask("\uffff")
    return letter == " " or drawn.size != missing.size or bytes(drawn) != bytes(missing)


@functools.cache
def _is_installed(font_name: str) -> bool:
    try:
        _font(font_name, _PROBE_SIZE)
    except OSError:
        return False
    return True


@functools.lru_cache(maxsize=64)
def _font(name: str, size: int) -> FreeTypeFont:
    """A font of the system by file name; the bundled one for the empty name."""
    from PIL import ImageFont

    if name:
        return ImageFont.truetype(name, size)
    # Without FreeType it would be a bitmap font of one size; every wheel has FreeType.
    return cast("FreeTypeFont", ImageFont.load_default(size))
