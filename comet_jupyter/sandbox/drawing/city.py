"""A city: its skyline with windows and signs, and a bridge from edge to edge."""

from __future__ import annotations

from itertools import pairwise

from .canvas import Point, box, ellipse, stroke
from .colour import Colour, hexed, lighter, mix, scaled
from .stage import Stage

__all__ = ["paint_bridge", "paint_city"]


def paint_city(stage: Stage, foot: float) -> None:
    """Three rows of towers, the nearest with windows."""
    palette, unit = stage.palette, stage.unit
    for layer in range(3):
        chance, share = stage.chance(f"city {layer}"), (layer + 1) / 3
        colour = mix(palette.land(0.75 - 0.7 * share), palette.haze, 0.62 - 0.52 * share)
        towers: list[list[Point]] = []
        windows: list[list[Point]] = []
        x = -unit * 4
        while x < stage.width + unit * 4:
            wide = unit * chance.between(4.2, 9.5)
            # downtown rises away from the subject
            centre = 1 - min(1.0, abs(x - (stage.width - stage.focus)) / (stage.width * 0.6))
            tall = unit * chance.between(5, 13) * (0.75 + 1.7 * centre**1.5) * (1.35 - 0.32 * layer)
            top = foot - min(tall, stage.horizon * 0.8)
            towers += _tower(chance.whole(0, 5), x, top, wide, foot + unit, unit)
            if layer:
                windows += _windows(stage, f"windows {layer} {x:.0f}", x, top, wide, foot, layer)
            x += wide * chance.between(0.82, 1.25)
        bottom = mix(colour, palette.haze, 0.5 if layer < 2 else 0.22)
        stage.canvas.shapes(towers, (mix(colour, palette.sky[1], 0.12), colour, bottom))
        lamp = palette.lit(palette.accent) if not stage.is_dark else palette.accent
        alpha = (0.9 if layer == 2 else 0.55) if stage.is_dark else 0.22
        stage.canvas.shapes(windows, lamp if stage.is_dark else lighter(palette.sky[2], 0.4), alpha)
        if stage.scene.neon and layer:
            _neon_signs(stage, layer, foot)


def _tower(
    form: int, x: float, top: float, wide: float, foot: float, unit: float
) -> list[list[Point]]:
    right, middle = x + wide, x + wide / 2
    body = box(x, top, right, foot)
    if form == 0:
        return [body, box(middle - unit * 0.18, top - unit * 4, middle + unit * 0.18, top)]
    if form == 1:
        return [[(x, top + unit * 2.5), (right, top), (right, foot), (x, foot)]]
    if form == 2:
        steps = [
            box(x + wide * inset, top - unit * rise, right - wide * inset, foot)
            for inset, rise in ((0.16, 1.8), (0.32, 3.4))
        ]
        return [
            body,
            *steps,
            box(middle - unit * 0.15, top - unit * 6.5, middle + unit * 0.15, top),
        ]
    if form == 3:
        return [body, ellipse(middle, top, wide / 2, unit * 1.6)]
    if form == 4:
        return [body, box(x + wide * 0.2, top - unit * 1.2, x + wide * 0.55, top)]
    return [body]


def _windows(
    stage: Stage, name: str, x: float, top: float, wide: float, foot: float, layer: int
) -> list[list[Point]]:
    chance, unit = stage.chance(name), stage.unit
    lit = 0.42 if stage.is_dark else 0.3
    across, down = unit * 0.62 * (0.7 + 0.25 * layer), unit * 0.78 * (0.7 + 0.25 * layer)
    columns = max(1, int((wide - unit) / (across * 2)))
    gap = wide / columns
    found = []
    for row in range(int((foot - top - unit * 2.5) / (down * 2))):
        y = top + unit * 1.4 + row * down * 2
        for column in range(columns):
            if chance.happens(lit):
                left = x + gap * (column + 0.5) - across / 2
                found.append(box(left, y + unit * 1.3, left + across, y + unit * 1.3 + down))
    return found


def _neon_signs(stage: Stage, layer: int, foot: float) -> None:
    chance, unit = stage.chance(f"neon {layer}"), stage.unit
    for _ in range(round(7 * stage.width / (unit * 100))):
        colour = chance.pick(
            [hexed("#ff4fb8"), hexed("#39e5ff"), hexed("#a56bff"), hexed("#ffb03b")]
        )
        x, y = chance() * stage.width, foot - unit * chance.between(3, 16)
        sign = box(x, y, x + unit * 0.7, y + unit * chance.between(2.5, 5))
        stage.canvas.glow(x, y + unit * 2, unit * 6, colour, 0.5)
        stage.canvas.shape(sign, lighter(colour, 0.3))


def paint_bridge(stage: Stage, level: float, colour: Colour | None) -> None:
    """A suspension bridge from edge to edge."""
    canvas, palette, unit, chance = stage.canvas, stage.palette, stage.unit, stage.chance("bridge")
    paint = palette.lit(
        colour or chance.pick([hexed("#cf5140"), hexed("#56637f"), hexed("#d98a4b")]), 0.12
    )
    shade = mix(paint, palette.near, 0.4)
    rise = unit * chance.between(22, 28)
    deck = level - unit * 5.5
    span = stage.width * chance.between(0.42, 0.52)
    first = stage.width * 0.5 - span / 2 + stage.side * stage.width * 0.04
    towers = [first, first + span]
    stops = [first - span, *towers, first + 2 * span]
    hangers: list[list[Point]] = []
    cables: list[list[Point]] = []
    for left, right in pairwise(stops):
        cable = []
        for at in range(41):
            share = at / 40
            sag = (2 * share - 1) ** 2
            x, y = left + (right - left) * share, deck - unit * 1.2 - (rise - unit * 1.2) * sag
            cable.append((x, y))
            if at % 2 == 0:
                hangers.append(stroke([(x, y), (x, deck)], max(1.0, unit * 0.14)))
        cables.append(stroke(cable, unit * 0.5))
    canvas.shapes(hangers, paint, 0.75)
    canvas.shapes(cables, paint)
    for x in towers:
        for aside in (-1.6, 1.6):
            leg = box(
                x + unit * (aside - 0.6), deck - rise, x + unit * (aside + 0.6), level + unit * 0.6
            )
            canvas.shape(leg, (paint, paint, shade))
        for share in (0.08, 0.36, 0.64):
            y = deck - rise * (1 - share)
            canvas.shape(box(x - unit * 1.6, y, x + unit * 1.6, y + unit * 0.9), shade)
        pier = box(x - unit * 3, level - unit * 0.4, x + unit * 3, level + unit * 1.1)
        canvas.shape(pier, mix(palette.lit(hexed("#8d8a86")), palette.near, 0.3))
    canvas.shape(
        box(-unit, deck - unit * 0.35, stage.width + unit, deck + unit * 0.75),
        (paint, scaled(shade, 0.9)),
    )
    if stage.is_dark:
        for at in range(int(stage.width / (unit * 5)) + 1):
            canvas.glow(at * unit * 5, deck - unit * 0.6, unit * 1.6, palette.accent, 0.8, 1.4)
