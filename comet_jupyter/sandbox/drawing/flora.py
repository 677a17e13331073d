"""What grows: pine woods, round trees, palms, cacti, grass and flowers."""

from __future__ import annotations

import math

from .canvas import Point, circle, closed, curve, ellipse, stroke
from .chance import Chance
from .colour import Colour, hexed, lighter, mix, scaled
from .land import Ground
from .stage import Stage, smooth_noise

__all__ = [
    "leaf_colour",
    "paint_cactus",
    "paint_flowers",
    "paint_framing_trees",
    "paint_grass",
    "paint_palm",
    "paint_shrubs",
    "paint_tree",
    "paint_woods",
]


def _pine(chance: Chance, x: float, foot: float, tall: float) -> list[Point]:
    half, tiers = tall * chance.between(0.19, 0.25), 5
    right: list[Point] = [(x, foot - tall)]
    for tier in range(tiers):
        low = foot - tall * (0.88 - 0.86 * (tier + 1) / tiers)
        reach = half * (0.25 + 0.75 * (tier + 1) / tiers) * chance.between(0.88, 1.1)
        right += [(x + reach, low), (x + reach * 0.42, low - tall * 0.035)]
    left = [(2 * x - px * chance.between(0.998, 1.002), py) for px, py in reversed(right[1:])]
    return [*right, (x + tall * 0.02, foot), (x - tall * 0.02, foot), *left]


def paint_woods(stage: Stage, layers: int = 3) -> None:
    """Rows of pines on the horizon, the farther the paler."""
    palette, unit = stage.palette, stage.unit
    for layer in range(layers):
        chance = stage.chance(f"woods {layer}")
        share = (layer + 1) / layers
        line = smooth_noise(chance, 2)
        tall = unit * (6.5 + 6.5 * share)
        base = stage.horizon + unit * (1.5 + 1.2 * layer)
        trees: list[list[Point]] = []
        x = -unit * 3
        while x < stage.width + unit * 3:
            foot = base - unit * (4.5 - 2.5 * share) * line(x / (unit * 32))
            size = tall * chance.between(0.6, 1.2) * (1 + 0.35 * line(x / (unit * 18) + 20))
            trees.append(_pine(chance, x, foot, size))
            x += size * chance.between(0.16, 0.34)
        floor = [
            (px, base - unit * (4.5 - 2.5 * share) * line(px / (unit * 32)) - unit * 0.4)
            for px in (stage.width * at / 60 for at in range(61))
        ]
        floor += [(stage.width, stage.horizon + unit * 5), (0, stage.horizon + unit * 5)]
        green = mix(palette.land(0.55 - 0.4 * share), palette.lit(hexed("#2f6a58")), 0.35)
        colour = mix(green, palette.haze, 0.62 - 0.5 * share)
        if stage.is_snowy:
            colour = mix(colour, hexed("#f4f8fc"), 0.18)
        stage.canvas.shapes(
            [*trees, floor], (lighter(colour, 0.1), colour, mix(colour, palette.haze, 0.35))
        )


def paint_framing_trees(stage: Stage, ground: Ground) -> None:
    """Two or three tall, near pines at the side away from the subject."""
    palette, unit, chance = stage.palette, stage.unit, stage.chance("framing")
    dark = mix(palette.near, palette.lit(hexed("#1f4a42")), 0.35)
    for at in range(chance.whole(2, 3)):
        away = chance.between(0.02, 0.1) + 0.1 * at
        x = stage.width * (away if stage.side > 0 else 1 - away)
        tall = unit * chance.between(36, 58) * (1 - 0.17 * at)
        foot = ground(x) + unit * 2
        tree = _pine(chance, x, foot, tall)
        stage.canvas.shape(tree, (mix(dark, palette.light, 0.12), dark, dark))
        if stage.is_snowy:
            snow = [_shelf(point, unit) for point in tree[1:-3:2]]
            stage.canvas.shapes(snow, hexed("#f2f7fc"), 0.75)


def _shelf(point: Point, unit: float) -> list[Point]:
    return ellipse(point[0], point[1] - unit * 0.3, unit * 1.3, unit * 0.4)


