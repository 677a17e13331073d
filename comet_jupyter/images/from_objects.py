"""Objects of other libraries as picture files, to be given to a model: what people have in hand.

Pillow images, numpy arrays and what becomes one, matplotlib figures, bytes. Only Pillow is
imported; numpy and matplotlib are known by what their objects can do. A file stays as it is
unless it is to be made smaller. Where a picture is kept, and which of our own results or which
path is meant, is in ``engine/input_pictures.py``.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from ..errors import DownloadError, InputError
from .media import Bare, orientation
from .picture import MAX_PIXELS, Picture, load, open_picture, to_srgb
from .previews import encode_jpeg, encode_png

if TYPE_CHECKING:
    from typing import TypeGuard

    import PIL.Image

QUALITY = 90
"""Of a JPEG or WebP that was made smaller."""

_PLAIN = (str, int, float, complex, list, tuple, dict, type, type(None))
_MODES = {1: "L", 3: "RGB", 4: "RGBA"}
_WHITE = {"b1": 1, "u1": 255, "u2": 65535, "f2": 1, "f4": 1, "f8": 1, "f12": 1, "f16": 1}
"""The value that stands for full brightness, by kind and bytes of a number."""


def is_picture(value: object) -> bool:
    """True for an object that `to_file` is made for; whether it succeeds is not said.

    Numbers of numpy are none, although they can be turned into arrays.
    """
    if isinstance(value, _PLAIN):
        return False
    if isinstance(value, (bytes, bytearray, memoryview)) or _is_pil(value):
        return True
    return _figure(value) is not None or (_is_array(value) and getattr(value, "shape", None) != ())


def to_file(value: object) -> bytes:
    r"""An object as the bytes of a picture file.

    Parameters
    ----------
    value : object
        ``bytes``, ``bytearray`` or ``memoryview``: a whole file, as it is. A Pillow image of any
        mode, turned as its Exif says. An array of shape (height, width) or (height, width,
        channels) with 1, 3 or 4 channels of type uint8, uint16, bool or float from 0 to 1, or
        anything with ``__array__``. A matplotlib figure at its own dpi, or anything that
        belongs to one, such as its axes.

    Returns
    -------
    bytes
        Of everything but bytes a PNG in sRGB with 8 bits a channel and without metadata: equal
        pixels give equal bytes, with the same version of Pillow.

    Raises
    ------
    InputError
        When it is something else, or no picture can be made of it.

    Examples
    --------
    >>> to_file(PIL.Image.new("RGB", (2, 2)))[:4]
    b'\x89PNG'
    """
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    if not is_picture(value):
        raise _no_picture(value)
    if _is_pil(value):
        return _of_pil(value)
    figure = _figure(value)
    return _of_array(value) if figure is None else _of_figure(figure)


def smaller(data: bytes, longest: int) -> bytes:
    """A picture file whose longer side has at most so many pixels.

    Parameters
    ----------
    data : bytes
        A whole file.
    longest : int
        Pixels, at least 1.

    Returns
    -------
    bytes
        The given file itself when it is small enough. Else one without metadata, turned as
        Exif says, in sRGB: JPEG stays JPEG, WebP stays WebP (AVIF becomes one), all others
        become PNG. Of an animation the first frame.

    Raises
    ------
    DownloadError
        When it is no picture, too large to be decoded, or damaged.
    """
    from PIL.Image import Resampling

    picture = open_picture(data)
    side = max(picture.width, picture.height)
    if side <= longest:
        return data
    # A JPEG may be read at a half, a quarter ...: twice the size leaves the filter its work.
    image = to_srgb(load(picture, near=2 * longest))
    width, height = (max(1, round(n * longest / side)) for n in (picture.width, picture.height))
    image = image.resize((width, height), Resampling.LANCZOS, reducing_gap=3.0)
    if picture.media_type == "image/jpeg":
        return encode_jpeg(image, QUALITY, full_chroma=False)
    if picture.media_type in ("image/webp", "image/avif"):
        file = io.BytesIO()
        image.save(file, "WEBP", quality=QUALITY, lossless=b"VP8L" in data[12:64])
        return file.getvalue()
    return encode_png(image)


# -- Pillow -----------------------------------------------------------------------------


def _is_pil(value: object) -> TypeGuard[PIL.Image.Image]:
    from PIL.Image import Image

    return isinstance(value, Image)


def _of_pil(image: PIL.Image.Image) -> bytes:
    _check_size(*image.size)
    try:
        turned = _loaded(image, 1)
        exif = image.info.get("exif")  # a PNG may have it behind its pixels
        if isinstance(exif, bytes):
            turned = _loaded(image, orientation(exif))
        return encode_png(to_srgb(_as_meant(turned)))
    except DownloadError as error:
        cause = error.cause
    raise InputError(f"this PIL image cannot be used: {cause}", "Open its file again")


def _loaded(image: PIL.Image.Image, turn: int) -> PIL.Image.Image:
    kind = f"image/{(image.format or 'PIL').lower()}"
    return load(Picture(kind, Bare(b""), image, turn, *image.size))


def _as_meant(image: PIL.Image.Image) -> PIL.Image.Image:
    """The image in a mode that becomes 8 bits without a loss that nobody meant."""
    if image.mode == "La":
        return image.convert("LA")
    if image.mode != "F":
        return image
    low, high = _extremes(image)
    if low >= 0 and high <= 1:  # as arrays have it; above, as Pillow's own conversion gives it
        return image.point(lambda value: value * 255 + 0)
    if low >= 0 and high <= 255:
        return image
    raise InputError(
        f"a PIL image of mode F has values from 0 to 1 or to 255, and this one {low:g} to {high:g}",
        "Scale them first",
    )


def _extremes(image: PIL.Image.Image) -> tuple[float, float]:
    extremes: Any = image.getextrema()
    return float(extremes[0]), float(extremes[1])


def _check_size(width: int, height: int) -> None:
    if not width or not height:
        raise InputError(f"a picture of {width}×{height} pixels is empty", "Give another one")
    if width * height > MAX_PIXELS:
        raise InputError(
            f"a picture of {width}×{height} pixels has more than the "
            f"{MAX_PIXELS / 2**20:.0f} megapixels that are taken",
            "Make it smaller first",
        )


# -- arrays -----------------------------------------------------------------------------


def _is_array(value: object) -> bool:
    return hasattr(type(value), "__array__")


def _of_array(value: Any) -> bytes:
    if hasattr(type(value), "columns"):  # of pandas or polars: numbers that are no pixels
        raise InputError(f"{_kind(value)} is a table, not a picture", "Give table.to_numpy()")
    try:
        array = value.__array__()
    except Exception as error:  # noqa: BLE001 - any library's own: on a GPU, needs gradients ...
        reason = " ".join(str(error).split())[:160] or type(error).__name__
    else:
        return _of_numpy(array)
    raise InputError(
        f"{_kind(value)} cannot be read as an array: {reason}",
        "Give an array of numpy; of a tensor, tensor.detach().cpu().numpy()",
    )


def _of_numpy(array: Any) -> bytes:
    from PIL import Image

    code = f"{array.dtype.kind}{array.dtype.itemsize}"
    if code not in _WHITE:
        raise InputError(
            f"an array of {array.dtype} is no picture; taken are uint8, uint16, bool, and float "
            "from 0 to 1",
            "Convert it, for example with array.astype('uint8')",
        )
    shape = tuple(array.shape)
    if len(shape) not in (2, 3) or (len(shape) == 3 and shape[2] not in _MODES):
        raise InputError(
            f"an array of shape {shape} is no picture; taken are (height, width) and (height, "
            "width, channels) with 1, 3 or 4 channels",
            _shape_remedy(shape),
        )
    height, width, channels = (*shape, 1)[:3]
    _check_size(width, height)
    if code != "u1":
        array = _in_bytes(array, _WHITE[code])
    image = Image.frombytes(_MODES[channels], (width, height), array.tobytes())
    return encode_png(to_srgb(image))


def _shape_remedy(shape: tuple[int, ...]) -> str:
    if len(shape) == 3 and shape[0] in _MODES:
        return "Put the channels last: array.transpose(1, 2, 0), of a tensor permute(1, 2, 0)"
    if len(shape) == 4:
        return "Give one picture of it, such as array[0]"
    return "Give such an array"


def _in_bytes(array: Any, white: int) -> Any:
    """The array as uint8, `white` as 255."""
    low, high, half_a_level = float(array.min()), float(array.max()), white / 510
    # What is rounded to a level is one: 1.0000001 comes from arithmetic. NaN compares as False.
    if low >= -half_a_level and high < white + half_a_level:
        return (array * (255 / white)).round().clip(0, 255).astype("uint8")
    raise InputError(
        f"an array of {array.dtype} has values from 0 to 1, and this one {low:g} to {high:g}",
        "Write array / 255" if low >= 0 and 1 < high <= 255 else "Scale them first",
    )


# -- figures and all others -------------------------------------------------------------


def _figure(value: Any) -> Any:
    """The matplotlib figure that an object is, or belongs to; None for any other object."""
    for _ in range(4):  # axes stand in a part of a figure, which may stand in another part
        if value is None or callable(getattr(type(value), "savefig", None)):
            return value
        value = getattr(value, "figure", None)
    return None


def _of_figure(figure: Any) -> bytes:
    file = io.BytesIO()
    try:
        figure.savefig(file, format="png", dpi="figure")
        # Decoded, since the file says which matplotlib made it, and each pixel has an alpha.
        return encode_png(to_srgb(load(open_picture(file.getvalue()))))
    except Exception as error:  # noqa: BLE001 - whatever drawing the user's figure may raise
        reason = " ".join(str(error).split())[:160] or type(error).__name__
    raise InputError(f"this figure cannot be drawn: {reason}", "Show it in a cell of its own first")


def _no_picture(value: object) -> InputError:
    if isinstance(value, (list, tuple)):
        return InputError(f"{_kind(value)} is not one picture", "Give its pictures one by one")
    if hasattr(value, "read"):
        return InputError(f"{_kind(value)} is an open file, not a picture", "Give its .read()")
    return InputError(
        f"{_kind(value)} is no picture",
        "Give a path, a URL, bytes, a PIL image, a numpy array, a matplotlib figure or an "
        "earlier result",
    )


def _kind(value: object) -> str:
    name = type(value).__name__
    return "None" if value is None else f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"
