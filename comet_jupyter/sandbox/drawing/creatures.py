"""Animals that stand, fly and swim."""

from __future__ import annotations

import math

from .canvas import Point, circle, closed, curve, ellipse, placed, stroke
from .chance import Chance
from .colour import Colour, hexed, lighter, mix
from .stage import Stage

__all__ = ["paint_birds", "paint_fish", "paint_standing", "paint_whale"]


_HORSE = [
    (-0.62, 0.0), (-0.66, 0.34), (-0.7, 0.56), (-0.73, 0.78), (-0.66, 0.93), (-0.48, 0.98),
    (-0.2, 0.92), (0.08, 0.94), (0.28, 1.04), (0.42, 1.26), (0.54, 1.46), (0.6, 1.58),
    (0.64, 1.5), (0.74, 1.42), (0.9, 1.24), (0.93, 1.17), (0.87, 1.13), (0.78, 1.17),
    (0.66, 1.22), (0.58, 1.08), (0.52, 0.88), (0.47, 0.72), (0.46, 0.5), (0.46, 0.28),
    (0.47, 0.0), (0.36, 0.0), (0.34, 0.28), (0.3, 0.56), (0.1, 0.55), (-0.2, 0.55),
    (-0.38, 0.6), (-0.44, 0.48), (-0.52, 0.34), (-0.5, 0.0),
]  # fmt: skip
_FAR_LEGS = [
    [(0.2, 0.62), (0.24, 0.3), (0.2, 0.0), (0.29, 0.0), (0.34, 0.3), (0.36, 0.62)],
    [(-0.58, 0.66), (-0.44, 0.34), (-0.38, 0.0), (-0.28, 0.0), (-0.33, 0.36), (-0.36, 0.62)],
]


def paint_standing(
    stage: Stage, kind: str, x: float, foot: float, size: float, asked: Colour | None
) -> None:
    """A horse or a deer, seen from the side."""
    chance, palette, canvas = stage.chance(kind), stage.palette, stage.canvas
    natural = {
        "horse": ["#7a4a35", "#e9dfd2", "#3f342f", "#b0703f"],
        "deer": ["#a8714a", "#8f6242"],
    }[kind]
    coat = palette.lit(asked or hexed(chance.pick(natural)))
    dark, bright = mix(coat, palette.near, 0.42), mix(coat, palette.light, 0.3)
    turn = -stage.side

    def put(points: list[Point], fill: Colour | tuple[Colour, ...], alpha: float = 1.0) -> None:
        canvas.shape(placed(points, x, foot, size, turn), fill, alpha)

    put(ellipse(-0.08, 0.0, 0.72, 0.05), palette.near, 0.35)
    slim = 0.86 if kind == "deer" else 1.0
    outline = [(px, py if py > 0.5 else py * 1.0) for px, py in _HORSE]
    outline = [(px * slim, py) for px, py in outline]
    for leg in _FAR_LEGS:
        put([(px * slim, py) for px, py in leg], dark)
    if kind == "horse":
        tail = curve([(-0.69, 0.88), (-0.86, 0.78), (-0.9, 0.5), (-0.84, 0.26)], 8)
        put(stroke(tail, 0.16, 0.35), dark)
    put(closed(outline, 5), (bright, coat, coat, dark))
    if kind == "horse":
        mane = [
            (0.58, 1.54),
            (0.5, 1.47),
            (0.36, 1.26),
            (0.22, 1.06),
            (0.1, 0.98),
            (0.2, 0.92),
            (0.36, 1.04),
            (0.5, 1.26),
            (0.6, 1.46),
        ]
        put(closed(mane, 5), dark)
        put([(0.57, 1.53), (0.6, 1.68), (0.66, 1.5)], coat)
    else:
        put([(0.49, 1.5), (0.42, 1.64), (0.58, 1.54)], coat)
        antler = hexed("#8a6a4c")
        for lean in (-0.1, 0.12):
            beam = curve(
                [
                    (0.53, 1.56),
                    (0.46 + lean, 1.76),
                    (0.5 + lean * 2, 1.98),
                    (0.62 + lean * 2.2, 2.12),
                ],
                6,
            )
            put(stroke(beam, 0.05, 0.4), palette.lit(antler))
            for at in (7, 12):
                tip = (beam[at][0] + 0.16, beam[at][1] + 0.14)
                put(stroke([beam[at], tip], 0.035, 0.4), palette.lit(antler))
        put(ellipse(-0.6, 0.82, 0.07, 0.09), palette.lit(hexed("#fbf6ee")))
        put(ellipse(-0.05, 0.62, 0.3, 0.06), lighter(coat, 0.3), 0.5)
    put(circle(0.68 * slim, 1.385, 0.022), hexed("#1b1820"))


def paint_birds(stage: Stage, count: int, asked: Colour | None) -> None:
    """A flock of gulls against the sky."""
    chance, unit, palette = stage.chance("birds"), stage.unit, stage.palette
    ink = palette.lit(asked) if asked else mix(palette.near, palette.sky[1], 0.1)
    if stage.kind == "night":
        ink = mix(ink, palette.light, 0.35)
    x, y = stage.focus, stage.horizon * chance.between(0.3, 0.48)
    for _ in range(count):
        size = unit * chance.between(1.8, 3.4) * (1.7 if count == 1 else 1.0)
        px = x + stage.width * chance.between(-0.2, 0.2) * (count > 1)
        py = y + stage.horizon * chance.between(-0.2, 0.18) * (count > 1)
        stage.canvas.shape(_gull(chance, px, py, size), ink)


