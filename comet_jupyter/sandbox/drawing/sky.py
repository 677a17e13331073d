"""The sky: its gradient, sun, moon, stars, clouds, rainbow, northern lights."""

from __future__ import annotations

import math

from PIL import Image, ImageFilter

from .canvas import Point, circle, ellipse
from .colour import Colour, hexed, lighter, mix, ramp
from .stage import Stage, smooth_noise

__all__ = [
    "paint_aurora",
    "paint_clouds",
    "paint_moon",
    "paint_rainbow",
    "paint_sky",
    "paint_stars",
]


def paint_sky(stage: Stage) -> None:
    """Paint everything above the land, over the whole canvas."""
    scene, canvas, palette = stage.scene, stage.canvas, stage.palette
    canvas.gradient(palette.sky, 0, stage.horizon)
    canvas.gradient((palette.sky[3], palette.haze), stage.horizon)
    x, y = stage.sun
    overcast = bool({"rain", "storm"} & scene.weather) or stage.kind == "storm"
    night = stage.kind == "night"
    reach = max(stage.width, stage.height)
    if not overcast:
        warm = mix(palette.sky[3], palette.light, 0.35)
        canvas.glow(x, max(y, stage.horizon * 0.55), reach * 0.75, warm, 0.28 if night else 0.5)
    if (night or stage.kind == "dusk") and "stars" not in scene.without:
        paint_stars(stage)
    if "space" in scene.places:
        _planet(stage)
    if "aurora" in scene.weather:
        paint_aurora(stage)
    if night or scene.subject("moon"):
        if not overcast and "moon" not in scene.without:
            paint_moon(stage)
    elif not overcast:
        if "sun" not in scene.without:
            _sun(stage)
    else:
        canvas.glow(x, y, reach * 0.35, palette.light, 0.35)
    if "rainbow" in scene.weather:
        paint_rainbow(stage)
    if "clouds" not in scene.without:
        paint_clouds(stage, overcast)


def _sun(stage: Stage) -> None:
    canvas, palette, unit = stage.canvas, stage.palette, stage.unit
    x, y = stage.sun
    low = stage.kind in {"dawn", "sunset", "dusk"}
    radius = unit * stage.chance("sun").between(*((6.5, 10.5) if low else (3.8, 5.2)))
    glow = mix(palette.sky[3], palette.light, 0.6)
    canvas.glow(x, y, radius * 9, glow, 0.42, 2.4)
    for ring, alpha in ((2.5, 0.1), (1.8, 0.14), (1.35, 0.2)):
        canvas.shape(circle(x, y, radius * ring), glow, alpha, soft=unit * 0.3)
    canvas.glow(x, y, radius * 2.6, palette.light, 0.7, 1.6)
    bottom = mix(palette.light, palette.sky[3], 0.55 if low else 0.15)
    canvas.shape(circle(x, y, radius), (palette.light, palette.light, bottom))


def paint_moon(stage: Stage, radius: float | None = None) -> None:
    """Hang a moon, full or a crescent; one with a ``radius`` is full."""
    canvas, palette, unit = stage.canvas, stage.palette, stage.unit
    x, y = stage.sun
    chance = stage.chance("moon")
    drawn = unit * chance.between(5, 7.5)
    is_full, radius = radius is not None, radius or drawn
    canvas.glow(x, y, radius * 8, mix(palette.sky[2], palette.light, 0.5), 0.5, 2.6)
    canvas.glow(x, y, radius * 2.6, palette.light, 0.4, 1.8)
    if chance.happens(0.4) and not is_full:
        canvas.shape(_crescent(x, y, radius, chance.between(-0.9, -0.3)), palette.light)
        return
    shade = mix(palette.light, palette.sky[2], 0.22)
    canvas.shape(circle(x, y, radius), (palette.light, mix(palette.light, shade, 0.6)))
    for cx, cy, size in (
        (-0.35, -0.25, 0.24),
        (0.3, 0.15, 0.3),
        (-0.2, 0.45, 0.16),
        (0.3, -0.5, 0.12),
    ):
        canvas.shape(circle(x + cx * radius, y + cy * radius, size * radius), shade, 0.6)


def _crescent(x: float, y: float, radius: float, turn: float) -> list[Point]:
    points = [(math.cos(a), math.sin(a)) for a in (math.pi * (0.5 + at / 40) for at in range(41))]
    inner = [
        (0.45 * math.cos(a), math.sin(a)) for a in (math.pi * (1.5 - at / 40) for at in range(41))
    ]
    cos, sin = math.cos(turn), math.sin(turn)
    return [
        (x + radius * (px * cos - py * sin), y + radius * (px * sin + py * cos))
        for px, py in points + inner
    ]


