"""Paint laid on with a brush: oil and watercolour."""

from __future__ import annotations

import math
from collections.abc import Callable

from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter, ImageOps

from .chance import Chance
from .colour import hexed
from .stage import smooth_noise
from .texture import clouding, inside, levels, textured, wavering

__all__ = ["oil", "watercolor"]

# light from the upper left over the ridges of the paint
# nothing glitters where a dark shape ends in front of a bright one
_RIDGES = [round(127.5 + 60 * math.tanh((value - 127.5) / 60)) for value in range(256)]
_FINE = [min(150, 26 + value * 5) for value in range(256)]
# strokes are drawn so many halves of a pixel large
_OVER = 3
_RELIEF = ImageFilter.Kernel((3, 3), (-2, -1, 0, -1, 0, 1, 0, 1, 2), scale=2.2, offset=128)


def oil(image: Image.Image, seed: int, detail: float = 0.0) -> Image.Image:
    """Strokes along the shapes, broad ones first; an unfinished one lacks the fine ones."""
    width, height = image.size
    short = min(image.size)
    chance = Chance(seed, "oil")
    flow = _flow(image, chance)
    painted = image.resize((width * _OVER // 2, height * _OVER // 2), Image.Resampling.BOX)
    draw, over = ImageDraw.Draw(painted), _OVER / 2
    share = min(4.0, width * height / short**2)
    for length, thick, count, least in (
        (0.09, 0.021, 700, 0.0),
        (0.055, 0.0125, 1700, 0.0),
        (0.03, 0.006, 3400, 4.0),
        (0.014, 0.0034, 4200, 11.0),
    ):
        step = max(1, round(short * thick * 0.5))
        colours = image.reduce(step)
        red, green, blue = (band.tobytes() for band in colours.split())
        kept = count * share * (1 + min(0.0, detail) * (0.2 if least == 0 else 0.9))
        for _ in range(round(kept)):
            x, y = chance() * (width - 1), chance() * (height - 1)
            angle, strength = flow(x, y)
            bristles, tilt = chance(), chance() - 0.5
            if strength < least and bristles > 0.2:
                continue
            at = int(y / step) * colours.width + int(x / step)
            half = length * short * (0.5 + 0.5 * bristles) / (2.8 if strength > 14 else 2) * over
            dx, dy = half * math.cos(angle + tilt * 0.35), half * math.sin(angle + tilt * 0.35)
            shift = round(tilt * 23)
            draw.line(
                (x * over - dx, y * over - dy, x * over + dx, y * over + dy),
                fill=(
                    red[at] + shift,
                    green[at] + shift,
                    blue[at] + shift - round((bristles - 0.5) * 14),
                ),
                width=max(1, round(thick * short * over * (0.7 + 0.5 * bristles))),
            )
    painted = painted.resize(image.size, Image.Resampling.BOX)
    grey = painted.convert("L").filter(ImageFilter.BoxBlur(max(0.5, short / 1800)))
    relief = grey.filter(_RELIEF)
    relief = ImageOps.expand(ImageOps.crop(relief, 1), 1, 128)
    weave = clouding(image.size, short / 2.2, seed, "canvas")
    # a ridge is as wide in a small picture: it must not be as steep
    steep = 90 * min(1.0, 0.35 + 0.65 * short / 1000)
    # a fine brush for what is small and clear
    edges = image.convert("L").filter(ImageFilter.FIND_EDGES)
    fine = edges.filter(ImageFilter.BoxBlur(short / 500)).point(_FINE)
    painted = Image.composite(image, painted, fine)
    painted = ImageEnhance.Color(painted).enhance(1.22)
    painted = textured(painted, relief.point(_RIDGES), steep)
    return textured(painted, weave, 5)


def _flow(image: Image.Image, chance: Chance) -> Callable[[float, float], tuple[float, float]]:
    """At a place: the direction of a stroke in radians, and how strong an edge is there."""
    short = min(image.size)
    scale = 110 / short
    size = (max(3, round(image.width * scale)), max(3, round(image.height * scale)))
    grey = image.convert("L").resize(size, Image.Resampling.BOX).filter(ImageFilter.BoxBlur(1))
    columns, rows = size
    light = grey.tobytes()
    across, down = smooth_noise(chance, 2), smooth_noise(chance, 2)

    def at(x: float, y: float) -> tuple[float, float]:
        column = min(columns - 2, max(1, int(x * scale)))
        row = min(rows - 2, max(1, int(y * scale)))
        place = row * columns + column
        gx = light[place + 1] - light[place - 1]
        gy = light[place + columns] - light[place - columns]
        strength = math.hypot(gx, gy)
        if strength > 9:
            return math.atan2(gx, -gy), strength
        return 1.1 * (across(x / short * 3.2) + down(y / short * 3.2 + 9)), strength

    return at


def watercolor(image: Image.Image, seed: int) -> Image.Image:
    """Thin washes that ran a little: wavering outlines, dark rims, grains of pigment, paper."""
    size, short = image.size, min(image.size)
    half = image.reduce(2) if short > 8 else image
    wash = wavering(half.filter(ImageFilter.MedianFilter(3)), short * 0.0022, seed, 14)
    ran = wash.filter(ImageFilter.BoxBlur(short * 0.0035))
    wet = levels(clouding(wash.size, 7, seed, "wet"), -260, 300)
    wash = Image.composite(ran, wash, wet)
    # pigment gathers where a wash ends: on the darker side of every outline
    grey = wash.convert("L")
    rims = ImageChops.subtract(grey.filter(ImageFilter.BoxBlur(short * 0.005)), grey)
    pools = levels(clouding(wash.size, 5, seed, "pools"), 222, 290)
    shade = ImageChops.multiply(rims.point(_RIM), pools)
    wash = ImageChops.multiply(wash, Image.merge("RGB", (shade, shade, shade)))
    wash = textured(wash, clouding(wash.size, 12, seed, "runs"), 11)
    wash = ImageEnhance.Color(wash.point(_THIN * 3)).enhance(1.5)
    wash = wash.resize(size, Image.Resampling.BICUBIC)
    wash = textured(wash, clouding(size, short / 2.6, seed, "pigment"), 7)
    edge = _deckle(size, seed)
    rim = edge.point(_EDGE_RIM)
    wash = ImageChops.multiply(wash, Image.merge("RGB", (rim, rim, rim)))
    return Image.composite(wash, _PAPER.resize(size), edge.point(_EDGE))


_PAPER = Image.new("RGB", (1, 1), hexed("#fbf8f0"))
_RIM = [max(168, 255 - max(0, value - 2) * 4) for value in range(256)]
_THIN = [round(52 + 203 * (value / 255) ** 0.92) for value in range(256)]
_EDGE = [max(0, min(255, (value - 118) * 16)) for value in range(256)]
_EDGE_RIM = [255 - max(0, round(34 - abs(value - 140) * 1.2)) for value in range(256)]


def _deckle(size: tuple[int, int], seed: int) -> Image.Image:
    """Bright inside, dark along the border, between the two where the paint ends."""
    rough = Image.blend(clouding(size, 6, seed, "deckle"), clouding(size, 34, seed, "frays"), 0.22)
    return textured(inside(size, 64), rough, 70)
