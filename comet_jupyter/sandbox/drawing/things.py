"""What floats and flies: boats, balloons, a rocket."""

from __future__ import annotations

import math

from .canvas import Point, circle, closed, curve, ellipse, placed, stroke
from .colour import Colour, hexed, lighter, mix
from .stage import Stage

__all__ = ["paint_balloon", "paint_boat", "paint_paper_boat", "paint_rocket"]


def paint_paper_boat(
    stage: Stage, x: float, line: float, size: float, asked: Colour | None
) -> None:
    """A boat folded from a sheet of paper."""
    palette, canvas = stage.palette, stage.canvas
    sheet = mix(palette.lit(asked or hexed("#fdfaf3")), asked or hexed("#fdfaf3"), 0.35)
    dim, deep = mix(sheet, palette.sky[1], 0.28), mix(sheet, palette.sky[0], 0.5)
    sun = 1 if stage.sun[0] > x else -1
    for points, colour in (
        ([(-0.42, 0.36), (0.0, 1.08), (0.42, 0.36), (0.0, 0.2)], dim),
        ([(0.0, 1.08), (0.42, 0.36), (0.0, 0.2)], sheet),
        ([(-1.0, 0.62), (-0.36, 0.3), (0.36, 0.3), (1.0, 0.62), (0.6, 0.0), (-0.6, 0.0)], dim),
        ([(-1.0, 0.62), (-0.36, 0.3), (0.0, 0.0), (-0.6, 0.0)], deep),
        ([(1.0, 0.62), (0.36, 0.3), (0.0, 0.0), (0.6, 0.0)], sheet),
    ):
        canvas.shape(placed(points, x, line, size, sun), colour)
    crease = stroke([(0.0, 1.06), (0.0, 0.22)], 0.012)
    canvas.shape(placed(crease, x, line, size, sun), deep, 0.5)
    _bow_wave(stage, x, line, size * 0.75)


def paint_boat(stage: Stage, x: float, line: float, size: float, asked: Colour | None) -> None:
    """A sailing boat with two sails and a pennant."""
    palette, canvas, chance = stage.palette, stage.canvas, stage.chance("boat")
    sun = 1 if stage.sun[0] > x else -1
    hull = palette.lit(
        asked
        or chance.pick([hexed("#b5463c"), hexed("#27476e"), hexed("#f1e7d6"), hexed("#8a5a3c")])
    )
    cloth = mix(palette.lit(hexed("#fffaf0")), palette.light, 0.3)
    shade = mix(cloth, palette.sky[1], 0.4)

    def put(points: list[Point], fill: Colour | tuple[Colour, ...], alpha: float = 1.0) -> None:
        canvas.shape(placed(points, x, line, size, sun), fill, alpha)

    put([(-0.02, 0.2), (0.025, 0.2), (0.015, 2.05), (-0.01, 2.05)], palette.lit(hexed("#5a4136")))
    main = [(-0.06, 0.38), *curve([(-0.06, 1.96), (-0.5, 1.2), (-0.86, 0.42)], 8), (-0.86, 0.4)]
    put(main, (cloth, shade))
    jib = [(0.06, 0.36), *curve([(0.06, 1.75), (0.34, 1.0), (0.76, 0.36)], 8)]
    put(jib, (mix(cloth, shade, 0.2), mix(cloth, shade, 0.6)))
    put([(0.0, 2.05), (0.0, 1.95), (-0.26, 1.98)], palette.lit(palette.accent))
    outline = [
        *curve([(-0.98, 0.3), (0.0, 0.22), (1.08, 0.36)], 8),
        *curve([(1.08, 0.36), (0.84, 0.1), (0.62, 0.0)], 6),
        *curve([(-0.72, 0.0), (-0.88, 0.1), (-0.98, 0.3)], 6),
    ]
    put(outline, (mix(hull, palette.light, 0.2), hull, mix(hull, palette.near, 0.45)))
    stripe = stroke(curve([(-0.96, 0.24), (0.0, 0.16), (1.02, 0.29)], 8), 0.035)
    put(stripe, lighter(hull, 0.6), 0.8)
    _bow_wave(stage, x, line, size)


def _bow_wave(stage: Stage, x: float, line: float, size: float) -> None:
    pale = lighter(stage.palette.sky[2], 0.5)
    for reach, drop, alpha in ((0.92, 0.0, 0.75), (1.3, 0.06, 0.4), (1.75, 0.14, 0.25)):
        wave = ellipse(x, line + drop * size, size * reach, size * 0.022)
        stage.canvas.shape(wave, pale, alpha)