def paint_stars(stage: Stage) -> None:
    """Scatter stars over the sky, away from the moon."""
    canvas, unit, chance = stage.canvas, stage.unit, stage.chance("stars")
    bright = stage.kind == "night"
    area = stage.width / (unit * 100) * stage.horizon / (unit * 100)
    count = round((260 if bright else 70) * area)
    stars: list[list[Point]] = []
    faint: list[list[Point]] = []
    for _ in range(count):
        x, y = chance() * stage.width, chance() ** 1.3 * stage.horizon * 0.95
        size = unit * (0.05 + 0.17 * chance() ** 4)
        if math.dist((x, y), stage.sun) < unit * 8:
            continue
        (stars if chance.happens(0.35) else faint).append(circle(x, y, max(size, 0.55)))
    white = lighter(stage.palette.light, 0.4)
    canvas.shapes(faint, white, 0.45)
    canvas.shapes(stars, white, 0.95)
    for _ in range(round(7 * area) if bright else 2):
        x, y = chance() * stage.width, chance() * stage.horizon * 0.6
        size = unit * chance.between(0.5, 1.1)
        if math.dist((x, y), stage.sun) < unit * 10:
            continue
        canvas.glow(x, y, size * 3, white, 0.35)
        canvas.shape(_sparkle(x, y, size), white)


def _sparkle(x: float, y: float, size: float) -> list[Point]:
    points = []
    for at in range(8):
        angle, reach = math.tau * at / 8, size if at % 2 == 0 else size * 0.18
        points.append((x + reach * math.sin(angle), y - reach * math.cos(angle)))
    return points


def _planet(stage: Stage) -> None:
    canvas, palette, unit = stage.canvas, stage.palette, stage.unit
    chance = stage.chance("planet")
    x = stage.width * (0.24 if stage.sun[0] > stage.width / 2 else 0.76)
    y, radius = stage.horizon * chance.between(0.3, 0.45), unit * chance.between(11, 16)
    warm = mix(palette.accent, palette.sky[3], chance.between(0.2, 0.6))
    turn = chance.between(-0.5, -0.2) * chance.sign()
    ring = mix(warm, palette.light, 0.5)
    canvas.glow(x, y, radius * 2.4, warm, 0.35)
    _ring(stage, (x, y), radius, turn, ring, behind=True)
    canvas.shape(circle(x, y, radius), (lighter(warm, 0.25), warm, mix(warm, palette.sky[0], 0.65)))
    for at, (offset, depth) in enumerate(((-0.45, 0.09), (-0.05, 0.14), (0.4, 0.08))):
        half = math.sqrt(1 - offset**2) * radius * 0.97
        band = ellipse(x, y + offset * radius, half, depth * radius)
        canvas.shape(band, lighter(warm, 0.3) if at % 2 else palette.sky[1], 0.22)
    _ring(stage, (x, y), radius, turn, ring, behind=False)


def _ring(
    stage: Stage, centre: Point, radius: float, turn: float, colour: Colour, *, behind: bool
) -> None:
    cos, sin = math.cos(turn), math.sin(turn)

    def at(angle: float, reach: float) -> Point:
        px, py = reach * radius * math.cos(angle), reach * radius * 0.3 * math.sin(angle)
        return centre[0] + px * cos - py * sin, centre[1] + px * sin + py * cos

    start = math.pi if behind else 0.0
    angles = [start + math.pi * step / 60 for step in range(61)]
    for inner, outer, alpha in ((1.35, 1.75, 0.75), (1.82, 2.0, 0.45)):
        outline = [at(a, outer) for a in angles] + [at(a, inner) for a in reversed(angles)]
        stage.canvas.shape(outline, colour, alpha)


def paint_aurora(stage: Stage) -> None:
    """Draw curtains of northern lights."""
    chance = stage.chance("aurora")
    width, height = 256, 160
    # one curtain's column, from faint above to bright below
    column = Image.new("L", (1, 64))
    column.putdata([round(255 * (at / 63) ** 1.7) for at in range(64)])
    for colour in (hexed("#7df0b2"), hexed("#58c8d8"), hexed("#b07ae0")):
        path, shine = smooth_noise(chance, 2), smooth_noise(chance, 3, 0.7)
        base, reach = chance.between(0.55, 0.8), chance.between(0.35, 0.6)
        mask = Image.new("L", (width, height))
        for x in range(width):
            foot = height * (base + 0.16 * path(x / 70))
            tall = max(1, round(height * reach * (0.6 + 0.4 * shine(x / 18))))
            strength = (120 + 100 * shine(x / 9)) / 255
            strip = column.resize((1, tall)).point([round(v * strength) for v in range(256)])
            mask.paste(strip, (x, round(foot) - tall))
        mask = mask.filter(ImageFilter.GaussianBlur(2.2))
        size = (stage.width, round(stage.horizon))
        stage.canvas.paste(colour, mask.resize(size, Image.Resampling.BICUBIC), (0, 0, *size))


