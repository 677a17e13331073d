"""People, an astronaut and a robot, who stand with their backs to us and look at the scene."""

from __future__ import annotations

from .canvas import Point, circle, closed, curve, ellipse, placed, stroke
from .colour import Colour, hexed, lighter, mix
from .stage import Stage

__all__ = ["paint_astronaut", "paint_person", "paint_robot", "paint_umbrella"]


def _rounded(left: float, bottom: float, right: float, top: float, radius: float) -> list[Point]:
    """A rectangle with round corners."""
    corners = [
        (right - radius, top - radius, 0.0),
        (left + radius, top - radius, 0.25),
        (left + radius, bottom + radius, 0.5),
        (right - radius, bottom + radius, 0.75),
    ]
    points: list[Point] = []
    for x, y, turn in corners:
        arc = ellipse(x, y, radius, radius)
        quarter = len(arc) // 4
        start = round(turn * len(arc))
        points += [arc[(start + at) % len(arc)] for at in range(quarter + 1)]
    return points


def paint_person(stage: Stage, x: float, foot: float, size: float, asked: Colour | None) -> None:
    """A wanderer in a coat, hair and scarf in the wind."""
    chance, palette, canvas = stage.chance("person"), stage.palette, stage.canvas
    coat = palette.lit(
        asked
        or chance.pick(
            [
                hexed("#c8503f"),
                hexed("#2f6f8f"),
                hexed("#d9a13f"),
                hexed("#3f4f7f"),
                hexed("#2f7f6a"),
            ]
        )
    )
    hair = palette.lit(
        chance.pick([hexed("#3a2a26"), hexed("#7a4a2e"), hexed("#c08a4a"), hexed("#22222c")])
    )
    dark, bright = mix(coat, palette.near, 0.42), mix(coat, palette.light, 0.3)
    wind = 1 if stage.sun[0] < x else -1

    def put(points: list[Point], fill: Colour | tuple[Colour, ...], alpha: float = 1.0) -> None:
        canvas.shape(placed(points, x, foot, size, wind), fill, alpha)

    boots = mix(palette.lit(hexed("#3a3038")), palette.near, 0.3)
    put(ellipse(0, 0.0, 0.42, 0.04), palette.near, 0.35)
    for side in (-0.11, 0.11):
        put(_rounded(side - 0.07, 0.0, side + 0.07, 0.55, 0.05), boots)
    put(
        closed(
            [
                (0.0, 1.38),
                (0.2, 1.34),
                (0.27, 1.05),
                (0.3, 0.7),
                (0.4, 0.36),
                (0.1, 0.31),
                (-0.24, 0.33),
                (-0.3, 0.7),
                (-0.25, 1.05),
                (-0.2, 1.34),
            ],
            6,
        ),
        (mix(coat, bright, 0.4), coat, dark),
    )
    for side in (-1, 1):
        arm = curve([(0.2 * side, 1.26), (0.31 * side, 1.0), (0.31 * side, 0.72)], 6)
        put(stroke(arm, 0.14, 0.8), (coat, dark))
    put(stroke([(0.0, 1.05), (0.02, 0.36)], 0.02), dark, 0.7)
    scarf = palette.lit(mix(palette.accent, hexed("#f5e3c0"), 0.2))
    put(
        curve(
            [
                (0.06, 1.38),
                (0.34, 1.4),
                (0.6, 1.3),
                (0.84, 1.36),
                (0.86, 1.24),
                (0.6, 1.18),
                (0.34, 1.26),
                (0.06, 1.26),
            ],
            6,
        ),
        (scarf, mix(scarf, palette.near, 0.25)),
    )
    if chance.happens(0.6):
        put(
            closed(
                [
                    (-0.19, 1.62),
                    (-0.15, 1.82),
                    (0.0, 1.88),
                    (0.16, 1.82),
                    (0.22, 1.62),
                    (0.3, 1.42),
                    (0.24, 1.2),
                    (0.08, 1.1),
                    (-0.12, 1.12),
                    (-0.22, 1.36),
                ],
                6,
            ),
            (mix(hair, palette.light, 0.22), hair),
        )
    else:
        put(
            closed(
                [
                    (-0.18, 1.6),
                    (-0.15, 1.8),
                    (0.0, 1.87),
                    (0.16, 1.8),
                    (0.19, 1.6),
                    (0.12, 1.42),
                    (-0.12, 1.42),
                ],
                6,
            ),
            (mix(hair, palette.light, 0.22), hair),
        )
    put([(-0.21, 1.4), (0.21, 1.4), (0.2, 1.28), (-0.2, 1.28)], scarf)


