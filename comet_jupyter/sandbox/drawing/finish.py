"""What happens to a painted picture: the style a prompt names, and the tag that says what it is."""

from __future__ import annotations

import math
from itertools import pairwise

from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter, ImageFont, ImageOps

from .canvas import Canvas, circle
from .chance import Chance
from .colour import hexed
from .stage import smooth_noise

__all__ = ["TAG", "add_tag", "apply_style"]

TAG = "sandbox · drawn locally"


def apply_style(canvas: Canvas, style: str | None, seed: int) -> None:
    """Give a painting the finish of a style; without one, nearly none."""
    chance = Chance(seed, "style")
    if style == "oil":
        _oil(canvas, chance)
    elif style == "watercolor":
        _watercolor(canvas, chance)
    elif style == "ink":
        _ink(canvas, chance)
    elif style == "pixel":
        _pixels(canvas)
    else:
        _vignette(canvas, 0.34 if style == "photo" else 0.13)
        if style == "photo":
            _bloom(canvas)


def _vignette(canvas: Canvas, strength: float) -> None:
    # the gradient is 255 in the corners: only what is far out darkens
    table = [
        round(255 * strength * max(0.0, value / 255 - 0.45) ** 1.6 * 2.2) for value in range(256)
    ]
    mask = Image.radial_gradient("L").point(table).resize((canvas.width, canvas.height))
    canvas.paste(hexed("#0d1030"), mask, (0, 0, canvas.width, canvas.height))


