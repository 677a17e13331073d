"""Two pictures in one frame, so that one can be laid over the other.

How they are laid over each other is the notebook's matter (``show/slider.py``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .picture import load, open_picture, to_srgb
from .previews import Preview, encode_jpeg

if TYPE_CHECKING:
    import PIL.Image

_BARS = "#80807e"
"""Beside a picture of another shape: on white and on dark pages it is no part of the picture."""
_BACKING = "#ffffff"
"""Below a picture with transparent parts: the other one must not shine through."""
_ALIKE = 0.01
_QUALITIES = (90, 82, 72, 60)


def fitted(
    first: bytes, second: bytes, *, side: int = 896, max_bytes: int = 240_000
) -> tuple[Preview, Preview]:
    """Two pictures of the same size in pixels, each whole and in its own shape.

    Parameters
    ----------
    first, second : bytes
        Whole files.
    side : int
        Pixels of the longer side, as far as one of them has so many.
    max_bytes : int
        Of each, as far as the quality allows.

    Returns
    -------
    tuple of Preview
        Both jpeg. Pictures of different shapes are made equally long, and stand in the middle
        of a frame that holds them both.

    Raises
    ------
    DownloadError
        When one is no picture, damaged, or over the caps.
    """
    images = [_opaque(to_srgb(load(open_picture(data), near=side))) for data in (first, second)]
    longest = min(side, max(max(image.size) for image in images))
    sizes = [_scaled(image.size, longest) for image in images]
    ratios = [image.width / image.height for image in images]
    if abs(ratios[0] / ratios[1] - 1) < _ALIKE:
        sizes[1] = sizes[0]
    frame = (max(width for width, _ in sizes), max(height for _, height in sizes))
    one, other = (
        _encoded(_framed(image, size, frame), max_bytes)
        for image, size in zip(images, sizes, strict=True)
    )
    return one, other


def _scaled(size: tuple[int, int], longest: int) -> tuple[int, int]:
    scale = longest / max(size)
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _opaque(image: PIL.Image.Image) -> PIL.Image.Image:
    from PIL import Image

    if image.mode != "RGBA":
        return image.convert("RGB")
    backed = Image.new("RGB", image.size, _BACKING)
    backed.paste(image, mask=image.getchannel("A"))
    return backed


def _framed(
    image: PIL.Image.Image, size: tuple[int, int], frame: tuple[int, int]
) -> PIL.Image.Image:
    from PIL import Image

    image = image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    if size == frame:
        return image
    framed = Image.new("RGB", frame, _BARS)
    framed.paste(image, ((frame[0] - size[0]) // 2, (frame[1] - size[1]) // 2))
    return framed


def _encoded(image: PIL.Image.Image, max_bytes: int) -> Preview:
    data = b""
    for quality in _QUALITIES:
        data = encode_jpeg(image, quality, full_chroma=False)
        if len(data) <= max_bytes:
            break
    return Preview("image/jpeg", data, *image.size)
