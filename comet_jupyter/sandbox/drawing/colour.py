"""Colours as people see them: mixing and grading in OKLab, by Björn Ottosson's formulas.

https://bottosson.github.io/posts/oklab/
"""

from __future__ import annotations

import math
from functools import lru_cache

__all__ = [
    "COLOUR_WORDS",
    "Colour",
    "chroma",
    "darker",
    "hexed",
    "lighter",
    "mix",
    "ramp",
    "recoloured",
    "scaled",
]

Colour = tuple[int, int, int]
"""Red, green and blue, 0 to 255 each."""

_Lab = tuple[float, float, float]


def hexed(text: str) -> Colour:
    """The colour written as ``#rrggbb``."""
    value = int(text.lstrip("#"), 16)
    return value >> 16, value >> 8 & 255, value & 255


def _linear(value: int) -> float:
    share = value / 255
    return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)


def _encoded(value: float) -> int:
    value = min(1.0, max(0.0, value))
    share = value * 12.92 if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055
    return round(share * 255)


@lru_cache(4096)
def _to_lab(colour: Colour) -> _Lab:
    r, g, b = (_linear(value) for value in colour)
    long = (0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b) ** (1 / 3)
    medium = (0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b) ** (1 / 3)
    short = (0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )


def _from_lab(lab: _Lab) -> Colour:
    light, a, b = lab
    long = (light + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (light - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (light - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        _encoded(4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short),
        _encoded(-1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short),
        _encoded(-0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short),
    )


@lru_cache(8192)
def mix(first: Colour, second: Colour, share: float) -> Colour:
    """A colour between two: ``first`` at 0, ``second`` at 1."""
    share = min(1.0, max(0.0, share))
    one, two = _to_lab(first), _to_lab(second)
    light, a, b = (x + (y - x) * share for x, y in zip(one, two, strict=True))
    return _from_lab((light, a, b))


def lighter(colour: Colour, share: float) -> Colour:
    """The colour moved towards a warm white."""
    return mix(colour, (255, 252, 244), share)


def darker(colour: Colour, share: float) -> Colour:
    """The colour moved towards a cool black."""
    return mix(colour, (10, 12, 30), share)


def scaled(colour: Colour, light: float, chroma: float = 1.0) -> Colour:
    """The colour with lightness and colourfulness multiplied."""
    lightness, a, b = _to_lab(colour)
    return _from_lab((min(1.0, lightness * light), a * chroma, b * chroma))


def chroma(colour: Colour) -> float:
    """How colourful a colour is: 0 for greys, some 0.3 at most."""
    _, a, b = _to_lab(colour)
    return math.hypot(a, b)


def recoloured(colour: Colour, towards: Colour, share: float) -> Colour:
    """The colour with its own lightness and the hue of another.

    A colourless one (black, white, grey) takes the colour away, and pulls the lightness with it.
    """
    light, a, b = _to_lab(colour)
    aim_light, aim_a, aim_b = _to_lab(towards)
    strength = math.hypot(aim_a, aim_b)
    if strength < 0.04:
        pulled = light + (aim_light - light) * 0.3 * share
        keep = 1 - 0.92 * share
        return _from_lab((pulled, a * keep, b * keep))
    own = max(0.045, math.hypot(a, b) * 0.9 + 0.02)
    wanted = min(own, 0.13) / strength
    pulled = light + (aim_light - light) * 0.12 * share
    return _from_lab((pulled, a + (aim_a * wanted - a) * share, b + (aim_b * wanted - b) * share))


def ramp(stops: tuple[Colour, ...], count: int) -> list[Colour]:
    """So many colours along evenly placed stops."""
    if len(stops) == 1:
        return [stops[0]] * count
    colours = []
    for at in range(count):
        position = at / max(1, count - 1) * (len(stops) - 1)
        lower = min(int(position), len(stops) - 2)
        colours.append(mix(stops[lower], stops[lower + 1], position - lower))
    return colours


COLOUR_WORDS: dict[str, Colour] = {
    name: hexed(value)
    for name, value in {
        "red": "#d8403a", "crimson": "#b3203f", "scarlet": "#e2382b", "ruby": "#b0173f",
        "burgundy": "#6f1d35", "maroon": "#6f1d35", "rust": "#b4532a", "terracotta": "#cc6b49",
        "orange": "#f0862e", "peach": "#f7b492", "coral": "#f47763", "salmon": "#f28d7a",
        "amber": "#f2a93b", "gold": "#dfae3c", "golden": "#dfae3c", "yellow": "#f4cc45",
        "mustard": "#d3a02c", "lime": "#a8cf3f", "green": "#4f9d55", "emerald": "#1f8f63",
        "olive": "#808a3c", "mint": "#9bd8bc", "jade": "#3fa27b", "teal": "#1f8a8c",
        "turquoise": "#35b8b4", "cyan": "#3fc3d6", "aqua": "#56c7d0", "blue": "#3b74c9",
        "azure": "#4c9fe0", "navy": "#22366f", "cobalt": "#2c55b0", "indigo": "#43409e",
        "violet": "#7a52b8", "purple": "#7d459f", "lavender": "#a999d6", "lilac": "#bfa3d6",
        "magenta": "#c43a93", "pink": "#ee8fae", "rose": "#e0708c", "brown": "#7d5238",
        "chocolate": "#5d3823", "beige": "#d9c4a1", "cream": "#f3e6cb", "white": "#f6f3ec",
        "ivory": "#f5ecd8", "silver": "#b9bfc8", "grey": "#8a9099", "gray": "#8a9099",
        "black": "#23252e", "copper": "#bd7046", "bronze": "#a0743d",
    }.items()
}  # fmt: skip