def _gull(chance: Chance, x: float, y: float, size: float) -> list[Point]:
    lift, tilt = chance.between(0.25, 0.6), chance.between(-0.25, 0.25)
    upper = curve(
        [
            (-1, lift * 0.55),
            (-0.55, lift),
            (-0.12, 0.12),
            (0, 0.05),
            (0.12, 0.12),
            (0.55, lift),
            (1, lift * 0.55),
        ],
        6,
    )
    lower = curve(
        [
            (1, lift * 0.55),
            (0.5, lift * 0.72),
            (0.1, -0.1),
            (0, -0.16),
            (-0.1, -0.1),
            (-0.5, lift * 0.72),
            (-1, lift * 0.55),
        ],
        6,
    )
    cos, sin = math.cos(tilt), math.sin(tilt)
    return [
        (x + size * (px * cos - py * sin), y - size * (px * sin + py * cos))
        for px, py in upper + lower
    ]


def paint_whale(stage: Stage, x: float, line: float, size: float, asked: Colour | None) -> None:
    """A whale's back, its fluke and its spout."""
    palette, canvas = stage.palette, stage.canvas
    skin = palette.lit(asked or hexed("#3f5f86"))
    bright, dark = mix(skin, palette.light, 0.28), mix(skin, palette.near, 0.45)
    turn = -stage.side

    def put(points: list[Point], fill: Colour | tuple[Colour, ...], alpha: float = 1.0) -> None:
        canvas.shape(placed(points, x, line, size, turn), fill, alpha)

    back = curve(
        [
            (-1.0, 0.0),
            (-0.8, 0.2),
            (-0.35, 0.42),
            (0.2, 0.46),
            (0.7, 0.34),
            (0.98, 0.14),
            (1.04, 0.0),
        ],
        8,
    )
    put(back, (bright, skin, dark))
    put([(-0.42, 0.38), (-0.58, 0.54), (-0.68, 0.55), (-0.62, 0.28)], skin)
    put(circle(0.76, 0.14, 0.028), hexed("#11141f"))
    put(stroke(curve([(1.0, 0.06), (0.86, 0.05), (0.7, 0.03)]), 0.02), lighter(skin, 0.5), 0.8)
    stem = curve([(-1.42, 0.0), (-1.46, 0.26), (-1.6, 0.5)], 6)
    put(stroke(stem, 0.2, 0.5), (skin, dark))
    fluke = closed(
        [
            (-1.6, 0.46),
            (-1.4, 0.6),
            (-1.16, 0.62),
            (-1.2, 0.72),
            (-1.42, 0.76),
            (-1.6, 0.62),
            (-1.8, 0.8),
            (-2.02, 0.78),
            (-2.04, 0.68),
            (-1.8, 0.62),
        ],
        5,
    )
    put(fluke, (bright, skin))
    water = lighter(palette.sky[2], 0.55)
    for side in (-1, 1):
        jet = curve(
            [
                (0.42, 0.46),
                (0.42 + 0.05 * side, 0.8),
                (0.42 + 0.2 * side, 0.98),
                (0.42 + 0.36 * side, 0.84),
            ],
            8,
        )
        put(stroke(jet, 0.06, 0.9), water, 0.85)
        put(circle(jet[-1][0], jet[-1][1], 0.045), water, 0.85)
    for cx, half in ((0.0, 1.16), (-1.42, 0.34)):
        put(ellipse(cx, 0.0, half, 0.045), water, 0.55)


def paint_fish(stage: Stage, x: float, line: float, size: float, asked: Colour | None) -> None:
    """A fish that leaps out of the water."""
    chance, palette, canvas = stage.chance("fish"), stage.palette, stage.canvas
    scale = palette.lit(
        asked or chance.pick([hexed("#f28a4a"), hexed("#5b8fc7"), hexed("#e8b04a")])
    )
    bright, dark = mix(scale, palette.light, 0.45), mix(scale, palette.near, 0.35)
    turn, angle = stage.side * -1, 0.5
    cos, sin = math.cos(angle), math.sin(angle)

    def put(points: list[Point], fill: Colour | tuple[Colour, ...], alpha: float = 1.0) -> None:
        turned = [(px * cos - py * sin, px * sin + py * cos + 1.1) for px, py in points]
        canvas.shape(placed(turned, x, line, size, turn), fill, alpha)

    put(closed([(-0.72, 0.02), (-1.12, 0.34), (-1.05, 0.02), (-1.16, -0.3)], 5), dark)
    put(closed([(-0.2, 0.26), (-0.02, 0.5), (0.26, 0.44), (0.34, 0.24)], 5), dark)
    put(
        closed(
            [
                (-0.8, 0.0),
                (-0.3, 0.28),
                (0.3, 0.32),
                (0.78, 0.06),
                (0.74, -0.04),
                (0.3, -0.28),
                (-0.3, -0.24),
            ],
            7,
        ),
        (scale, scale, bright),
    )
    put(closed([(0.1, -0.06), (-0.16, -0.2), (-0.12, -0.34), (0.16, -0.16)], 4), dark)
    put(circle(0.52, 0.08, 0.055), hexed("#fffdf5"))
    put(circle(0.535, 0.085, 0.03), hexed("#14161f"))
    water = lighter(palette.sky[2], 0.5)
    for reach in (0.9, 0.55):
        canvas.shape(ellipse(x, line, size * reach, size * reach * 0.09), water, 0.4)
    for _ in range(10):
        px, py = chance.between(-0.9, 0.7), chance.between(0.08, 0.7)
        canvas.shape(
            circle(x + px * size, line - py * size, size * chance.between(0.02, 0.05)), water, 0.85
        )
