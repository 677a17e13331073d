"""What guidance and the number of steps do to a picture.

Both are numbers from -1 to 1 with the model's default at 0, where nothing happens at all.
Little guidance is pale, hazy and loose, much is saturated and hard; few steps leave a picture soft
and grainy, many make it crisp.
"""

from __future__ import annotations

from PIL import Image, ImageChops, ImageEnhance, ImageFilter

from .colour import hexed
from .texture import clouding, grain, levels, textured, wavering

__all__ = ["graded", "grained", "loosened", "softened"]


def softened(image: Image.Image, detail: float) -> Image.Image:
    """Before the style: few steps have found the large shapes only."""
    if detail >= 0:
        return image
    short = min(image.size)
    few = min(1.0, -detail)
    step = max(1, round(short / 340))
    small = image.reduce(step) if step > 1 else image
    radius = short / step * 0.012 * few
    blurred = small.filter(ImageFilter.BoxBlur(radius)).filter(ImageFilter.BoxBlur(radius * 0.7))
    return Image.blend(image, blurred.resize(image.size, Image.Resampling.BICUBIC), few**0.4)


def grained(image: Image.Image, detail: float, seed: int) -> Image.Image:
    """At the end: noise that few steps leave behind, or the edge that many give."""
    short = min(image.size)
    if detail > 0:
        fine = ImageFilter.UnsharpMask(max(0.6, short / 900), round(150 * detail), 1)
        return image.filter(fine)
    if detail < 0:
        few = min(1.0, -detail)
        return ImageChops.add(image, _noise(image.size, few, seed), 1, -128)
    return image


def _noise(size: tuple[int, int], few: float, seed: int) -> Image.Image:
    """Patches of colour as large as a model's latents, and fine grain; grey where nothing is."""
    half = (max(1, size[0] // 2), max(1, size[1] // 2))
    cells = min(size) / (6 + 5 * few)
    shares = [clouding(half, cells, seed, f"latent {at}") for at in range(3)]
    strong = 40 * few**1.8
    patches = Image.merge("RGB", [levels(share, 128 - strong, 128 + strong) for share in shares])
    return textured(patches, grain(half, seed, "noise"), 15 * few).resize(size)


def loosened(image: Image.Image, guidance: float, seed: int) -> Image.Image:
    """Before the style: little guidance lets outlines wander and light spread."""
    if guidance >= 0:
        return image
    short, free = min(image.size), min(1.0, -guidance)
    loose = wavering(image, short * 0.009 * free, seed, 6)
    step = max(1, round(short / 130))
    small = loose.reduce(step) if step > 1 else loose
    mist = small.filter(ImageFilter.BoxBlur(3)).filter(ImageFilter.BoxBlur(3))
    mist = mist.resize(image.size, Image.Resampling.BILINEAR)
    return Image.blend(loose, ImageChops.screen(loose, mist), 0.3 * free)


def graded(image: Image.Image, guidance: float) -> Image.Image:
    """After the style: pale and hazy, or saturated and hard."""
    if guidance < 0:
        free = min(1.0, -guidance)
        pale = ImageEnhance.Color(image).enhance(1 - 0.5 * free)
        mean = image.resize((1, 1), Image.Resampling.BOX)
        haze = Image.blend(mean, Image.new("RGB", (1, 1), hexed("#fbf8f2")), 0.72)
        hazy = Image.blend(pale, haze.resize(image.size), 0.5 * free)
        # thickest where the distance is
        depth = levels(Image.linear_gradient("L").point(_DISTANCE), 0, 255 * 0.5 * free)
        return Image.composite(haze.resize(image.size), hazy, depth.resize(image.size))
    if guidance > 0:
        vivid = ImageEnhance.Color(image).enhance(1 + 0.95 * guidance)
        short = min(image.size)
        step = max(1, round(short / 128))
        small = vivid.reduce(step) if step > 1 else vivid
        around = small.filter(ImageFilter.BoxBlur(6)).resize(image.size, Image.Resampling.BICUBIC)
        local = Image.blend(around, vivid, 1 + 0.45 * guidance)
        return local.point(_hard(guidance) * 3)
    return image


_DISTANCE = [round(255 * max(0.0, 1 - abs(value - 140) / 95) ** 1.5) for value in range(256)]


def _hard(guidance: float) -> list[int]:
    table = []
    for value in range(256):
        share = value / 255
        bent = share + 0.9 * guidance * (share * share * (3 - 2 * share) - share)
        table.append(round(255 * bent))
    return table
