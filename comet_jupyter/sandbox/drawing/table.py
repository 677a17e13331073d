"""A still life: a table before a blurred view, with a cake or a cup on it."""

from __future__ import annotations

import math

from PIL import ImageFilter

from .canvas import Point, circle, curve, ellipse, placed, stroke
from .colour import Colour, hexed, lighter, mix
from .stage import Stage

__all__ = ["paint_table"]


def paint_table(stage: Stage) -> None:
    """Blur what is painted so far and set a table before it."""
    canvas, palette, unit, chance = stage.canvas, stage.palette, stage.unit, stage.chance("table")
    small = canvas.image.resize((max(1, stage.width // 6), max(1, stage.height // 6)))
    blurred = small.filter(ImageFilter.GaussianBlur(unit * 0.28))
    canvas.image.paste(blurred.resize((stage.width, stage.height)))
    for _ in range(16):
        x, y = chance() * stage.width, stage.height * chance.between(0.05, 0.68)
        bokeh = circle(x, y, unit * chance.between(1.5, 5))
        canvas.shape(
            bokeh,
            mix(palette.light, palette.accent, chance.between(0, 0.5)),
            chance.between(0.07, 0.2),
            soft=unit * 0.15,
        )
    edge = stage.height * 0.72
    wood = palette.lit(chance.pick([hexed("#a8744e"), hexed("#c9a27c"), hexed("#6e4a3a")]))
    canvas.gradient((mix(wood, palette.light, 0.38), wood, mix(wood, palette.near, 0.4)), edge)
    canvas.gradient((lighter(wood, 0.45), mix(wood, palette.light, 0.3)), edge, edge + unit * 0.5)
    for _ in range(9):
        y = edge + (stage.height - edge) * chance.between(0.08, 1.0)
        grain = ellipse(chance() * stage.width, y, unit * chance.between(14, 40), unit * 0.16)
        canvas.shape(grain, mix(wood, palette.near, 0.35), 0.28)
    cake, cup = stage.scene.subject("cake"), stage.scene.subject("cup")
    middle, foot = stage.width / 2, stage.height * 0.83
    if cake:
        _cake(stage, middle - (unit * 13 if cup else 0) * stage.side, foot, unit * 27, cake.colour)
    if cup:
        aside = unit * (27 if cake else 0) * stage.side
        _cup(
            stage,
            middle + aside,
            foot + unit * (3 if cake else 0),
            unit * (13 if cake else 19),
            cup.colour,
        )


def _cylinder(
    stage: Stage, x: float, low: float, high: float, half: float, fill: tuple[Colour, ...]
) -> None:
    """An upright cylinder's side, from one height up to another."""
    rim = half * 0.22
    lower = [
        (x + half * math.cos(a), low + rim * math.sin(a))
        for a in (math.pi * at / 40 for at in range(41))
    ]
    upper = [
        (x + half * math.cos(a), high + rim * math.sin(a))
        for a in (math.pi * at / 40 for at in range(40, -1, -1))
    ]
    stage.canvas.shape(lower + upper, fill)


def _cake(stage: Stage, x: float, foot: float, half: float, asked: Colour | None) -> None:
    canvas, palette, chance = stage.canvas, stage.palette, stage.chance("cake")
    sponge = palette.lit(
        asked
        or chance.pick([hexed("#5a3324"), hexed("#d99a5b"), hexed("#8a3a44"), hexed("#6b4030")])
    )
    cream, icing = (
        palette.lit(hexed("#fff6e6")),
        palette.lit(
            chance.pick([hexed("#3f2219"), hexed("#f29ab0"), hexed("#fff1dc"), hexed("#7a4a36")])
        ),
    )
    sun = 1 if stage.sun[0] > x else -1
    canvas.shape(
        ellipse(x, foot + half * 0.1, half * 1.35, half * 0.24),
        palette.near,
        0.35,
        soft=half * 0.06,
    )
    china = palette.lit(hexed("#fbf8f2"))
    _cylinder(
        stage,
        x,
        foot + half * 0.06,
        foot - half * 0.22,
        half * 0.36,
        (china, mix(china, palette.near, 0.35)),
    )
    canvas.shape(
        ellipse(x, foot - half * 0.24, half * 1.3, half * 0.29), mix(china, palette.near, 0.3)
    )
    canvas.shape(
        ellipse(x, foot - half * 0.29, half * 1.3, half * 0.29),
        (china, mix(china, palette.sky[1], 0.2)),
    )
    base, layers, thick = foot - half * 0.32, 3, half * 0.27
    for layer in range(layers):
        low = base - layer * thick
        _cylinder(
            stage, x, low, low - thick * 0.72, half, (mix(sponge, palette.light, 0.1), sponge)
        )
        _cylinder(stage, x, low - thick * 0.7, low - thick, half, (cream, mix(cream, sponge, 0.15)))
    top = base - layers * thick
    shade = [
        (x - sun * half * px, py)
        for px, py in (
            (1.0, base + half * 0.02),
            (0.3, base + half * 0.21),
            (0.3, top + half * 0.2),
            (1.0, top),
        )
    ]
    canvas.shape(shade, palette.near, 0.26, soft=half * 0.1)
    _drips(stage, x, top, half, icing)
    canvas.shape(ellipse(x, top, half, half * 0.22), (lighter(icing, 0.22), icing))
    spots = [(math.cos(a), math.sin(a)) for a in (math.tau * (at + 0.5) / 9 for at in range(9))]
    cherry = palette.lit(hexed("#c8203a"))
    for px, py in sorted(spots, key=lambda spot: spot[1]):
        cx, cy = x + px * half * 0.78, top + py * half * 0.165
        canvas.shapes(
            [
                ellipse(cx, cy, half * 0.125, half * 0.07),
                ellipse(cx, cy - half * 0.06, half * 0.085, half * 0.06),
                ellipse(cx, cy - half * 0.11, half * 0.045, half * 0.04),
            ],
            (lighter(cream, 0.4), cream, mix(cream, palette.near, 0.18)),
        )
        stem = curve(
            [
                (cx, cy - half * 0.22),
                (cx + half * 0.03, cy - half * 0.34),
                (cx + half * 0.09, cy - half * 0.4),
            ],
            5,
        )
        canvas.shape(stroke(stem, half * 0.016), palette.lit(hexed("#4a6b3a")))
        canvas.shape(
            circle(cx, cy - half * 0.18, half * 0.085),
            (lighter(cherry, 0.15), cherry, mix(cherry, palette.near, 0.4)),
        )
        canvas.shape(
            ellipse(cx + sun * half * 0.025, cy - half * 0.21, half * 0.022, half * 0.014),
            hexed("#ffffff"),
            0.8,
        )


def _drips(stage: Stage, x: float, top: float, half: float, icing: Colour) -> None:
    chance = stage.chance("drips")
    points: list[Point] = [(x - half, top)]
    count = 11
    for at in range(count):
        middle = math.pi * (1 - (at + 0.5) / count)
        gap = math.pi * (1 - at / count)
        long = half * chance.between(0.1, 0.3)
        for angle, drop in ((gap, half * 0.03), (middle + 0.06, long), (middle - 0.06, long)):
            points.append((x + half * math.cos(angle), top + half * 0.22 * math.sin(angle) + drop))
    points.append((x + half, top + half * 0.03))
    outline = [*curve(points, 6), (x + half, top), (x - half, top)]
    stage.canvas.shape(outline, (icing, mix(icing, stage.palette.light, 0.12)))


def _cup(stage: Stage, x: float, foot: float, half: float, asked: Colour | None) -> None:
    canvas, palette, chance = stage.canvas, stage.palette, stage.chance("cup")
    china = palette.lit(
        asked
        or chance.pick([hexed("#fbf6ec"), hexed("#3f7f8a"), hexed("#d9694f"), hexed("#e8c06a")])
    )
    dark = mix(china, palette.near, 0.4)
    sun = 1 if stage.sun[0] > x else -1

    def put(points: list[Point], fill: Colour | tuple[Colour, ...], alpha: float = 1.0) -> None:
        canvas.shape(placed(points, x, foot, half, sun), fill, alpha)

    canvas.shape(
        ellipse(x, foot + half * 0.04, half * 1.75, half * 0.34),
        palette.near,
        0.3,
        soft=half * 0.08,
    )
    put(ellipse(0, 0.0, 1.6, 0.3), dark)
    put(ellipse(0, 0.05, 1.6, 0.3), (lighter(china, 0.25), china))
    put(ellipse(0, 0.06, 0.85, 0.15), mix(china, palette.near, 0.2))
    handle = curve([(0.85, 1.1), (1.3, 1.12), (1.36, 0.72), (1.05, 0.46), (0.72, 0.42)], 10)
    put(stroke(handle, 0.16), (china, dark))
    wall = [
        *curve([(-1.0, 1.3), (-0.94, 0.75), (-0.72, 0.28), (-0.45, 0.06)], 8),
        *curve([(0.45, 0.06), (0.72, 0.28), (0.94, 0.75), (1.0, 1.3)], 8),
    ]
    put(wall, (china, mix(china, dark, 0.3), dark))
    put(
        stroke(curve([(0.72, 1.1), (0.68, 0.7), (0.5, 0.34)], 8), 0.12, 0.4),
        lighter(china, 0.5),
        0.6,
    )
    put(ellipse(0, 1.3, 1.0, 0.22), lighter(china, 0.35))
    coffee = palette.lit(hexed("#6b4029"))
    put(ellipse(0, 1.28, 0.9, 0.175), (mix(coffee, palette.near, 0.3), coffee))
    foam = palette.lit(hexed("#f3ddbd"))
    for level, wide in ((1.35, 0.2), (1.29, 0.36), (1.22, 0.28)):
        put(ellipse(0, level, wide, 0.028), foam, 0.9)
    for at in range(3):
        start = -0.4 + 0.4 * at
        sway = chance.between(0.12, 0.24) * (1 if at % 2 else -1)
        curl = curve(
            [(start, 1.45), (start + sway, 1.8), (start - sway, 2.2), (start + sway * 0.7, 2.75)],
            10,
        )
        steam = placed(stroke(curl, 0.1, 2.0), x, foot, half, sun)
        canvas.shape(steam, lighter(palette.haze, 0.6), 0.4, soft=half * 0.05)
