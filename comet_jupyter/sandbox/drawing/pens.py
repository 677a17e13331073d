"""Lines drawn by hand: ink and pencil."""

from __future__ import annotations

from PIL import Image, ImageChops, ImageFilter, ImageOps

from .canvas import Canvas, circle
from .colour import hexed
from .texture import clouding, grain, inside, levels, streaks, wavering

__all__ = ["ink", "pencil"]


def ink(image: Image.Image, seed: int) -> Image.Image:
    """Brushed lines and a few washes on warm paper, with a red seal."""
    size, short = image.size, min(image.size)
    grey = ImageOps.autocontrast(wavering(image.convert("L"), short * 0.0018, seed, 11), cutoff=1)
    washed = Image.blend(_standing_out(grey), grey, 0.16).point(_WASHES)
    washed = ImageChops.multiply(washed, levels(clouding(size, 7, seed, "wash"), 225, 270))
    lines = _lines(grey, short * 0.0016, 9.0)
    drawn = ImageChops.multiply(washed, lines)
    drawn = ImageChops.multiply(drawn, levels(clouding(size, 60, seed, "paper"), 243, 255))
    black, middle, paper = hexed("#10131e"), hexed("#777a83"), hexed("#f8f2e4")
    return _sealed(ImageOps.colorize(drawn, black, paper, middle, blackpoint=26))


_WASHES = [round(255 * min(1.0, value / 238) ** 0.72) for value in range(256)]


def _standing_out(grey: Image.Image) -> Image.Image:
    """How a place differs from what surrounds it: a pen leaves wide skies to the paper."""
    few = (max(1, grey.width // 16), max(1, grey.height // 16))
    around = grey.resize(few, Image.Resampling.BOX).filter(ImageFilter.BoxBlur(min(few) * 0.16))
    return ImageChops.subtract(grey, around.resize(grey.size, Image.Resampling.BICUBIC), 0.62, 210)


def _lines(grey: Image.Image, reach: float, strength: float) -> Image.Image:
    """White, with the darker side of every outline drawn in black."""
    fine = grey.filter(ImageFilter.BoxBlur(reach * 0.5))
    wide = grey.filter(ImageFilter.BoxBlur(reach * 2)).filter(ImageFilter.BoxBlur(reach * 2))
    edges = ImageChops.subtract(wide, fine)
    table = [max(0, round(255 - max(0.0, value - 1.5) * strength)) for value in range(256)]
    return edges.point(table)


def _sealed(image: Image.Image) -> Image.Image:
    canvas = Canvas(*image.size)
    canvas.image = image
    unit = min(image.size) / 100
    x, y = unit * 6, image.height - unit * 9
    paper = hexed("#f8f2e4")
    canvas.shape(
        [(x, y), (x + unit * 5, y + unit * 0.2), (x + unit * 4.9, y + unit * 5),
         (x + unit * 0.1, y + unit * 4.9)],
        hexed("#b8352c"), 0.9,
    )  # fmt: skip
    canvas.shape(circle(x + unit * 2.5, y + unit * 1.9, unit * 0.9), paper, 0.9)
    foot = y + unit * 4.1
    canvas.shape(
        [(x + unit, foot), (x + unit * 2.5, y + unit * 3), (x + unit * 4, foot)], paper, 0.9
    )
    return canvas.image


def pencil(image: Image.Image, seed: int) -> Image.Image:
    """Outlines and hatching in graphite: one direction in the light, more in the dark."""
    size, short = image.size, min(image.size)
    grey = ImageOps.autocontrast(wavering(image.convert("L"), short * 0.002, seed, 11), cutoff=1)
    tone = Image.blend(_standing_out(grey), ImageOps.equalize(grey), 0.5)
    drawn = Image.new("L", size, 255)
    for angle, light, dark, name in _HATCHES:
        hatch = streaks(size, short / 15, short / 400, angle, seed, name).point(_STROKE)
        where = tone.point(_between(light, dark))
        drawn = ImageChops.multiply(drawn, ImageChops.lighter(hatch, where))
    drawn = ImageChops.multiply(drawn, _lines(grey, short * 0.0013, 8.0))
    tooth = levels(grain(size, seed, "tooth").filter(ImageFilter.BoxBlur(0.7)), -30, 70)
    drawn = ImageChops.add(drawn, tooth)
    drawn = _edge_left_free(drawn, hatch)
    return ImageOps.colorize(drawn, hexed("#26272f"), hexed("#faf7f0"), blackpoint=30)


_HATCHES = (
    (-0.8, 245, 90, "light"),
    (-0.66, 165, 30, "middle"),
    (0.5, 110, 0, "dark"),
)
_STROKE = [min(255, round(95 + value * 0.75)) for value in range(256)]


def _between(light: int, dark: int) -> list[int]:
    """White where it is lighter than ``light``, black where darker than ``dark``."""
    span = light - dark
    return [min(255, max(0, round(255 * (value - dark) / span))) for value in range(256)]


def _edge_left_free(drawn: Image.Image, strokes: Image.Image) -> Image.Image:
    """The strokes end where they end, short of the border."""
    edge = ImageChops.invert(inside(drawn.size, 48))
    edge = ImageChops.add(edge, levels(strokes, -120, 90))
    return ImageChops.lighter(drawn, edge.point(_LEFT_FREE))


_LEFT_FREE = [max(0, min(255, (value - 90) * 3)) for value in range(256)]
