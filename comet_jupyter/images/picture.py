"""Bytes to pixels, under caps: untrusted files are decoded here and nowhere else.

Formats are opened by their own Pillow class instead of ``PIL.Image.open``, which would try
others, and warns or fails by ``Image.MAX_IMAGE_PIXELS``, a setting that belongs to the user's
session as the warning filters do. Neither is read for our limits, neither is changed.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from ..errors import DownloadError
from .media import Bare, orientation, sniff, without_metadata

if TYPE_CHECKING:
    import PIL.Image

MAX_BYTES = 64 * 1024 * 1024
"""Bytes of one file."""
MAX_PIXELS = 64 * 1024 * 1024
"""Width times height of one picture: 8192×8192 just passes."""

_CLASSES = {
    "image/png": ("PngImagePlugin", "PngImageFile"),
    "image/jpeg": ("JpegImagePlugin", "JpegImageFile"),
    "image/webp": ("WebPImagePlugin", "WebPImageFile"),
    "image/gif": ("GifImagePlugin", "GifImageFile"),
    "image/avif": ("AvifImagePlugin", "AvifImageFile"),
    "image/bmp": ("BmpImagePlugin", "BmpImageFile"),
    "image/tiff": ("TiffImagePlugin", "TiffImageFile"),
}
_TALKATIVE = frozenset({"image/avif", "image/tiff"})
_FETCH_AGAIN = "`%comet show ID` fetches it again while the link lives; or make it again"
_ASK_FOR_PNG = "Ask the model for another format, with `-p output_format=png`"


@dataclass(frozen=True)
class Picture:
    """A file whose header was read and found within the caps; pixels not decoded yet.

    Attributes
    ----------
    media_type : str
    bare : Bare
        The bytes without metadata.
    image : PIL.Image.Image
        As Pillow opened it, not loaded.
    orientation : int
        Exif's, 1 to 8, not applied yet.
    width, height : int
        Pixels as displayed.
    """

    media_type: str
    bare: Bare
    image: PIL.Image.Image
    orientation: int
    width: int
    height: int


def open_picture(data: bytes) -> Picture:
    """Reads the header of a picture.

    Raises
    ------
    DownloadError
        When it is no picture, of a format that cannot be decoded, too large, or damaged.
    """
    if len(data) > MAX_BYTES:
        raise DownloadError(
            f"the file has {len(data) / 2**20:.0f} MiB, more than the {MAX_BYTES / 2**20:.0f} "
            "that are decoded",
            "Ask the model for a smaller picture",
        )
    media_type = sniff(data)
    if media_type not in _CLASSES:
        raise _no_picture(data, media_type)
    bare = without_metadata(data, media_type)
    if not bare.whole:
        raise DownloadError(f"the {_format(media_type)} picture is cut short", _FETCH_AGAIN)
    image = _open(bare.data, media_type)
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise DownloadError(
            f"the picture claims {width}×{height} pixels, more than the "
            f"{MAX_PIXELS / 2**20:.0f} megapixels that are decoded",
            "Ask the model for a smaller picture",
        )
    # Pillow turns a TIFF by itself when it is loaded.
    turn = (
        1 if media_type == "image/tiff" else orientation(bare.exif or image.info.get("exif", b""))
    )
    if turn >= 5:
        width, height = height, width
    return Picture(media_type, bare, image, turn, width, height)


def load(picture: Picture, *, near: int | None = None) -> PIL.Image.Image:
    """Decodes the first frame, every byte of it, and turns it the right way up.

    Parameters
    ----------
    picture : Picture
    near : int, optional
        Pixels: a JPEG may come back reduced, with no side below this one unless it was
        before. Its data is read to the end all the same.

    Raises
    ------
    DownloadError
        When the data is damaged or cut short.
    """
    image, media_type = picture.image, picture.media_type
    if near is not None and media_type == "image/jpeg":
        image.draft(image.mode, (near, near))
    try:
        with _quiet(media_type):
            image.load()
    except Exception as error:  # noqa: BLE001 - see _open
        reason = _reason(error)
    else:
        return _turned(image, picture.orientation)
    raise DownloadError(f"the {_format(media_type)} picture is damaged ({reason})", _FETCH_AGAIN)


def to_srgb(image: PIL.Image.Image) -> PIL.Image.Image:
    """The picture in mode L, RGB or RGBA, 8 bits a channel, colours in sRGB, no metadata.

    RGBA comes back only where something is transparent.
    """
    alpha, profile = _alpha(image), image.info.get("icc_profile")
    if image.mode.startswith("I"):  # 16 bits; Pillow's own conversion to L may clip
        image = image.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    elif image.mode in ("1", "L", "LA", "La", "F"):
        image = image.convert("L")
    else:
        image = image if image.mode == "CMYK" else _to_rgb(image)
        image = _to_rgb(_by_profile(image, profile) if profile else image)
    if alpha is not None:
        image = image.convert("RGB")
        image.putalpha(alpha)
    plain = image.copy()
    plain.info = {}  # Pillow writes comments, profiles and transparency found there
    return plain


def _open(data: bytes, media_type: str) -> PIL.Image.Image:
    module, name = _CLASSES[media_type]
    try:
        with _quiet(media_type):
            image: PIL.Image.Image = getattr(import_module(f"PIL.{module}"), name)(io.BytesIO(data))
            return image
    except Exception as error:  # noqa: BLE001 - hostile bytes make decoders raise anything
        reason = _reason(error)
    raise DownloadError(f"the {_format(media_type)} picture is damaged ({reason})", _FETCH_AGAIN)


@contextmanager
def _quiet(media_type: str) -> Iterator[None]:
    # Pillow warns of odd tags in these two. The other formats had their metadata taken away
    # before, because warning filters belong to all threads of the process, and restoring them
    # here may undo what another thread set meanwhile.
    if media_type not in _TALKATIVE:
        yield
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _turned(image: PIL.Image.Image, turn: int) -> PIL.Image.Image:
    """The image as Exif's orientation wants it shown."""
    from PIL.Image import Transpose

    turns = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    if turn not in turns:
        return image
    turned = image.transpose(turns[turn])
    turned.info.pop("exif", None)  # it would have it turned once more
    return turned


