"""What a lens and a film do to a picture: photographs, grey and sepia prints, neon light."""

from __future__ import annotations

from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter, ImageOps

from .colour import hexed
from .texture import clouding, grain, textured

__all__ = ["glowing", "grey", "photo", "sepia", "vignette"]


def vignette(image: Image.Image, strength: float) -> None:
    """Darken the corners of a picture, in place."""
    # the gradient is 255 in the corners: only what is far out darkens
    table = [
        round(255 * strength * max(0.0, value / 255 - 0.45) ** 1.6 * 2.2) for value in range(256)
    ]
    mask = Image.radial_gradient("L").point(table).resize(image.size)
    image.paste(hexed("#0d1030"), (0, 0, *image.size), mask)


def photo(image: Image.Image, seed: int) -> Image.Image:
    """Depth of field, light that spills over, warm lights and cool shadows, grain."""
    short = min(image.size)
    near = Image.linear_gradient("L").point(_NEAR).resize(image.size)
    soft = _blurred(image, short * 0.0045)
    shot = Image.composite(soft, image, near)
    small = shot.reduce(8) if short > 16 else shot
    bright = small.point(_BRIGHT * 3).filter(ImageFilter.BoxBlur(3)).filter(ImageFilter.BoxBlur(4))
    shot = ImageChops.screen(shot, bright.resize(image.size, Image.Resampling.BICUBIC))
    shot = shot.point(_RED + _GREEN + _BLUE)
    # shadows and skies of a real place are never even
    shot = textured(shot, clouding(image.size, 9, seed, "air"), 5)
    shot = textured(shot, _film(image.size, seed), 11)
    vignette(shot, 0.4)
    return shot


def grey(image: Image.Image, seed: int) -> Image.Image:
    """Silver on paper: deep blacks, clear whites, grain."""
    lit = ImageOps.autocontrast(image.convert("L", _PANCHROMATIC), cutoff=0.5).point(_CONTRAST)
    lit = textured(lit, _film(image.size, seed), 10)
    return ImageOps.colorize(lit, hexed("#0e0f12"), hexed("#f7f6f2"))


def sepia(image: Image.Image, seed: int) -> Image.Image:
    """An old print: brown, faded, uneven, darker towards its border."""
    lit = ImageOps.autocontrast(image.convert("L", _PANCHROMATIC), cutoff=0.5)
    lit = textured(lit, clouding(image.size, 4, seed, "fading"), 14)
    lit = textured(lit, _film(image.size, seed), 9)
    print_ = ImageOps.colorize(lit, hexed("#2a1a10"), hexed("#f6e7c8"), hexed("#9c774e"))
    vignette(print_, 0.5)
    return print_


def glowing(image: Image.Image, seed: int) -> Image.Image:
    """Outlines like tubes of coloured gas in the dark."""
    size, short = image.size, min(image.size)
    half = image.reduce(2) if short > 8 else image
    lit = half.convert("L").filter(ImageFilter.BoxBlur(short * 0.0008))
    edges = lit.filter(ImageFilter.FIND_EDGES)
    ImageDraw.Draw(edges).rectangle((0, 0, edges.width - 1, edges.height - 1), outline=0, width=2)
    tubes = edges.point(_TUBES)
    light = _rainbow(half.size, seed)
    core = ImageChops.multiply(light, Image.merge("RGB", (tubes, tubes, tubes)))
    few = core.reduce(4) if short > 64 else core
    halo = few.filter(ImageFilter.BoxBlur(few.height * 0.01)).filter(
        ImageFilter.BoxBlur(few.height * 0.02)
    )
    halo = halo.resize(size, Image.Resampling.BICUBIC).point(_DOUBLE * 3)
    dark = ImageEnhance.Color(image.point(_DIM * 3)).enhance(1.5)
    shone = ImageChops.screen(dark, halo)
    return ImageChops.screen(shone, core.resize(size, Image.Resampling.BICUBIC))


def _rainbow(size: tuple[int, int], seed: int) -> Image.Image:
    """Magenta to cyan over the picture, drifting with the seed."""
    field = clouding(size, 2, seed, "gas")
    return ImageOps.colorize(field, hexed("#ff2fb0"), hexed("#27e6ff"), hexed("#9a6bff"), 60, 195)


def _film(size: tuple[int, int], seed: int) -> Image.Image:
    # a grain is as large on every print: two thousand of them along the shorter side at most
    fine = (max(1, round(size[0] / 1.4)), max(1, round(size[1] / 1.4)))
    return grain(fine, seed, "film").resize(size, Image.Resampling.BILINEAR)


def _blurred(image: Image.Image, radius: float) -> Image.Image:
    half = image.reduce(2) if min(image.size) > 8 else image
    return half.filter(ImageFilter.BoxBlur(radius / 2)).resize(image.size, Image.Resampling.BICUBIC)


_PANCHROMATIC = (0.4, 0.45, 0.15, 0)
_NEAR = [min(255, max(0, (value - 190) * 5)) for value in range(256)]
_BRIGHT = [max(0, round((value - 165) * 1.3)) for value in range(256)]
_TUBES = [min(255, max(0, (value - 9) * 9)) for value in range(256)]
_DOUBLE = [min(255, round(value * 2.4)) for value in range(256)]
_DIM = [round(value * 0.62) for value in range(256)]


def _s_curve(strength: float, low: float = 0.0, high: float = 255.0) -> list[int]:
    table = []
    for value in range(256):
        share = value / 255
        bent = share + strength * (share * share * (3 - 2 * share) - share)
        table.append(min(255, max(0, round(low + (high - low) * bent))))
    return table


_CONTRAST = _s_curve(0.7)
_RED, _GREEN, _BLUE = _s_curve(0.5, 0, 262), _s_curve(0.45, 3, 254), _s_curve(0.32, 14, 244)