def paint_balloon(
    stage: Stage,
    x: float,
    y: float,
    size: float,
    asked: Colour | None,
    name: str,
    depth: float = 0.0,
) -> None:
    """A hot-air balloon in gores of two or three colours; ``size`` is its radius."""
    palette, canvas, chance = stage.palette, stage.canvas, stage.chance(name)
    first = asked or chance.pick(
        [hexed("#e2553f"), hexed("#f2a33a"), hexed("#2f8f9a"), hexed("#7a5bb5"), hexed("#e0708c")]
    )
    second = chance.pick([hexed("#fff3dc"), hexed("#ffd27a"), lighter(first, 0.45)])
    tones = [
        mix(palette.lit(colour, depth), colour, 0.35 * (1 - depth)) for colour in (first, second)
    ]
    sun = -1 if stage.sun[0] < x else 1
    gores = 8

    def edge(share: float) -> list[Point]:
        across = math.sin(math.pi * (share - 0.5))
        right = [
            (0.0, -1.0),
            (0.55, -0.84),
            (0.9, -0.42),
            (0.98, 0.05),
            (0.76, 0.56),
            (0.4, 1.0),
            (0.24, 1.2),
        ]
        return curve([(x + px * across * size, y + py * size) for px, py in right], 6)

    for gore in range(gores):
        left, right = edge(gore / gores), edge((gore + 1) / gores)
        tone = tones[gore % 2]
        lean = (gore + 0.5) / gores * 2 - 1
        tone = mix(tone, palette.light, max(0.0, lean * sun) * 0.25)
        tone = mix(tone, palette.near, max(0.0, -lean * sun) * 0.38)
        canvas.shape(
            [*left, *reversed(right)], (lighter(tone, 0.1), tone, mix(tone, palette.near, 0.22))
        )
    basket = palette.lit(hexed("#7a5238"), depth)
    for side in (-1, 1):
        canvas.shape(
            stroke(
                [
                    (x + side * size * 0.23, y + size * 1.2),
                    (x + side * size * 0.14, y + size * 1.5),
                ],
                max(1.0, size * 0.02),
            ),
            basket,
        )
    wicker = [(-0.16, -1.48), (0.16, -1.48), (0.13, -1.7), (-0.13, -1.7)]
    canvas.shape(placed(wicker, x, y, size), (lighter(basket, 0.15), basket))
    if stage.is_dark:
        canvas.glow(x, y + size * 1.1, size * 1.3, palette.accent, 0.5)


def paint_rocket(stage: Stage, x: float, y: float, size: float, asked: Colour | None) -> None:
    """A rocket on its way up."""
    palette, canvas = stage.palette, stage.canvas
    body = mix(palette.lit(hexed("#f4f1ea")), hexed("#f4f1ea"), 0.4)
    fin = asked or hexed("#d8483e")
    lean, sun = 0.32 * -stage.side, 1 if stage.sun[0] > x else -1
    cos, sin = math.cos(lean), math.sin(lean)

    def put(
        points: list[Point], fill: Colour | tuple[Colour, ...], alpha: float = 1.0, soft: float = 0
    ) -> None:
        turned = [(px * cos + py * sin, -px * sin + py * cos) for px, py in points]
        canvas.shape(placed(turned, x, y, size), fill, alpha, soft)

    trail = curve([(0.0, -0.9), (0.02, -1.8), (-0.1, -3.0)], 8)
    put(stroke(trail, 0.34, 2.6), lighter(palette.sky[3], 0.4), 0.35, soft=size * 0.12)
    canvas.glow(x - sin * size * 0.95, y + cos * size * 0.95, size * 1.2, hexed("#ffb84d"), 0.7)
    put(closed([(-0.2, -0.7), (0.0, -1.65), (0.2, -0.7)], 6), (hexed("#ffe08a"), hexed("#ff8a3d")))
    put(closed([(-0.1, -0.7), (0.0, -1.2), (0.1, -0.7)], 6), hexed("#fff6d8"))
    for side in (-1, 1):
        put(
            closed(
                [
                    (0.22 * side, -0.2),
                    (0.6 * side, -0.66),
                    (0.56 * side, -0.86),
                    (0.24 * side, -0.64),
                ],
                4,
            ),
            fin,
        )
    put(
        closed(
            [
                (0.0, 1.1),
                (0.22, 0.72),
                (0.31, 0.2),
                (0.28, -0.4),
                (0.2, -0.72),
                (-0.2, -0.72),
                (-0.28, -0.4),
                (-0.31, 0.2),
                (-0.22, 0.72),
            ],
            6,
        ),
        body,
    )
    put(
        closed(
            [
                (0.05, 1.0),
                (0.22, 0.7),
                (0.31, 0.2),
                (0.28, -0.4),
                (0.2, -0.72),
                (0.06, -0.72),
                (0.12, 0.2),
            ],
            5,
        )
        if sun < 0
        else closed(
            [
                (-0.05, 1.0),
                (-0.22, 0.7),
                (-0.31, 0.2),
                (-0.28, -0.4),
                (-0.2, -0.72),
                (-0.06, -0.72),
                (-0.12, 0.2),
            ],
            5,
        ),
        palette.near,
        0.25,
    )
    put(closed([(0.0, 1.12), (0.2, 0.76), (0.0, 0.7), (-0.2, 0.76)], 5), fin)
    put(circle(0.0, 0.3, 0.15), mix(fin, palette.near, 0.4))
    put(circle(0.0, 0.3, 0.11), (lighter(palette.sky[2], 0.3), palette.sky[1]))