def paint_rainbow(stage: Stage) -> None:
    """Span a rainbow on the side away from the sun."""
    canvas, unit, chance = stage.canvas, stage.unit, stage.chance("rainbow")
    x = stage.width - stage.sun[0] + unit * chance.between(-10, 10)
    y, radius = stage.horizon + unit * 6, min(stage.width * 0.55, stage.horizon * 1.05)
    bands = ramp(
        tuple(hexed(c) for c in ("#e5484d", "#f59e42", "#f7e05a", "#5dbb6a", "#4a90d9", "#8a5cc2")),
        10,
    )
    thickness = unit * 0.75
    for at, colour in enumerate(bands):
        outer, inner = radius - at * thickness, radius - (at + 1.25) * thickness
        angles = [math.pi + math.pi * step / 120 for step in range(121)]
        outline = [(x + outer * math.cos(a), y + outer * math.sin(a)) for a in angles]
        outline += [(x + inner * math.cos(a), y + inner * math.sin(a)) for a in reversed(angles)]
        canvas.shape(outline, colour, 0.42, soft=1.5)


def paint_clouds(stage: Stage, overcast: bool) -> None:
    """Drift clouds over the sky, or close it with a ceiling of them."""
    scene, unit, chance = stage.scene, stage.unit, stage.chance("clouds")
    _streaks(stage)
    asked = "clouds" in scene.weather
    wide = stage.width / (unit * 100)
    if overcast:
        _ceiling(stage)
    if (stage.kind == "night" or overcast) and not asked:
        return
    plenty = {True: 8.0, False: chance.between(2, 4)}[asked] * max(1.0, wide * 0.9)
    for at in range(round(plenty)):
        # each cloud has a chance of its own: more clouds leave the first ones in place
        own = stage.chance(f"cloud {at}")
        depth = own()
        y = stage.horizon * (0.12 + 0.66 * depth)
        size = unit * (13 - 8 * depth) * own.between(0.7, 1.25)
        _cloud(stage, (own() * 1.1 - 0.05) * stage.width, y, size, depth, at)


def _cloud(stage: Stage, x: float, y: float, size: float, depth: float, number: int) -> None:
    palette, own = stage.palette, stage.chance(f"cloud shape {number}")
    parts, puffs = [], own.whole(4, 6)
    for at in range(puffs):
        share = at / (puffs - 1) * 2 - 1
        radius = size * (0.2 + 0.3 * (1 - share * share)) * own.between(0.8, 1.15)
        parts.append(circle(x + share * size * 0.95, y - radius * 0.72, radius))
    flat = size * 0.13
    parts.append(_capsule(x - size * 1.25, x + size * 1.25, y - flat, flat))
    parts.append(_capsule(x - size * 0.5, x + size * 1.6, y + flat * 1.2, flat * 0.7))
    behind = palette.sky[2] if y > stage.horizon * 0.5 else palette.sky[1]
    bright = mix(lighter(palette.light, 0.3), behind, 0.12 + 0.45 * depth)
    if stage.kind in {"night", "storm"}:
        bright = mix(bright, behind, 0.62)
    shade = mix(bright, behind, 0.62)
    stage.canvas.shapes(parts, (bright, mix(bright, shade, 0.5), shade), 0.93)


def _capsule(left: float, right: float, y: float, radius: float) -> list[Point]:
    ends = [(right + radius * math.cos(a), y + radius * math.sin(a)) for a in _half(-0.5)]
    return ends + [(left + radius * math.cos(a), y + radius * math.sin(a)) for a in _half(0.5)]


def _half(start: float) -> list[float]:
    return [math.pi * (start + at / 12) for at in range(13)]


def _streaks(stage: Stage) -> None:
    chance, palette = stage.chance("streaks"), stage.palette
    warm = mix(palette.sky[3], palette.light, 0.5)
    for _ in range(chance.whole(5, 8)):
        y = stage.horizon * chance.between(0.35, 0.93)
        x, half = chance() * stage.width, stage.width * chance.between(0.12, 0.34)
        thin = stage.unit * chance.between(0.3, 0.9)
        stage.canvas.shape(
            ellipse(x, y, half, thin),
            warm,
            chance.between(0.12, 0.34) * (0.4 if stage.kind == "night" else 1),
            soft=thin,
        )


def _ceiling(stage: Stage) -> None:
    chance, palette = stage.chance("ceiling"), stage.palette
    for layer in range(3):
        bulge = smooth_noise(chance, 3)
        base = stage.horizon * (0.42 - 0.13 * layer)
        points = [(-9.0, -9.0), (stage.width + 9.0, -9.0)]
        for step in range(61):
            x = stage.width * (1 - step / 60)
            puff = abs(math.sin(step * 0.55 + layer * 2)) * stage.unit * 3
            points.append((x, base + bulge(step / 9) * stage.unit * 7 + puff))
        colour = mix(palette.sky[1], palette.sky[0], 0.35 + 0.3 * layer)
        stage.canvas.shape(
            points, (colour, mix(colour, palette.sky[2], 0.3)), 0.85, soft=stage.unit * 1.1
        )
