"""What a picture file says of its making: the texts of other tools and our own, read under caps.

Such files come from anybody: nothing here is believed, only found. What the texts mean is not
decided here.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from ..errors import DownloadError, InputError
from . import exif
from .containers import APP1, Piece, jpeg_segments, png_chunks, webp_chunks
from .embedded import NOTE, PARAMETERS
from .media import sniff
from .picture import MAX_BYTES, open_picture

LONGEST_TEXT = exif.LONGEST
"""Bytes of one text, unpacked."""

_MOST_TEXTS = 64
_NAMES = (NOTE, PARAMETERS, "prompt", "workflow", "software")
_NAMED = re.compile(rf"({NOTE}|prompt|workflow)\s*:\s*(?=\{{)", re.IGNORECASE)
_SETTINGS = re.compile(r"\bSteps: \d")


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a file says of itself, and the plain facts of it.

    Attributes
    ----------
    media_type : str
    size : int
        Bytes.
    width, height : int or None
        Pixels as displayed; None when the picture is damaged.
    texts : mapping of str to str
        By name: ``comet`` (ours, JSON), ``parameters`` (the web UIs), ``prompt`` and
        ``workflow`` (ComfyUI, JSON), ``software``. As they stand in the file.
    too_large : bool
        True when a text was left unread because it is over `LONGEST_TEXT`.
    """

    media_type: str
    size: int
    width: int | None = None
    height: int | None = None
    texts: Mapping[str, str] = field(default_factory=dict)
    too_large: bool = False


def read_metadata(data: bytes) -> Metadata:
    """What is written into a picture file about how it was made.

    Parameters
    ----------
    data : bytes
        A whole file of any origin.

    Raises
    ------
    InputError
        When it is no picture, or too large.
    """
    if len(data) > MAX_BYTES:
        raise InputError(
            f"the file has {len(data) / 2**20:.0f} MiB, more than the {MAX_BYTES // 2**20} that "
            "are read",
            "Give a picture",
        )
    media_type = sniff(data)
    if media_type is None or not media_type.startswith("image/"):
        what = f"of type {media_type}" if media_type else "of an unknown type"
        raise InputError(
            f"the file is {what if data else 'empty'}, not a picture",
            "Give a PNG, JPEG or WebP file",
        )
    width: int | None = None
    height: int | None = None
    block = b""
    try:
        picture = open_picture(data)
    except DownloadError:  # what is written in it may be whole all the same
        pass
    else:
        width, height = picture.width, picture.height
        held = picture.image.info.get("exif", b"")
        block = held if isinstance(held, bytes) else b""
    found = _Found()
    if media_type == "image/png":
        found.take_png(data)
    else:
        found.take_exif(_exif_block(data, media_type) or block)
    texts = MappingProxyType({name: found.texts[name] for name in _NAMES if name in found.texts})
    return Metadata(media_type, len(data), width, height, texts, found.too_large)


def _exif_block(data: bytes, media_type: str) -> bytes:
    """The Exif of a JPEG or WebP, also of one that cannot be shown."""
    if media_type == "image/jpeg":
        contents = (one.content for one in jpeg_segments(data) if one.kind == APP1)
        return next((one for one in contents if one.startswith(exif.PREFIX)), b"")
    chunks = webp_chunks(data) if media_type == "image/webp" else iter(())
    return next((one.content for one in chunks if one.kind == b"EXIF"), b"")


class _Found:
    """The texts of a file; the first of a name counts."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.too_large = False

    def take(self, name: str, text: str) -> None:
        if text.strip("\x00 \r\n\t"):
            self.texts.setdefault(name.lower(), text)

    def take_exif(self, block: bytes) -> None:
        """The tags in which tools write: a text each, or ``name:{...}`` as ComfyUI does."""
        tags = exif.texts(block)
        self.take(PARAMETERS, exif.comment_text(tags.pop(exif.USER_COMMENT, b"")))
        for number, value in tags.items():
            text = exif.plain_text(value)
            named = _NAMED.match(text)
            if named:
                self.take(named[1], text[named.end() :])
            elif number == exif.SOFTWARE:
                self.take("software", text)
            elif number == exif.IMAGE_DESCRIPTION and _SETTINGS.search(text):
                self.take(PARAMETERS, text)

    def take_png(self, data: bytes) -> None:
        texts = (one for one in png_chunks(data) if one.kind in _READERS)
        for _, chunk in zip(range(_MOST_TEXTS), texts, strict=False):
            for name, packed, is_packed in _READERS[chunk.kind](chunk):
                if name.lower() in _NAMES:
                    self._take_bytes(name, packed, is_packed)
            if chunk.kind == b"eXIf":
                self.take_exif(chunk.content)

    def _take_bytes(self, name: str, packed: bytes, is_packed: bool) -> None:
        text = _unpacked(packed) if is_packed else packed
        if text is None or len(text) > LONGEST_TEXT:
            self.too_large = text is not None or self.too_large
            return
        self.take(name, exif.plain_text(text))


_Text = tuple[str, bytes, bool]
"""A name, its text, and whether this is compressed."""


def _plain(chunk: Piece) -> Iterator[_Text]:
    """``tEXt``, and the ``comf`` of ComfyUI's animations, which is the same by another name."""
    name, _, text = chunk.content.partition(b"\x00")
    yield name.decode("latin-1"), text, False


def _compressed(chunk: Piece) -> Iterator[_Text]:
    name, _, rest = chunk.content.partition(b"\x00")
    if rest[:1] == b"\x00":  # deflate, the only method there is
        yield name.decode("latin-1"), rest[1:], True


def _international(chunk: Piece) -> Iterator[_Text]:
    name, _, rest = chunk.content.partition(b"\x00")
    parts = rest[2:].split(b"\x00", 2)  # language, translated name, text
    if len(parts) == 3:
        yield name.decode("latin-1"), parts[2], rest[:1] == b"\x01"


def _none(chunk: Piece) -> Iterator[_Text]:
    yield from ()


_READERS = {
    b"tEXt": _plain,
    b"comf": _plain,
    b"zTXt": _compressed,
    b"iTXt": _international,
    b"eXIf": _none,
}


def _unpacked(packed: bytes) -> bytes | None:
    """At most one byte more than is allowed, however much would come; None for no deflate."""
    try:
        return zlib.decompressobj().decompress(packed, LONGEST_TEXT + 1)
    except zlib.error:
        return None
