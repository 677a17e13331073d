"""What goes into a notebook instead of the original: png or jpeg, in sRGB, of a known size.

Every front end shows these two types; webp shows in JupyterLab only, avif nowhere. The
original stays on disk as it came.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .picture import Picture, load, open_picture, to_srgb

if TYPE_CHECKING:
    import PIL.Image

_QUALITIES = (90, 84, 76)
_LOSSY = frozenset({"image/jpeg", "image/webp", "image/avif"})
_SHOWN_MODES = frozenset({"1", "L", "LA", "P", "PA", "RGB", "RGBA"})
_FLAT_COLOURS = 512

LARGEST = 560
"""CSS pixels of the longer side of a picture in a notebook."""


@dataclass(frozen=True, slots=True)
class Preview:
    """A picture that every front end shows.

    Attributes
    ----------
    media_type : str
        ``image/png`` or ``image/jpeg``.
    data : bytes
    width, height : int
        Pixels.
    display_width : int
        CSS pixels to show it at: its longer side at most `LARGEST` when left out, so that a
        cell stays on the screen and fine displays get more than a pixel for each.
    """

    media_type: str
    data: bytes = field(repr=False)
    width: int
    height: int
    display_width: int = 0

    def __post_init__(self) -> None:
        scale = min(1.0, LARGEST / max(self.width, self.height, 1))
        shown = self.display_width or max(1, round(self.width * scale))
        object.__setattr__(self, "display_width", shown)

    @property
    def display_height(self) -> int:
        """CSS pixels that go with `display_width`."""
        return max(1, round(self.height * self.display_width / max(1, self.width)))


def measure(data: bytes) -> tuple[str, int, int]:
    """Media type, width and height in pixels as displayed, after decoding every byte.

    Only the first frame of an animation is looked at.

    Raises
    ------
    DownloadError
        When it is no picture, damaged, cut short, over 64 MiB or over 64 megapixels.
    """
    picture = open_picture(data)
    load(picture, near=1)
    return picture.media_type, picture.width, picture.height


def preview(data: bytes, *, max_side: int = 1024, max_bytes: int = 360_000) -> Preview:
    """The picture for the notebook: looks like the original, and is small.

    A png or jpeg that is small enough keeps its pixels untouched; only text, comments, Exif
    and XMP are taken away. Anything else becomes jpeg, or png where something is transparent
    or where the drawing is flat and png is smaller. Colours are turned to sRGB.

    Parameters
    ----------
    data : bytes
        A whole file.
    max_side : int
        Pixels of the longer side.
    max_bytes : int
        Reached by lowering the quality a little, then the size. With the default, four
        pictures in base64 stay under 2 MB.

    Raises
    ------
    DownloadError
        As `measure`.
    """
    picture = open_picture(data)
    image = load(picture, near=max_side)
    if _passes(picture, image, max_side, max_bytes):
        return Preview(picture.media_type, picture.bare.data, picture.width, picture.height)
    image = _shrunk(to_srgb(image), max_side)
    full_chroma = picture.media_type not in _LOSSY
    while True:
        media_type, encoded = _encoded(image, max_bytes, full_chroma=full_chroma)
        if len(encoded) <= max_bytes or max(image.size) <= 64:
            return Preview(media_type, encoded, *image.size)
        scale = min(0.9, 0.95 * math.sqrt(max_bytes / len(encoded)))
        image = _shrunk(image, max(64, int(max(image.size) * scale)))


def embed_full(data: bytes) -> Preview:
    """The picture at full size for the notebook, whatever it weighs.

    A png or jpeg is passed as it is, a CMYK jpeg excepted; others become png, or jpeg of high
    quality for opaque pictures whose format was lossy.

    Raises
    ------
    DownloadError
        As `measure`.
    """
    picture = open_picture(data)
    image = load(picture)
    is_shown = picture.media_type in ("image/png", "image/jpeg") and image.mode != "CMYK"
    if is_shown:
        return Preview(picture.media_type, data, picture.width, picture.height)
    image = to_srgb(image)
    if image.mode == "RGBA" or picture.media_type not in _LOSSY or _is_flat(image):
        return Preview("image/png", encode_png(image), *image.size)
    return Preview("image/jpeg", encode_jpeg(image, 95, full_chroma=True), *image.size)


def converted(data: bytes, media_type: str) -> bytes:
    """The picture at full size as ``image/png`` or ``image/jpeg``; transparent turns white.

    Raises
    ------
    DownloadError
        As `measure`.
    """
    image = to_srgb(load(open_picture(data)))
    if media_type == "image/png":
        return encode_png(image)
    return encode_jpeg(_on_white(image), 95, full_chroma=True)


def encode_jpeg(image: PIL.Image.Image, quality: int, *, full_chroma: bool) -> bytes:
    """Baseline jpeg; `full_chroma` keeps sharp coloured edges (4:4:4), else 4:2:0."""
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality, subsampling=0 if full_chroma else 2)
    return file.getvalue()


def encode_png(image: PIL.Image.Image) -> bytes:
    """Lossless png."""
    file = io.BytesIO()
    image.save(file, "PNG", compress_level=4)
    return file.getvalue()


def _passes(picture: Picture, image: PIL.Image.Image, max_side: int, max_bytes: int) -> bool:
    """True when the pixels need no change to look right everywhere."""
    bare = picture.bare.data
    is_deep = picture.media_type == "image/png" and bare[24] > 8  # bits a channel, from IHDR
    return (
        picture.media_type in ("image/png", "image/jpeg")
        and image.mode in _SHOWN_MODES
        and not is_deep
        and picture.orientation == 1
        and max(picture.width, picture.height) <= max_side
        and len(bare) <= max_bytes
    )


def _encoded(image: PIL.Image.Image, max_bytes: int, *, full_chroma: bool) -> tuple[str, bytes]:
    """The best encoding of this size: within the budget if any is."""
    if image.mode == "RGBA":
        return "image/png", encode_png(image)
    jpeg = b""
    for quality in _QUALITIES:
        jpeg = encode_jpeg(image, quality, full_chroma=full_chroma)
        if len(jpeg) <= max_bytes:
            break
        full_chroma = False
    if _is_flat(image):
        png = encode_png(image)
        if len(png) <= len(jpeg):
            return "image/png", png
    return "image/jpeg", jpeg


def _is_flat(image: PIL.Image.Image) -> bool:
    """True for drawings of few colours, by a sample of the pixels."""
    from PIL.Image import Resampling

    sample = image.resize((256, 256), Resampling.NEAREST)
    return sample.getcolors(_FLAT_COLOURS) is not None


def _shrunk(image: PIL.Image.Image, max_side: int) -> PIL.Image.Image:
    from PIL.Image import Resampling

    scale = max_side / max(image.size)
    if scale >= 1:
        return image
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Resampling.LANCZOS, reducing_gap=3.0)


def _on_white(image: PIL.Image.Image) -> PIL.Image.Image:
    from PIL import Image

    if image.mode != "RGBA":
        return image
    white = Image.new("RGB", image.size, "white")
    white.paste(image, mask=image.getchannel("A"))
    return white