def _alpha(image: PIL.Image.Image) -> PIL.Image.Image | None:
    """The alpha channel, None when everything is opaque."""
    may_have = image.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info
    if not may_have or image.mode.startswith("I"):
        return None
    alpha = image.convert("RGBA").getchannel("A")
    darkest, _ = alpha.getextrema()
    return None if darkest == 255 else alpha


def _to_rgb(image: PIL.Image.Image) -> PIL.Image.Image:
    if image.mode in ("P", "PA", "RGBa"):
        image = image.convert("RGBA")  # a palette with transparency has no direct way
    try:
        return image.convert("RGB")
    except ValueError:
        mode = image.mode
    raise DownloadError(f"colours of the kind {mode} cannot be shown", _ASK_FOR_PNG)


def _by_profile(image: PIL.Image.Image, profile: bytes) -> PIL.Image.Image:
    """The colours as the embedded profile means them; a broken profile is as good as none."""
    from PIL import ImageCms

    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        description: str = ImageCms.getProfileDescription(source)
        if "sRGB" in description:
            return image
        target = ImageCms.createProfile("sRGB")
        changed = ImageCms.profileToProfile(image, source, target, outputMode="RGB")
    except (ImageCms.PyCMSError, ImportError, OSError, TypeError, ValueError):
        return image
    return image if changed is None else changed


def _no_picture(data: bytes, media_type: str | None) -> DownloadError:
    if not data:
        return DownloadError("the file is empty", _FETCH_AGAIN)
    if media_type is not None and media_type.startswith("image/"):
        return DownloadError(f"a picture of type {media_type} cannot be shown here", _ASK_FOR_PNG)
    what = f"of type {media_type}" if media_type else "of an unknown type"
    return DownloadError(f"the file is {what}, not a picture", "Read it with `.read()`")


def _format(media_type: str) -> str:
    return media_type.removeprefix("image/")


def _reason(error: Exception) -> str:
    """What a decoder said, in one short line."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 120 else f"{text[:119]}…"
