"""Single buildings: a house, a castle, a lighthouse, a windmill."""

from __future__ import annotations

import math

from .canvas import Point, box, circle, curve, ellipse, placed, stroke
from .colour import Colour, darker, hexed, lighter, mix
from .stage import Stage

__all__ = [
    "paint_castle",
    "paint_house",
    "paint_lighthouse",
    "paint_windmill",
]


def paint_house(
    stage: Stage, x: float, foot: float, size: float, wall: Colour | None, name: str
) -> None:
    """A cottage with a gable, a chimney and lit windows."""
    canvas, palette, chance = stage.canvas, stage.palette, stage.chance(name)
    sun = -1 if stage.sun[0] < x else 1
    front = palette.lit(wall or chance.pick([hexed("#f2e3cc"), hexed("#d9694f"), hexed("#e9d5c0")]))
    roof = palette.lit(chance.pick([hexed("#a3473d"), hexed("#4a4a5e"), hexed("#7a4a3a")]))
    side = mix(front, palette.near, 0.32)

    def put(points: list[Point], fill: Colour | tuple[Colour, ...], alpha: float = 1.0) -> None:
        canvas.shape(placed(points, x, foot, size, sun), fill, alpha)

    put([(-1.15, -0.08), (1.1, -0.08), (0.95, 0.02), (-1.0, 0.02)], palette.near, 0.35)
    put([(-0.78, 0.95), (-0.78, 1.52), (-0.58, 1.52), (-0.58, 0.95)], mix(roof, palette.near, 0.4))
    put([(-1.0, 0), (0.3, 0), (0.3, 0.72), (-1.0, 0.72)], (mix(side, front, 0.3), side))
    put(
        [(0.2, 0), (0.95, 0), (0.95, 0.72), (0.575, 1.28), (0.2, 0.72)],
        (lighter(front, 0.08), front),
    )
    put(
        [(-1.12, 0.66), (0.22, 0.66), (0.58, 1.3), (-0.82, 1.3)],
        (mix(roof, palette.light, 0.12), roof),
    )
    put(
        [(0.14, 0.62), (0.2, 0.56), (0.575, 1.2), (0.98, 0.56), (1.05, 0.62), (0.575, 1.38)],
        mix(roof, palette.near, 0.25),
    )
    if stage.is_snowy:
        put(
            [(-1.13, 0.72), (0.24, 0.72), (0.56, 1.36), (-0.84, 1.36)],
            palette.lit(hexed("#ffffff")),
        )
    lamp = palette.accent if stage.is_dark else mix(palette.sky[1], palette.near, 0.3)
    door = mix(roof, palette.near, 0.25)
    put([(0.47, 0), (0.69, 0), (0.69, 0.42), (0.47, 0.42)], door)
    for left in (-0.82, -0.3):
        put([(left, 0.26), (left + 0.26, 0.26), (left + 0.26, 0.52), (left, 0.52)], lamp)
        put(
            [(left + 0.12, 0.26), (left + 0.14, 0.26), (left + 0.14, 0.52), (left + 0.12, 0.52)],
            side,
        )
        if stage.is_dark:
            canvas.glow(
                x + (left + 0.13) * size * sun, foot - 0.39 * size, size * 0.7, palette.accent, 0.4
            )
    put(ellipse(0.58, 0.82, 0.1, 0.1), lamp)
    smoke = curve([(-0.68, 1.56), (-0.6, 1.8), (-0.82, 2.05), (-0.66, 2.4), (-0.9, 2.75)])
    plume = stroke(placed(smoke, x, foot, size, sun), size * 0.1, 2.6)
    canvas.shape(plume, lighter(palette.haze, 0.4), 0.38, soft=size * 0.03)


