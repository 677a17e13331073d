"""Few colours, cut and printed: pixel art, posters, woodcuts."""

from __future__ import annotations

import math

from PIL import Image, ImageChops, ImageEnhance, ImageFilter, ImageOps

from .colour import Colour, hexed
from .texture import clouding, textured, wavering

__all__ = ["pixels", "poster", "woodcut"]

# Bayer's order: a few colours, mixed in a pattern of points
_ORDER = (0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5)


def pixels(image: Image.Image) -> Image.Image:
    """Large square pixels in few colours, dithered as on an old screen."""
    cell = max(2, round(min(image.size) / 128))
    few = (max(1, image.width // cell), max(1, image.height // cell))
    small = ImageEnhance.Color(image.resize(few, Image.Resampling.BOX)).enhance(1.25)
    small = ImageEnhance.Contrast(small).enhance(1.12)
    palette = _inks(small, 32)
    pattern = Image.new("L", (4, 4))
    pattern.putdata([round(place * 17) for place in _ORDER])
    dither = _tiled(pattern, few)
    plain = textured(small, dither, 7).quantize(palette=palette, dither=Image.Dither.NONE)
    return plain.convert("RGB").resize(image.size, Image.Resampling.NEAREST)


def _inks(image: Image.Image, count: int) -> Image.Image:
    """A palette of so many colours, in which a small red boat counts beside a wide blue lake."""
    small = image.resize((120, 120), Image.Resampling.BOX).quantize(200, Image.Quantize.MAXCOVERAGE)
    colours = small.convert("RGB").getcolors(256) or []
    weighed: list[Colour] = []
    for number, colour in colours:
        if isinstance(colour, tuple):
            weighed += [(colour[0], colour[1], colour[2])] * (1 + round(number**0.5 / 2))
    strip = Image.new("RGB", (len(weighed), 1))
    strip.putdata(weighed)
    return strip.quantize(count, Image.Quantize.MEDIANCUT)


def _tiled(tile: Image.Image, size: tuple[int, int]) -> Image.Image:
    row = Image.new(tile.mode, (size[0], tile.height))
    for x in range(0, size[0], tile.width):
        row.paste(tile, (x, 0))
    whole = Image.new(tile.mode, size)
    for y in range(0, size[1], tile.height):
        whole.paste(row, (0, y))
    return whole


def poster(image: Image.Image, seed: int) -> Image.Image:
    """Flat shapes in nine printing inks, a little out of register, with a border of paper."""
    size, short = image.size, min(image.size)
    small = image.reduce(2) if short > 8 else image
    small = ImageEnhance.Color(small).enhance(1.35)
    small = ImageEnhance.Contrast(small).enhance(1.12)
    flat = small.quantize(palette=_inks(small, 10), dither=Image.Dither.NONE)
    # the numbers of the inks as a grey image: the commonest of a neighbourhood, one band for three
    shapes = Image.frombytes("L", flat.size, flat.tobytes()).filter(ImageFilter.ModeFilter(3))
    flat.putdata(list(shapes.tobytes()))
    flat = flat.convert("RGB").resize(size, Image.Resampling.BILINEAR)
    flat = textured(flat, clouding(size, short / 3, seed, "ink"), 5)
    border = round(short * 0.035)
    whole = Image.new("RGB", size, hexed("#f6efdf"))
    inside = (border, border, size[0] - border, size[1] - border)
    if inside[0] < inside[2] and inside[1] < inside[3]:
        whole.paste(flat.crop(inside), inside)
    return whole


def woodcut(image: Image.Image, seed: int) -> Image.Image:
    """Carved lines that swell with the dark, over a few flat colours."""
    size, short = image.size, min(image.size)
    grey = ImageOps.autocontrast(image.convert("L"), cutoff=1)
    tone = Image.blend(ImageOps.equalize(grey), grey, 0.5).point(_LIT)
    wave = short / 118
    column = Image.new("L", (1, size[1]))
    column.putdata([round(127.5 + 127.5 * math.cos(math.tau * y / wave)) for y in range(size[1])])
    carved = wavering(column.resize(size), wave * 2.2, seed, 9)
    lines = Image.blend(tone, carved, 0.5).point(_CUT)
    outlines = ImageChops.subtract(grey.filter(ImageFilter.BoxBlur(short * 0.004)), grey)
    lines = ImageChops.multiply(lines, outlines.point(_OUTLINE))
    small = ImageEnhance.Color(image.reduce(2) if short > 8 else image).enhance(1.75)
    few = small.quantize(palette=_inks(small, 12), dither=Image.Dither.NONE).convert("RGB")
    colours = Image.blend(few, Image.new("RGB", few.size, hexed("#f9e3b8")), 0.22)
    colours = colours.resize(size, Image.Resampling.BILINEAR)
    printed = Image.composite(colours, Image.new("RGB", size, hexed("#1d2130")), lines)
    return textured(printed, clouding(size, short / 4, seed, "press"), 8)


_LIT = [round(255 * (value / 255) ** 0.58) for value in range(256)]
_CUT = [min(255, max(0, round((value - 92) * 9))) for value in range(256)]
_OUTLINE = [max(0, 255 - max(0, value - 8) * 14) for value in range(256)]
