"""Water: what it mirrors, how it glitters, and the mirror image of a thing that floats."""

from __future__ import annotations

import math

from PIL import Image, ImageChops, ImageFilter, ImageOps

from .canvas import Point, ellipse
from .colour import lighter, mix
from .stage import Stage, smooth_noise

__all__ = ["paint_reflection", "paint_river", "paint_water"]


def paint_water(stage: Stage, calm: bool) -> None:
    """Fill everything below the horizon with water that mirrors what is above."""
    canvas, palette, unit = stage.canvas, stage.palette, stage.unit
    top = round(stage.horizon)
    depth = stage.height - top
    seen = min(top, round(depth * 1.25))
    mirror = ImageOps.flip(canvas.image.crop((0, top - seen, stage.width, top)))
    mirror = mirror.resize((stage.width, depth), Image.Resampling.BILINEAR)
    mirror = mirror.filter(ImageFilter.BoxBlur(max(1, unit * 0.18)))
    canvas.image.paste(_rippled(mirror, stage, unit * (0.5 if calm else 1.0)), (0, top))
    far, near = palette.water
    mask = Image.linear_gradient("L").point(
        [round(255 * (0.16 + (0.5 if calm else 0.62) * value / 255)) for value in range(256)]
    )
    box = (0, top, stage.width, stage.height)
    canvas.paste((far, near), mask.resize((stage.width, depth)), box)
    _shine_at_horizon(stage)
    _glitter(stage)
    _wavelets(stage, 26 if calm else 46)


def _rippled(image: Image.Image, stage: Stage, swing: float) -> Image.Image:
    """Shift strips sideways, the nearer the wider, as small waves do."""
    result, chance = image.copy(), stage.chance("ripples")
    y, wave = 0, chance.between(0, 6)
    while y < image.height:
        share = y / image.height
        thick = max(1, round(stage.unit * (0.22 + 0.9 * share)))
        wave += chance.between(0.9, 1.8)
        shift = round(math.sin(wave) * swing * (0.25 + 1.4 * share))
        strip = image.crop((0, y, image.width, min(y + thick, image.height)))
        result.paste(ImageChops.offset(strip, shift, 0), (0, y))
        y += thick
    return result


def _shine_at_horizon(stage: Stage) -> None:
    unit = stage.unit
    left, right, low = -unit * 9, stage.width + unit * 9, stage.horizon + unit * 1.2
    band = [(left, stage.horizon), (right, stage.horizon), (right, low), (left, low)]
    stage.canvas.shape(band, lighter(stage.palette.sky[3], 0.3), 0.35, soft=unit * 0.8)


def _glitter(stage: Stage) -> None:
    if stage.kind == "storm":
        return
    chance, unit, palette = stage.chance("glitter"), stage.unit, stage.palette
    depth = stage.height - stage.horizon
    soft: list[list[Point]] = []
    sharp: list[list[Point]] = []
    for _ in range(95):
        share = chance() ** 1.5
        y = stage.horizon + depth * (0.01 + 0.97 * share)
        spread = unit * (2.5 + 9 * share)
        x = stage.sun[0] + (chance() + chance() - 1) * spread
        half = unit * chance.between(0.5, 1.5) * (0.8 + 2.2 * share)
        (sharp if chance.happens(0.6) else soft).append(
            ellipse(x, y, half, unit * (0.07 + 0.24 * share))
        )
    canvas, light = stage.canvas, palette.light
    canvas.glow(stage.sun[0], stage.horizon, depth * 0.75, mix(light, palette.sky[3], 0.4), 0.3)
    canvas.shapes(soft, mix(light, palette.sky[3], 0.5), 0.4)
    canvas.shapes(sharp, light, 0.75 if stage.kind != "day" else 0.55)


def _wavelets(stage: Stage, count: int) -> None:
    chance, unit, palette = stage.chance("wavelets"), stage.unit, stage.palette
    bright: list[list[Point]] = []
    dark: list[list[Point]] = []
    for at in range(round(count * stage.width / (unit * 100))):
        share = chance()
        y = stage.horizon + (stage.height - stage.horizon) * (0.04 + 0.94 * share)
        half = unit * chance.between(1.4, 4.2) * (0.35 + 1.5 * share)
        wave = ellipse(chance() * stage.width, y, half, unit * (0.05 + 0.16 * share))
        (bright if at % 3 else dark).append(wave)
    stage.canvas.shapes(bright, lighter(palette.sky[2], 0.35), 0.28)
    stage.canvas.shapes(dark, palette.water[1], 0.35)


def paint_river(stage: Stage, top: float) -> None:
    """A river that winds from the distance to the lower edge."""
    chance, unit, palette = stage.chance("river"), stage.unit, stage.palette
    bend = smooth_noise(chance, 1)
    start, end = stage.width - stage.focus, stage.width * chance.between(0.35, 0.65)
    left: list[Point] = []
    right: list[Point] = []
    for at in range(61):
        share = at / 60
        y = top + (stage.height + 4 - top) * share
        x = start + (end - start) * share + unit * (7 + 20 * share) * bend(1 + 3.1 * share**0.55)
        half = unit * (0.5 + 17 * share**1.7)
        left.append((x - half, y))
        right.append((x + half, y))
    outline = [*left, *reversed(right)]
    bank = mix(palette.lit(palette.grass), palette.near, 0.5)
    stage.canvas.shape([(x, y - unit * 0.5) for x, y in outline], bank, 0.6)
    stage.canvas.shape(
        outline, (palette.sky[3], palette.sky[2], mix(palette.sky[1], palette.water[1], 0.3))
    )
    streaks = []
    for _ in range(34):
        at = chance.whole(6, 58)
        x = left[at][0] + (right[at][0] - left[at][0]) * chance.between(0.2, 0.8)
        half = (right[at][0] - left[at][0]) * chance.between(0.05, 0.16)
        streaks.append(ellipse(x, left[at][1], half, unit * (0.05 + 0.2 * at / 60)))
    stage.canvas.shapes(streaks, palette.light, 0.5)


def paint_reflection(stage: Stage, before: Image.Image, waterline: float, strength: float) -> None:
    """Mirror at the waterline whatever was painted above it since ``before`` was copied."""
    canvas, unit = stage.canvas, stage.unit
    difference = (
        ImageChops.difference(before, canvas.image).convert("L").point([0] * 6 + [255] * 250)
    )
    line = round(waterline)
    found = difference.crop((0, 0, stage.width, line)).getbbox()
    if found is None:
        return
    left, top, right, bottom = found
    reach = min(round((line - top) * 0.8), stage.height - line)
    if reach < 2 or line - bottom > unit * 30:
        return
    area = (left, top, right, line)
    pad = round(unit * 2)
    size = (right - left + 2 * pad, reach)
    box = (left - pad, line, left - pad + size[0], line + reach)
    part, mask = (Image.new(mode, (size[0], line - top)) for mode in ("RGB", "L"))
    part.paste(canvas.image.crop(area), (pad, 0))
    mask.paste(difference.crop(area), (pad, 0))
    upside = ImageOps.flip(part).resize(size, Image.Resampling.BILINEAR)
    shown = ImageOps.flip(mask).resize(size, Image.Resampling.BILINEAR)
    fade = Image.linear_gradient("L").point([round((255 - v) * strength) for v in range(256)])
    shown = ImageChops.multiply(_rippled(shown, stage, unit * 0.7), fade.resize(size))
    canvas.image.paste(_rippled(upside, stage, unit * 0.7), box[:2], shown)
