"""Another time of day or weather for a picture that exists: its light, its sky, its colours."""

from __future__ import annotations

from PIL import Image, ImageChops, ImageFilter, ImageOps

from .canvas import Canvas
from .colour import Colour, mix
from .palette import Palette

__all__ = ["relit", "tinted"]

# how much of the colours of a light a picture takes on
_SHARES = {"night": 0.62, "dusk": 0.55, "sunset": 0.5, "dawn": 0.5, "storm": 0.6, "winter": 0.4}


def relit(
    image: Image.Image, palette: Palette, kind: str, sky: Image.Image | None, horizon: float
) -> Image.Image:
    """The picture in another light; things keep their own colours as far as the light lets them."""
    share = _SHARES.get(kind, 0.25)
    y, cb, cr = image.convert("YCbCr").split()
    y = ImageOps.autocontrast(y, cutoff=1)
    dark, light = 8 + 10 * palette.exposure, 96 + 150 * palette.exposure
    bent = [
        round(dark + (light - dark) * (value / 255) ** (1.25 - 0.35 * palette.exposure))
        for value in range(256)
    ]
    y = y.point(bent)
    keep = 0.55 + 0.45 * palette.exposure
    faded = [round(128 + (value - 128) * keep) for value in range(256)]
    own = Image.merge("YCbCr", (y, cb.point(faded), cr.point(faded))).convert("RGB")
    span = ImageOps.autocontrast(y)
    light_map = ImageOps.colorize(span, palette.near, palette.sky[3], palette.far, 0, 255, 120)
    lit = _with_lamps(Image.blend(own, light_map, share), image, sky, palette)
    if sky is None:
        return lit
    canvas = Canvas(*image.size)
    line = image.height * horizon
    canvas.gradient(palette.sky, 0, line)
    canvas.gradient((palette.sky[3], palette.haze), line)
    # clouds, and whatever else stands out in the sky, stay
    few = (max(1, image.width // 16), max(1, image.height // 16))
    around = y.resize(few, Image.Resampling.BOX).filter(ImageFilter.BoxBlur(min(few) * 0.12))
    relief = ImageChops.subtract(y, around.resize(image.size, Image.Resampling.BICUBIC), 1.3, 128)
    shifted = ImageChops.add(canvas.image, Image.merge("RGB", (relief, relief, relief)), 1, -128)
    above = Image.blend(lit, shifted, 0.78)
    return Image.composite(above, lit, sky)


def _with_lamps(
    lit: Image.Image, image: Image.Image, sky: Image.Image | None, palette: Palette
) -> Image.Image:
    """In the dark, windows and lamps shine: what is bright and yellow, and no part of the sky."""
    if palette.exposure >= 0.6:
        return lit
    red, green, blue = image.split()
    pale = ImageChops.darker(red, green)
    lamps = ImageChops.multiply(pale.point(_BRIGHT), ImageChops.subtract(pale, blue).point(_WARM))
    if sky is not None:
        lamps = ImageChops.subtract(lamps, sky)
    few = (max(1, image.width // 8), max(1, image.height // 8))
    halo = lamps.resize(few, Image.Resampling.BOX).filter(ImageFilter.BoxBlur(min(few) * 0.02))
    halo = halo.point(_HALO).resize(image.size, Image.Resampling.BICUBIC)
    lit.paste((255, 206, 122), (0, 0, *image.size), halo)
    return Image.composite(image, lit, lamps)


_BRIGHT = [min(255, max(0, (value - 170) * 8)) for value in range(256)]
_WARM = [min(255, max(0, (value - 35) * 8)) for value in range(256)]
_HALO = [min(170, round(value * 1.3)) for value in range(256)]


def tinted(image: Image.Image, colour: Colour, share: float) -> Image.Image:
    """The picture in the shades of a colour."""
    grey = image.convert("L")
    shades = ImageOps.colorize(
        grey, mix(colour, (8, 8, 16), 0.78), mix(colour, (255, 252, 244), 0.8), colour, 0, 255, 128
    )
    return Image.blend(image, shades, share)
