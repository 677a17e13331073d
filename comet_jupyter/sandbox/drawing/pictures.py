"""Input pictures: strangers' bytes to pixels, under caps.

Whatever the bytes are, the answer is a picture or a `ValueError` that says why there is none.
"""

from __future__ import annotations

import io
from functools import lru_cache
from importlib import import_module
from typing import cast

from PIL import Image, ImageFile, ImageOps

__all__ = ["MAX_PIXELS", "cropped", "opened"]

MAX_PIXELS = 40_000_000
"""Width times height of an input picture."""
_KEPT = (2048, 2048)
"""As large as any picture is drawn at most."""
_MAX_SCANS = 100
"""A progressive JPEG of a few hundred kilobytes can ask to be decoded thousands of times."""
# Opened by their own classes: PIL.Image.open tries all formats it knows, and warns by a limit
# that belongs to whoever shares this process.
_READERS = (
    (b"\x89PNG\r\n\x1a\n", 0, "Png"),
    (b"\xff\xd8\xff", 0, "Jpeg"),
    (b"WEBP", 8, "WebP"),
    (b"GIF8", 0, "Gif"),
    (b"BM", 0, "Bmp"),
    (b"ftypavi", 4, "Avif"),
)


@lru_cache(4)
def opened(data: bytes) -> Image.Image:
    """The picture in a file: RGB, upright, at most 2048 pixels long. Not to be changed in place.

    Raises
    ------
    ValueError
        It cannot be read, or is too large.
    """
    reader = next((name for magic, at, name in _READERS if data[at:].startswith(magic)), None)
    if reader is None:
        raise ValueError("cannot identify image file")
    try:
        with _file(data, reader) as image:
            return _decoded(image, data)
    except ValueError:
        raise
    except Exception as error:  # noqa: BLE001 - readers of damaged files raise what they trip over
        raise ValueError(str(error) or type(error).__name__) from None


def _file(data: bytes, reader: str) -> ImageFile.ImageFile:
    kind = getattr(import_module(f"PIL.{reader}ImagePlugin"), f"{reader}ImageFile")
    return cast("ImageFile.ImageFile", kind(io.BytesIO(data)))


def _decoded(image: ImageFile.ImageFile, data: bytes) -> Image.Image:
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise ValueError(
            f"it has {width}×{height} pixels, more than {MAX_PIXELS / 1e6:.0f} megapixels"
        )
    if image.format == "JPEG" and data.count(b"\xff\xda") > _MAX_SCANS:
        raise ValueError("it has too many scans")
    image.draft("RGB", _KEPT)
    image.load()
    if image.mode in {"RGB", "RGBA", "L", "LA", "CMYK"}:
        image.thumbnail(_KEPT)  # before whatever needs more memory
    plain = _in_colours(ImageOps.exif_transpose(image))
    plain.thumbnail(_KEPT)
    return plain


def _in_colours(image: Image.Image) -> Image.Image:
    """RGB, with white behind what is transparent."""
    if image.mode.startswith("I"):
        # sixteen bits of grey, read by Pillow as numbers that RGB would cut off at 255
        image = image.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    if "A" in image.getbands() or "transparency" in image.info:
        clear = image.convert("RGBA")
        white = Image.new("RGBA", clear.size, (255, 255, 255, 255))
        return Image.alpha_composite(white, clear).convert("RGB")
    return image.convert("RGB")


def cropped(image: Image.Image, width: int, height: int) -> Image.Image:
    """The middle of a picture, in a size."""
    return ImageOps.fit(image, (width, height), Image.Resampling.LANCZOS)