def _bloom(canvas: Canvas) -> None:
    small = canvas.image.resize((max(1, canvas.width // 8), max(1, canvas.height // 8)))
    bright = small.point([max(0, round((value - 150) * 1.6)) for value in range(256)] * 3)
    glow = bright.filter(ImageFilter.GaussianBlur(5)).resize(canvas.image.size)
    canvas.image = ImageEnhance.Contrast(ImageChops.screen(canvas.image, glow)).enhance(1.07)


def _oil(canvas: Canvas, chance: Chance) -> None:
    """Brush strokes in the picture's own colours, large ones first, along a wandering direction."""
    source = canvas.image.filter(ImageFilter.GaussianBlur(2))
    pixels, large = (
        source.load(),
        canvas.image.resize((canvas.width * 3 // 2, canvas.height * 3 // 2)),
    )
    draw = ImageDraw.Draw(large)
    across, down = smooth_noise(chance, 2), smooth_noise(chance, 2)
    short = min(canvas.width, canvas.height)
    if pixels is None:
        return
    for length, thick, count in ((0.05, 0.013, 1100), (0.03, 0.0075, 3000), (0.016, 0.004, 4200)):
        for _ in range(round(count * canvas.width * canvas.height / short**2)):
            x, y = chance() * (canvas.width - 1), chance() * (canvas.height - 1)
            colour = pixels[int(x), int(y)]
            if not isinstance(colour, tuple):
                continue
            angle = 1.3 * (across(x / short * 3.2) + down(y / short * 3.2 + 9))
            half = length * short * (0.5 + 0.5 * chance())
            dx, dy = half * math.cos(angle) / 2, half * math.sin(angle) / 2
            shift = round((chance() - 0.5) * 22)
            tone = tuple(min(255, max(0, value + shift)) for value in colour)
            line = [(x - dx) * 1.5, (y - dy) * 1.5, (x + dx) * 1.5, (y + dy) * 1.5]
            draw.line(line, fill=tone, width=max(1, round(thick * short * 1.5)))
    painted = large.resize(canvas.image.size, Image.Resampling.BOX)
    canvas.image = Image.blend(painted, canvas.image, 0.18)


def _watercolor(canvas: Canvas, chance: Chance) -> None:
    """Paler, mottled, with a border of paper."""
    size = canvas.image.size
    paper = Image.new("RGB", size, hexed("#faf6ec"))
    soft = canvas.image.filter(ImageFilter.MedianFilter(3))
    washed = ImageEnhance.Color(Image.blend(soft, paper, 0.16)).enhance(1.15)
    mottled = _clouding(chance, 26, size).point(
        [round(226 + value * 0.114) for value in range(256)]
    )
    fine = _clouding(chance, 150, size).point([round(242 + value * 0.05) for value in range(256)])
    texture = ImageChops.multiply(mottled, fine)
    washed = ImageChops.multiply(washed, Image.merge("RGB", (texture, texture, texture)))
    edge = Canvas(*size)
    margin, wander = min(size) * 0.035, smooth_noise(chance, 4, 0.5)
    corners = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0), (0.0, 0.0)]
    outline = []
    for side, ((ax, ay), (bx, by)) in enumerate(pairwise(corners)):
        for at in range(90):
            share = at / 90
            inset = margin * (1 + 0.8 * wander(side * 17 + share * 9))
            x, y = ax + (bx - ax) * share, ay + (by - ay) * share
            outline.append(
                (
                    min(max(x * size[0], inset), size[0] - inset),
                    min(max(y * size[1], inset), size[1] - inset),
                )
            )
    edge.shape(outline, (255, 255, 255))
    canvas.image = Image.composite(washed, paper, edge.image.convert("L"))


def _clouding(chance: Chance, cells: int, size: tuple[int, int]) -> Image.Image:
    grain = Image.new("L", (cells, cells))
    grain.putdata([int(chance() * 256) for _ in range(cells * cells)])
    return grain.resize(size, Image.Resampling.BICUBIC)


def _ink(canvas: Canvas, chance: Chance) -> None:
    """Washes of ink on warm paper, drawn edges, and a red seal."""
    grey = ImageOps.autocontrast(ImageOps.grayscale(canvas.image), cutoff=1)
    edges = grey.filter(ImageFilter.SMOOTH).filter(ImageFilter.CONTOUR)
    # ink leaves the sky to the paper: what counts is how a place differs from what surrounds it
    small = grey.resize((max(1, grey.width // 16), max(1, grey.height // 16)))
    around = small.filter(ImageFilter.GaussianBlur(min(small.size) * 0.13)).resize(grey.size)
    washed = ImageChops.subtract(grey, around, 0.6, 205)
    washed = Image.blend(washed, grey, 0.22)
    drawn = ImageChops.multiply(
        washed, edges.point([round(120 + value * 0.53) for value in range(256)])
    )
    texture = _clouding(chance, 60, grey.size).point(
        [round(243 + value * 0.047) for value in range(256)]
    )
    drawn = ImageChops.multiply(drawn, texture)
    canvas.image = ImageOps.colorize(drawn, hexed("#161a26"), hexed("#f8f2e4"), hexed("#7d8088"))
    unit = min(canvas.width, canvas.height) / 100
    x, y = unit * 6, canvas.height - unit * 9
    seal = hexed("#b8352c")
    canvas.shape(
        [
            (x, y),
            (x + unit * 5, y + unit * 0.2),
            (x + unit * 4.9, y + unit * 5),
            (x + unit * 0.1, y + unit * 4.9),
        ],
        seal,
        0.9,
    )
    canvas.shape(circle(x + unit * 2.5, y + unit * 1.9, unit * 0.9), hexed("#f8f2e4"), 0.9)
    canvas.shape(
        [
            (x + unit * 1, y + unit * 4.1),
            (x + unit * 2.5, y + unit * 3),
            (x + unit * 4, y + unit * 4.1),
        ],
        hexed("#f8f2e4"),
        0.9,
    )


def _pixels(canvas: Canvas) -> None:
    """Large square pixels in few colours."""
    cell = max(2, round(min(canvas.width, canvas.height) / 128))
    small = canvas.image.resize(
        (max(1, canvas.width // cell), max(1, canvas.height // cell)), Image.Resampling.BOX
    )
    few = small.quantize(56, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).convert("RGB")
    canvas.image = few.resize(canvas.image.size, Image.Resampling.NEAREST)


def add_tag(canvas: Canvas) -> None:
    """Say in the lower right corner where the picture comes from."""
    font_size = max(10.0, min(canvas.width, canvas.height) * 0.0175)
    try:
        font: ImageFont.ImageFont | ImageFont.FreeTypeFont = ImageFont.load_default(font_size)
    except (ImportError, OSError):  # a Pillow built without FreeType has its bitmap font
        font = ImageFont.load_default()
    left, top, right, bottom = font.getbbox(TAG)
    wide, tall = right - left, bottom - top
    pad, gap = font_size * 0.62, font_size * 0.8
    x1, y1 = canvas.width - gap, canvas.height - gap
    x0, y0 = x1 - wide - 2 * pad, y1 - tall - pad * 1.25
    radius = (y1 - y0) / 2
    pill = [*(p for p in circle(x1 - radius, y0 + radius, radius) if p[0] >= x1 - radius)]
    right_end = sorted(pill, key=lambda point: point[1])
    left_end = [(x0 + x1 - px, py) for px, py in reversed(right_end)]
    canvas.shape([*right_end, *left_end], hexed("#10142a"), 0.42)
    mask = Image.new("L", canvas.image.size)
    ImageDraw.Draw(mask).text((x0 + pad - left, y0 + pad * 0.62 - top), TAG, fill=235, font=font)
    canvas.image.paste(hexed("#ffffff"), mask=mask)