def paint_tree(stage: Stage, x: float, foot: float, tall: float, leaf: Colour, name: str) -> None:
    """A round tree: trunk, boughs and three tones of leaves."""
    palette, chance = stage.palette, stage.chance(name)
    canvas = stage.canvas
    bark = palette.lit(hexed("#5a4038"))
    lean = chance.between(-0.06, 0.06) * tall
    trunk = curve(
        [
            (x, foot + tall * 0.02),
            (x + lean * 0.4, foot - tall * 0.25),
            (x + lean, foot - tall * 0.55),
        ]
    )
    canvas.shape(stroke(trunk, tall * 0.085, 0.5), bark)
    for reach in (-0.2, 0.22):
        bough = curve(
            [
                (x + lean * 0.5, foot - tall * 0.3),
                (x + lean + reach * tall * 0.6, foot - tall * 0.45),
                (x + lean + reach * tall, foot - tall * 0.62),
            ]
        )
        canvas.shape(stroke(bough, tall * 0.04, 0.4), bark)
    cx, cy = x + lean, foot - tall * 0.68
    colour = palette.lit(leaf)
    puffs = [
        (
            cx + tall * 0.27 * math.cos(a) * chance.between(0.7, 1.1),
            cy + tall * 0.19 * math.sin(a) * chance.between(0.7, 1.1),
            tall * chance.between(0.15, 0.2),
        )
        for a in (math.tau * at / 9 for at in range(9))
    ] + [(cx, cy, tall * 0.26)]
    sun = -1 if stage.sun[0] < x else 1
    dark, bright = mix(colour, palette.near, 0.42), mix(colour, palette.light, 0.32)
    canvas.shapes([circle(*puff) for puff in puffs], (colour, mix(colour, dark, 0.6), dark))
    shift = tall * 0.035
    inner = [circle(px + sun * shift, py - shift, r * 0.66) for px, py, r in puffs]
    canvas.shapes(inner, (bright, colour), 0.55)
    highlights = [
        circle(px + sun * shift * 1.7, py - shift * 1.8, r * 0.36) for px, py, r in puffs[5:]
    ]
    canvas.shapes(highlights, bright, 0.28, soft=tall * 0.006)


def paint_palm(stage: Stage, x: float, foot: float, tall: float, name: str) -> None:
    """A palm that leans, with feathered fronds."""
    palette, chance, canvas = stage.palette, stage.chance(name), stage.canvas
    lean = chance.between(0.12, 0.3) * tall * chance.sign()
    trunk = curve([(x, foot), (x + lean * 0.25, foot - tall * 0.4), (x + lean, foot - tall * 0.95)])
    bark = palette.lit(hexed("#6b4d3a"))
    canvas.shape(stroke(trunk, tall * 0.055, 0.55), bark)
    top = trunk[-1]
    leaf = palette.lit(hexed("#2f7a5a"))
    for at in range(9):
        angle = math.pi * (0.04 + 0.92 * at / 8) + chance.between(-0.1, 0.1)
        reach = tall * chance.between(0.36, 0.48)
        tip = (
            top[0] + reach * math.cos(angle),
            top[1] - reach * 0.5 * math.sin(angle) + reach * 0.42,
        )
        middle = (top[0] + reach * 0.55 * math.cos(angle), top[1] - reach * 0.62 * math.sin(angle))
        tone = mix(leaf, palette.light, 0.2) if at % 2 else mix(leaf, palette.near, 0.3)
        canvas.shape(_frond(curve([top, middle, tip], 10), tall * 0.052), tone)
    canvas.shapes(
        [circle(top[0] + dx * tall, top[1] + tall * 0.02, tall * 0.022) for dx in (-0.02, 0.025)],
        bark,
    )


def _frond(spine: list[Point], wide: float) -> list[Point]:
    upper, lower, last = [], [], len(spine) - 1
    for at, (x, y) in enumerate(spine):
        share = at / last
        half = wide * math.sin(math.pi * min(1.0, share * 0.92 + 0.08)) ** 0.7
        notch = 0.45 if at % 2 and at < last else 1.0
        upper.append((x, y - half * 0.4))
        lower.append((x, y + half * 1.7 * notch))
    return upper + lower[::-1]


def paint_cactus(stage: Stage, x: float, foot: float, tall: float, name: str) -> None:
    """A saguaro with two arms."""
    palette, chance, canvas = stage.palette, stage.chance(name), stage.canvas
    green = palette.lit(hexed("#3f7f5f"))
    thick = tall * 0.15
    parts = [stroke([(x, foot), (x, foot - tall)], thick), circle(x, foot - tall, thick / 2)]
    for side in (-1, 1):
        low, high = tall * chance.between(0.35, 0.5), tall * chance.between(0.65, 0.85)
        arm = curve(
            [
                (x, foot - low),
                (x + side * tall * 0.2, foot - low - tall * 0.02),
                (x + side * tall * 0.24, foot - low - tall * 0.1),
                (x + side * tall * 0.24, foot - high),
            ]
        )
        parts += [stroke(arm, thick * 0.72), circle(*arm[-1], thick * 0.36)]
    canvas.shapes(parts, (mix(green, palette.light, 0.15), green, mix(green, palette.near, 0.4)))
    sun = -1 if stage.sun[0] < x else 1
    edge = [(x + sun * thick * 0.22, foot), (x + sun * thick * 0.22, foot - tall * 0.97)]
    canvas.shape(stroke(edge, thick * 0.14), mix(green, palette.light, 0.4), 0.8)