def paint_castle(stage: Stage, x: float, foot: float, size: float, wall: Colour | None) -> None:
    """Towers with pointed roofs around a keep."""
    canvas, palette, chance = stage.canvas, stage.palette, stage.chance("castle")
    stone = palette.lit(wall or hexed("#cfc3b8"), 0.1)
    roof = palette.lit(chance.pick([hexed("#4c5f9e"), hexed("#a8483f"), hexed("#3f7a78")]), 0.08)
    shade = mix(stone, palette.near, 0.42)
    sun = -1 if stage.sun[0] < x else 1
    lamp = palette.accent if stage.is_dark else mix(palette.near, stone, 0.25)
    towers = [
        (-0.55, 0.2, 1.5),
        (0.5, 0.22, 1.35),
        (0.0, 0.34, 2.0),
        (-1.05, 0.25, 1.05),
        (1.05, 0.25, 0.95),
    ]
    for cx, wide, tall in towers:
        left, right, top = (
            x + (cx - wide / 2) * size,
            x + (cx + wide / 2) * size,
            foot - tall * size,
        )
        canvas.shape(box(left, top, right, foot), (stone, mix(stone, shade, 0.35)))
        dark = (left, (left + right) / 2) if sun > 0 else ((left + right) / 2, right)
        canvas.shape(box(dark[0], top, dark[1], foot), shade, 0.45)
        over, tip = wide * size * 0.16, top - wide * size * 1.75
        canvas.shape([(left - over, top), ((left + right) / 2, tip), (right + over, top)], roof)
        canvas.shape(
            [
                ((left + right) / 2, tip),
                (dark[0] - (over if sun > 0 else 0), top),
                (dark[1] + (over if sun < 0 else 0), top),
            ],
            mix(roof, palette.near, 0.4),
            0.7,
        )
        flag = [(0, 0), (0, 0.26), (0.24 * sun, 0.2), (0, 0.13)]
        canvas.shape(placed(flag, (left + right) / 2, tip + size * 0.02, size), palette.accent)
        slit = wide * size * 0.11
        for level in (0.3, 0.55):
            y = top + (foot - top) * level * 0.6
            canvas.shape(circle((left + right) / 2, y, slit), lamp)
            canvas.shape(
                box((left + right) / 2 - slit, y, (left + right) / 2 + slit, y + slit * 2.4), lamp
            )
    battlement: list[list[Point]] = [
        box(x - size * 1.15, foot - size * 0.52, x + size * 1.15, foot + size * 0.12)
    ]
    for at in range(12):
        left = x + size * (-1.15 + 0.2 * at)
        battlement.append(box(left, foot - size * 0.62, left + size * 0.1, foot - size * 0.5))
    canvas.shapes(battlement, (lighter(stone, 0.06), stone, shade))
    gate = [
        (-0.16, 0),
        (0.16, 0),
        (0.16, 0.24),
        (0.11, 0.34),
        (0, 0.4),
        (-0.11, 0.34),
        (-0.16, 0.24),
    ]
    canvas.shape(placed(gate, x, foot + size * 0.1, size), darker(shade, 0.35))


