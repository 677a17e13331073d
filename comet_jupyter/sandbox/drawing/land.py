"""Land, layer behind layer: mountains, hills, dunes, the near ground. Nothing that stands on it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from .canvas import Point
from .colour import hexed, lighter, mix, scaled
from .stage import Stage, smooth_noise

__all__ = [
    "Ground",
    "paint_dunes",
    "paint_far_ridges",
    "paint_foreground",
    "paint_hills",
    "paint_mist",
    "paint_mountains",
]

Ground = Callable[[float], float]
"""From a position across to the height of the ground there, both in pixels."""


def _below(stage: Stage, ground: Ground, bottom: float, steps: int = 90) -> list[Point]:
    edge = stage.unit * 2
    across = [-edge + (stage.width + 2 * edge) * at / steps for at in range(steps + 1)]
    return [*((x, ground(x)) for x in across), (across[-1], bottom), (across[0], bottom)]


def _rolling(
    stage: Stage, name: str, base: float, swing: float, length: float, octaves: int = 2
) -> Ground:
    line = smooth_noise(stage.chance(name), octaves, 0.42)
    wave = stage.unit * length
    return lambda x: base - swing * line(x / wave + 7)


def paint_far_ridges(stage: Stage, count: int = 3) -> None:
    """Soft ridges that fade into the haze, the farthest first."""
    palette, unit = stage.palette, stage.unit
    for at in range(count):
        share = (at + 1) / count
        ground = _rolling(
            stage, f"ridge {at}", stage.horizon - unit * (11 - 8 * share), unit * (7 - 2.5 * share),
            34 - 6 * at, 4,
        )  # fmt: skip
        colour = mix(palette.haze, palette.far, 0.3 + 0.55 * share)
        foot = mix(colour, palette.haze, 0.6)
        stage.canvas.shape(_below(stage, ground, stage.horizon + unit * 2), (colour, foot))


def paint_mountains(stage: Stage) -> None:
    """A range with lit and shaded flanks, and snow where it is high."""
    palette, unit, chance = stage.palette, stage.unit, stage.chance("mountains")
    _soft_range(stage)
    count = max(3, round(stage.width / (unit * 30)))
    peaks = []
    for at in range(count + 1):
        x = stage.width * (at + chance.between(-0.3, 0.3)) / count
        # the highest peak stands away from the subject
        nearness = abs(x - (stage.width - stage.focus)) / stage.width
        tall = unit * chance.between(15, 24) * (1.35 - 0.75 * nearness)
        peaks.append((x, min(tall, stage.horizon * 0.72), chance.between(0.8, 1.15)))
    for number, (x, tall, wide) in enumerate(sorted(peaks, key=lambda peak: -peak[1])):
        _peak(stage, number, x, tall, wide * tall)
    mist = mix(palette.haze, palette.sky[3], 0.3)
    paint_mist(stage, stage.horizon - unit * 4, unit * 5, 0.5, mist)


def _soft_range(stage: Stage) -> None:
    palette, unit = stage.palette, stage.unit
    line = smooth_noise(stage.chance("range"), 5, 0.5)

    def ground(x: float) -> float:
        return stage.horizon - unit * (13 + 9 * (1 - 2 * abs(line(x / (unit * 26) + 3))))

    colour = mix(palette.haze, palette.far, 0.5)
    stage.canvas.shape(
        _below(stage, ground, stage.horizon + unit, 140), (colour, mix(colour, palette.haze, 0.8))
    )


def _peak(stage: Stage, number: int, x: float, tall: float, half: float) -> None:
    palette, chance = stage.palette, stage.chance(f"peak {number}")
    base, top = stage.horizon + stage.unit * 2, stage.horizon - tall
    left = _flank(chance.between, (x, top), (x - half, base), tall * 0.045)
    right = _flank(chance.between, (x, top), (x + half, base), tall * 0.045)
    away = 1 if stage.sun[0] < x else -1
    spine = _flank(
        chance.between, (x, top), (x + away * half * chance.between(0.1, 0.4), base), tall * 0.075
    )
    depth = 0.45 + 0.3 * (1 - tall / (stage.unit * 32))
    rock = mix(palette.near, palette.far, min(0.95, depth + 0.25))
    lit = mix(rock, palette.light, 0.2 + 0.16 * palette.exposure)
    foot = mix(rock, palette.haze, 0.6)
    sunny, shady = (left, right) if stage.sun[0] < x else (right, left)
    stage.canvas.shape([*left, *reversed(right)], (rock, mix(rock, foot, 0.45), foot))
    stage.canvas.shape([*sunny, *reversed(spine)], (lit, mix(lit, foot, 0.4), lighter(foot, 0.1)))
    if tall > stage.unit * 13 or stage.is_snowy:
        _snow_cap(stage, number, (sunny, spine, shady), top, tall)


def _flank(
    between: Callable[[float, float], float], top: Point, foot: Point, wobble: float
) -> list[Point]:
    steps, points = 11, [top]
    for at in range(1, steps):
        share = at / steps
        stray = wobble * min(1.0, share * 2.5)
        x = top[0] + (foot[0] - top[0]) * share + between(-stray, stray)
        points.append((x, top[1] + (foot[1] - top[1]) * share**1.08 + between(-0.4, 0.4) * wobble))
    return [*points, foot]


def _snow_cap(
    stage: Stage, number: int, sides: tuple[list[Point], ...], top: float, tall: float
) -> None:
    chance, palette = stage.chance(f"snow cap {number}"), stage.palette
    deep = tall * (0.55 if stage.is_snowy else chance.between(0.22, 0.36))
    white = palette.lit(hexed("#ffffff"), 0.12)
    shade = mix(mix(white, palette.far, 0.45), palette.sky[1], 0.2)
    sunny, spine, shady = ([p for p in side if p[1] < top + deep] for side in sides)
    for outer, colour in ((shady, shade), (sunny, white)):
        if len(outer) < 2 or len(spine) < 2:
            continue
        (x0, y0), (x1, y1) = outer[-1], spine[-1]
        edge = []
        for at in range(1, 6):
            drop = (0.16 if at % 2 else -0.1) * deep * chance.between(0.6, 1.3)
            edge.append((x0 + (x1 - x0) * at / 6, y0 + (y1 - y0) * at / 6 + drop))
        stage.canvas.shape([*outer, *edge, *reversed(spine)], colour, 0.95)


def paint_hills(stage: Stage, shares: Sequence[float]) -> Ground:
    """Rolling hills, each at its share of the way from the horizon (0) to the viewer (1).

    Gives the line of the nearest one.
    """
    palette, unit = stage.palette, stage.unit
    ground: Ground = lambda x: stage.horizon  # noqa: E731
    for share in shares:
        base = stage.horizon + unit + (stage.height * 0.88 - stage.horizon) * share**1.15
        ground = _rolling(stage, f"hill {share}", base, unit * (2.5 + 4 * share), 30 + 26 * share)
        green = mix(palette.lit(palette.grass), palette.land(0.2), 0.3 - 0.12 * share)
        colour = mix(green, palette.haze, 0.66 * (1 - share) ** 1.4)
        lit = mix(colour, palette.light, 0.2)
        foot = mix(scaled(colour, 0.9), palette.near, 0.1)
        stage.canvas.shape(_below(stage, ground, stage.height + 2.0), (lit, colour, foot))
    return ground


def paint_dunes(stage: Stage) -> Ground:
    """Dunes with a sharp crest: a lit flank and one in the shade."""
    palette, unit, count = stage.palette, stage.unit, 5
    ground: Ground = lambda x: stage.horizon  # noqa: E731
    sand = palette.lit(mix(palette.grass, hexed("#e0a05a"), 0.5))
    for at in range(count):
        share = at / (count - 1)
        base = stage.horizon + (stage.height * 0.9 - stage.horizon) * share**1.3
        ground = _rolling(stage, f"dune {at}", base, unit * (2.2 + 6.5 * share), 26 + 40 * share, 1)
        lit = mix(mix(sand, palette.light, 0.3), palette.haze, 0.7 * (1 - share) ** 1.1)
        stage.canvas.shape(
            _below(stage, ground, stage.height + 2.0), (lit, lit, mix(lit, palette.near, 0.28))
        )
        _dune_shade(stage, ground, share, mix(lit, mix(palette.near, palette.far, 0.3), 0.42))
    return ground


def _dune_shade(stage: Stage, ground: Ground, share: float, colour: tuple[int, int, int]) -> None:
    unit = stage.unit
    step = unit * 1.5
    xs = [at * step - unit * 4 for at in range(int((stage.width + unit * 8) / step) + 1)]
    heights = [ground(x) for x in xs]
    away = 1 if stage.sun[0] < stage.width / 2 else -1
    for at in range(1, len(xs) - 1):
        if heights[at] <= heights[at - 1] and heights[at] < heights[at + 1]:
            # a crest: the flank away from the sun falls to the next trough
            end = at
            while 0 < end < len(xs) - 1 and heights[end + away] >= heights[end]:
                end += away
            outline = [(xs[i], heights[i]) for i in range(at, end, away)]
            if len(outline) < 6:
                continue
            fall, last = unit * (3 + 13 * share), len(outline) - 1
            inner = [
                (
                    x - away * unit * 5 * share * i / last,
                    y + fall * math.sin(math.pi * (i / last) ** 0.7),
                )
                for i, (x, y) in enumerate(outline)
            ]
            stage.canvas.shape([*outline, *reversed(inner)], (colour, colour), 0.9)


def paint_foreground(stage: Stage, base: float | None = None) -> Ground:
    """The near ground at the lower edge, rising below the subject."""
    palette, unit = stage.palette, stage.unit
    middle = stage.height * 0.88 if base is None else base
    bump = smooth_noise(stage.chance("foreground"), 3, 0.4)

    def ground(x: float) -> float:
        away = (x - stage.focus) / stage.width
        rise = unit * 5 * max(0.0, 1 - (away * 2.2) ** 2)
        return middle - rise - unit * 1.6 * bump(x / (unit * 30))

    grass = palette.lit(palette.grass)
    top = mix(mix(grass, palette.near, 0.35), palette.light, 0.06)
    if "desert" in stage.scene.places or "sea" in stage.scene.places:
        top = mix(palette.lit(hexed("#d9a86c")), palette.near, 0.22)
    if stage.is_snowy:
        top = mix(grass, palette.far, 0.12)
    bottom = mix(top, palette.far, 0.5) if stage.is_snowy else mix(top, palette.near, 0.55)
    stage.canvas.shape(_below(stage, ground, stage.height + 2.0, 140), (top, bottom))
    return ground


def paint_mist(
    stage: Stage, y: float, thick: float, alpha: float, colour: tuple[int, int, int] | None = None
) -> None:
    """A soft band of mist across the picture."""
    pale = colour or lighter(stage.palette.haze, 0.25)
    band = [(-thick * 4, y - thick / 2), (stage.width + thick * 4, y - thick / 2),
            (stage.width + thick * 4, y + thick / 2), (-thick * 4, y + thick / 2)]  # fmt: skip
    stage.canvas.shape(band, pale, alpha, soft=thick * 0.6)