def paint_grass(stage: Stage, ground: Ground) -> None:
    """Blades along the edge of the near ground."""
    palette, unit, chance = stage.palette, stage.unit, stage.chance("grass")
    blades = []
    x = -unit
    while x < stage.width + unit:
        foot, tall = ground(x) + unit * 0.6, unit * chance.between(1.0, 3.2)
        lean = unit * chance.between(-1.1, 1.1)
        blades.append(
            [
                (x - unit * 0.16, foot),
                (x + lean * 0.4, foot - tall * 0.6),
                (x + lean, foot - tall),
                (x + unit * 0.2 + lean * 0.3, foot - tall * 0.5),
                (x + unit * 0.16, foot),
            ]
        )
        x += unit * chance.between(0.25, 0.75)
    top = mix(palette.lit(palette.grass), palette.near, 0.35)
    stage.canvas.shapes(blades, (mix(top, palette.light, 0.2), top))


def paint_flowers(stage: Stage, ground: Ground, colours: list[Colour]) -> None:
    """A meadow of flowers, small far away and large near by."""
    palette, unit, chance = stage.palette, stage.unit, stage.chance("flowers")
    stems: list[list[Point]] = []
    heads: list[list[list[Point]]] = [[] for _ in colours]
    hearts: list[list[Point]] = []
    rows = round(170 * stage.width / (unit * 100))
    for at in range(rows):
        share = (at / rows) ** 1.25
        x = chance() * stage.width
        top = ground(x)
        y = top + (stage.height - top) * share * 1.05 + unit * 0.4
        size = unit * (0.28 + 1.5 * share) * chance.between(0.75, 1.2)
        head = (x + size * chance.between(-0.8, 0.8), y - size * 2.6)
        stems.append(stroke([(x, y + size * 2), head], size * 0.16))
        kind = min(len(colours) - 1, int(chance() * len(colours)))
        petals, turn = 5, chance() * math.tau
        heads[kind] += [
            ellipse(
                head[0] + size * 0.5 * math.cos(a),
                head[1] + size * 0.42 * math.sin(a),
                size * 0.42,
                size * 0.34,
                a,
            )
            for a in (turn + math.tau * p / petals for p in range(petals))
        ]
        hearts.append(circle(*head, size * 0.25))
    stage.canvas.shapes(stems, mix(palette.lit(hexed("#3f7a4a")), palette.near, 0.2))
    for colour, petals_of in zip(colours, heads, strict=True):
        bright = mix(palette.lit(colour), colour, 0.35)
        stage.canvas.shapes(petals_of, (scaled(bright, 0.94), lighter(bright, 0.12)))
    stage.canvas.shapes(hearts, palette.lit(hexed("#f6d365")))


def leaf_colour(stage: Stage, asked: Colour | None) -> Colour:
    """The colour of leaves: as asked, or by the season of the light."""
    if asked is not None:
        return asked
    return stage.chance("leaves").pick(
        [hexed("#4f9a5c"), hexed("#7fae52"), hexed("#e0904a"), hexed("#e58aa2"), hexed("#3f8a72")]
    )


def paint_shrubs(stage: Stage, x: float, foot: float, half: float, name: str) -> None:
    """Low bushes that root a building in its ground."""
    if "shrubs" in stage.scene.without:
        return
    chance, palette, unit = stage.chance(name), stage.palette, stage.unit
    green = palette.lit(mix(hexed("#4f8a5a"), palette.grass, 0.4))
    if stage.is_snowy:
        green = palette.lit(hexed("#e6eef6"))
    for row, tone in enumerate((mix(green, palette.near, 0.25), green)):
        bushes = []
        for at in range(7):
            px = x + half * (-1.15 + 2.3 * (at + chance.between(-0.3, 0.3)) / 6)
            bushes.append(
                _bush(
                    px,
                    foot + unit * (0.6 + 0.5 * row),
                    unit * chance.between(1.4, 3.0) * (1 - 0.25 * row),
                )
            )
        stage.canvas.shapes(bushes, (mix(tone, palette.light, 0.2), tone))


def _bush(x: float, y: float, size: float) -> list[Point]:
    """A low, round bush."""
    return closed(
        [
            (x - size, y),
            (x - size * 0.7, y - size * 0.7),
            (x, y - size),
            (x + size * 0.75, y - size * 0.65),
            (x + size, y),
        ]
    )