def paint_lighthouse(
    stage: Stage, x: float, foot: float, tall: float, stripe: Colour | None
) -> None:
    """A striped lighthouse on a rock, its beam lit in the dark."""
    canvas, palette = stage.canvas, stage.palette
    white, red = palette.lit(hexed("#f7f2e8")), palette.lit(stripe or hexed("#d8483e"))
    sun = -1 if stage.sun[0] < x else 1
    rock = mix(palette.lit(hexed("#5a5560")), palette.near, 0.3)
    stones = [
        (-0.62, -0.06),
        (-0.5, 0.03),
        (-0.34, 0.09),
        (-0.2, 0.13),
        (0.22, 0.12),
        (0.36, 0.06),
        (0.6, 0.02),
        (0.72, -0.06),
    ]
    if stage.is_dark or "fog" in stage.scene.weather:
        for side in (-1, 1):
            beam = [(0.0, 1.02), (2.8 * side, 1.4), (2.8 * side, 0.86)]
            canvas.shape(placed(beam, x, foot, tall), palette.light, 0.2, soft=tall * 0.02)
    canvas.shape(
        placed(stones, x, foot, tall, sun),
        (mix(rock, palette.light, 0.22), rock, mix(rock, palette.near, 0.6)),
    )

    def width(level: float) -> float:
        return 0.125 - 0.05 * level

    bands = 6
    for band in range(bands):
        low, high = 0.1 + 0.82 * band / bands, 0.1 + 0.82 * (band + 1) / bands
        outline = [(-width(low), low), (width(low), low), (width(high), high), (-width(high), high)]
        canvas.shape(placed(outline, x, foot, tall), red if band % 2 else white)
    shaded = [(0.02, 0.1), (width(0.1), 0.1), (width(0.92), 0.92), (0.01, 0.92)]
    canvas.shape(placed(shaded, x, foot, tall, -sun), palette.near, 0.3)
    dark = mix(palette.lit(hexed("#3c4250")), palette.near, 0.4)
    canvas.shape(
        placed([(-0.115, 0.92), (0.115, 0.92), (0.1, 0.95), (-0.1, 0.95)], x, foot, tall), dark
    )
    lamp = palette.light if stage.is_dark else mix(palette.sky[1], white, 0.5)
    canvas.shape(
        placed([(-0.06, 0.95), (0.06, 0.95), (0.06, 1.07), (-0.06, 1.07)], x, foot, tall), lamp
    )
    canvas.shape(placed([(-0.085, 1.07), (0.085, 1.07), (0.0, 1.16)], x, foot, tall), red)
    if stage.is_dark:
        canvas.glow(x, foot - tall * 1.01, tall * 0.36, palette.light, 0.85, 1.6)
    for level in (0.3, 0.55):
        canvas.shape(circle(x, foot - tall * level, tall * 0.018), dark)


def paint_windmill(stage: Stage, x: float, foot: float, size: float) -> None:
    """A windmill with four sails."""
    canvas, palette, chance = stage.canvas, stage.palette, stage.chance("windmill")
    body = palette.lit(hexed("#e8dcc6"))
    sun = -1 if stage.sun[0] < x else 1
    canvas.shape(placed([(-0.34, 0), (0.34, 0), (0.2, 1.1), (-0.2, 1.1)], x, foot, size), body)
    canvas.shape(
        placed([(0.02, 0), (0.34, 0), (0.2, 1.1), (0.02, 1.1)], x, foot, size, -sun),
        palette.near,
        0.28,
    )
    cap = [(-0.25, 1.08), (0.25, 1.08), (0.16, 1.3), (0, 1.38), (-0.16, 1.3)]
    canvas.shape(placed(cap, x, foot, size), palette.lit(hexed("#8a4438")))
    canvas.shape(
        placed([(-0.09, 0), (0.09, 0), (0.09, 0.3), (-0.09, 0.3)], x, foot, size),
        palette.lit(hexed("#6b4636")),
    )
    hub, turn = (x, foot - size * 1.2), chance.between(0.2, 1.3)
    cloth, wood = palette.lit(hexed("#fbf4e4")), palette.lit(hexed("#5a4136"))
    for arm in range(4):
        angle = turn + math.tau * arm / 4
        cos, sin = math.cos(angle), math.sin(angle)

        def at(along: float, aside: float, cos: float = cos, sin: float = sin) -> Point:
            return hub[0] + size * (along * cos - aside * sin), hub[1] + size * (
                along * sin + aside * cos
            )

        canvas.shape([at(0.22, 0.02), at(1.0, 0.02), at(1.0, 0.22), at(0.22, 0.18)], cloth, 0.92)
        canvas.shape(stroke([at(0, 0), at(1.02, 0)], size * 0.04, 0.6), wood)
    canvas.shape(circle(*hub, size * 0.06), wood)