def paint_astronaut(stage: Stage, x: float, foot: float, size: float, asked: Colour | None) -> None:
    """An astronaut with a pack on the back."""
    palette, canvas = stage.palette, stage.canvas
    suit = palette.lit(asked or hexed("#f4f1ea"))
    suit = mix(suit, hexed("#f4f1ea"), 0.3) if asked is None else suit
    dark, bright = mix(suit, palette.near, 0.38), lighter(suit, 0.4)
    sun = 1 if stage.sun[0] > x else -1

    def put(points: list[Point], fill: Colour | tuple[Colour, ...], alpha: float = 1.0) -> None:
        canvas.shape(placed(points, x, foot, size, sun), fill, alpha)

    put(ellipse(0, 0.0, 0.5, 0.05), palette.near, 0.4)
    for side in (-0.17, 0.17):
        put(_rounded(side - 0.13, 0.0, side + 0.13, 0.72, 0.09), (suit, dark))
        put(_rounded(side - 0.15, -0.02, side + 0.15, 0.14, 0.06), mix(suit, palette.near, 0.55))
    for side in (-1, 1):
        arm = curve([(0.3 * side, 1.22), (0.47 * side, 1.0), (0.45 * side, 0.7)], 6)
        put(stroke(arm, 0.2, 0.85), (suit, dark))
        put(circle(0.45 * side, 0.66, 0.1), palette.lit(palette.accent))
    put(_rounded(-0.34, 0.58, 0.34, 1.34, 0.16), (suit, suit, dark))
    put(circle(0, 1.56, 0.31), (bright, suit, dark))
    visor = closed([(0.14, 1.78), (0.3, 1.66), (0.31, 1.5), (0.2, 1.38), (0.16, 1.56)], 5)
    put(visor, (palette.sky[3], mix(palette.accent, palette.near, 0.4)), 0.9)
    put(_rounded(-0.27, 0.66, 0.27, 1.3, 0.09), (mix(suit, dark, 0.25), dark))
    put(_rounded(-0.2, 1.06, 0.2, 1.2, 0.04), mix(dark, palette.near, 0.3))
    for at, lamp in enumerate((palette.accent, hexed("#6fd0a0"), hexed("#f2f2ea"))):
        put(circle(-0.12 + 0.12 * at, 0.92, 0.032), lamp)
    put(stroke(curve([(0.33, 1.24), (0.345, 1.0), (0.335, 0.74)], 6), 0.03, 0.5), bright, 0.9)


def paint_robot(stage: Stage, x: float, foot: float, size: float, asked: Colour | None) -> None:
    """A small, friendly robot, who looks at us."""
    chance, palette, canvas = stage.chance("robot"), stage.palette, stage.canvas
    metal = palette.lit(
        asked or chance.pick([hexed("#c9d3da"), hexed("#e0b45a"), hexed("#6fb0a8")])
    )
    dark, bright = mix(metal, palette.near, 0.42), mix(metal, palette.light, 0.45)
    eye = palette.accent if stage.is_dark else hexed("#4fd8e8")

    def put(points: list[Point], fill: Colour | tuple[Colour, ...], alpha: float = 1.0) -> None:
        canvas.shape(placed(points, x, foot, size), fill, alpha)

    put(ellipse(0, 0.0, 0.5, 0.05), palette.near, 0.4)
    for side in (-1, 1):
        put(_rounded(0.2 * side - 0.08, 0.06, 0.2 * side + 0.08, 0.5, 0.04), dark)
        put(_rounded(0.22 * side - 0.15, 0.0, 0.22 * side + 0.15, 0.13, 0.06), metal)
        arm = curve([(0.36 * side, 0.98), (0.54 * side, 0.82), (0.52 * side, 0.56)], 6)
        put(stroke(arm, 0.1), dark)
        put(circle(0.52 * side, 0.5, 0.085), metal)
    put(_rounded(-0.37, 0.4, 0.37, 1.08, 0.12), (bright, metal, dark))
    put(_rounded(-0.2, 0.58, 0.2, 0.9, 0.05), mix(dark, palette.near, 0.3))
    for at in range(3):
        tall = chance.between(0.06, 0.2)
        put(_rounded(-0.13 + 0.1 * at, 0.63, -0.07 + 0.1 * at, 0.65 + tall, 0.012), eye, 0.9)
    put(_rounded(-0.08, 1.05, 0.08, 1.18, 0.02), dark)
    put(stroke([(0.0, 1.66), (0.0, 1.86)], 0.035), dark)
    put(circle(0.0, 1.9, 0.06), palette.accent)
    put(_rounded(-0.42, 1.15, 0.42, 1.7, 0.17), (bright, metal, dark))
    put(_rounded(-0.33, 1.24, 0.33, 1.6, 0.13), hexed("#1d2433"))
    for aside in (-0.15, 0.15):
        canvas.glow(x + aside * size, foot - 1.43 * size, size * 0.24, eye, 0.6)
        put(ellipse(aside, 1.43, 0.065, 0.085), eye)
    put(stroke(curve([(-0.08, 1.32), (0.0, 1.295), (0.08, 1.32)], 4), 0.022), eye)


def paint_umbrella(stage: Stage, x: float, foot: float, size: float, asked: Colour | None) -> None:
    """An open umbrella, held over whoever stands there."""
    palette, canvas = stage.palette, stage.canvas
    cloth = palette.lit(asked or hexed("#d8403a"))
    cloth = mix(cloth, asked or hexed("#d8403a"), 0.35)

    def put(points: list[Point], fill: Colour | tuple[Colour, ...], alpha: float = 1.0) -> None:
        canvas.shape(placed(points, x, foot, size), fill, alpha)

    put(stroke([(0.0, 0.8), (0.0, 2.42)], 0.03), palette.near)
    ribs = 5
    for at in range(ribs):
        left, right = -0.95 + 1.9 * at / ribs, -0.95 + 1.9 * (at + 1) / ribs
        gore = [
            (0.0, 2.4),
            *curve([(left * 0.62, 2.24), (left, 1.7)], 6),
            *curve([(left, 1.7), ((left + right) / 2, 1.8), (right, 1.7)], 6),
            *curve([(right, 1.7), (right * 0.62, 2.24)], 6),
        ]
        tone = (
            mix(cloth, palette.light, 0.22 - 0.1 * at)
            if at < 2
            else mix(cloth, palette.near, 0.1 * (at - 2))
        )
        put(gore, tone)
