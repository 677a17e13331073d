"""What a file is, told by its bytes alone; no decoding here, and no Pillow.

`sniff` names the media type. `without_metadata` takes a PNG or JPEG apart and puts it together
again without text, comments, Exif and XMP, the pixels untouched: what goes into a notebook is
read by strangers, and what goes to a decoder should hold nothing but the picture.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

_PREFIXES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"II+\x00", "image/tiff"),
    (b"MM\x00+", "image/tiff"),
    (b"\xff\x0a", "image/jxl"),
    (b"\x00\x00\x00\x0cJXL \r\n\x87\n", "image/jxl"),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "image/jp2"),
    (b"8BPS", "image/vnd.adobe.photoshop"),
    (b"\x00\x00\x01\x00", "image/vnd.microsoft.icon"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"PK\x05\x06", "application/zip"),
    (b"\x1f\x8b", "application/gzip"),
    (b"glTF", "model/gltf-binary"),
    (b"\x1aE\xdf\xa3", "video/webm"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"ID3", "audio/mpeg"),
)
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
_BRANDS = {
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"hevc": "image/heic",
    b"qt  ": "video/quicktime",
    b"M4A ": "audio/mp4",
}
_BMP_HEADERS = frozenset({12, 16, 40, 52, 56, 64, 108, 124})
_HTML_STARTS = (
    "<!doctype html",
    "<html",
    "<head",
    "<body",
    "<script",
    "<iframe",
    "<title",
)
_SUFFIXES = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "image/gif": ".gif",
    "image/avif": ".avif",
    "image/bmp": ".bmp",
    "image/tiff": ".tif",
    "image/jxl": ".jxl",
    "image/jp2": ".jp2",
    "image/heic": ".heic",
    "image/svg+xml": ".svg",
    "image/vnd.adobe.photoshop": ".psd",
    "image/vnd.microsoft.icon": ".ico",
    "application/pdf": ".pdf",
    "application/zip": ".zip",
    "application/gzip": ".gz",
    "application/json": ".json",
    "text/html": ".html",
    "text/plain": ".txt",
    "video/mp4": ".mp4",
    "video/webm": ".webm",
    "video/quicktime": ".mov",
    "video/x-msvideo": ".avi",
    "audio/mp4": ".m4a",
    "audio/mpeg": ".mp3",
    "audio/ogg": ".ogg",
    "audio/flac": ".flac",
    "audio/wav": ".wav",
    "model/gltf-binary": ".glb",
}
_KNOWN_SUFFIXES = frozenset({*_SUFFIXES.values(), ".bin", ".jpeg", ".jpe", ".tiff", ".htm"})


def sniff(data: bytes) -> str | None:
    """The media type that the first bytes tell; header and suffix are not asked.

    Parameters
    ----------
    data : bytes
        A whole file, or at least its first 4096 bytes.

    Returns
    -------
    str or None
        ``image/webp`` for example; also for what is no picture to show (``image/svg+xml``,
        ``text/html``, ``application/pdf``, ``video/mp4`` ...). None when nothing is known.
    """
    for prefix, media_type in _PREFIXES:
        if data.startswith(prefix):
            return media_type
    if data[:4] == b"RIFF":
        return _RIFF.get(data[8:12])
    if data[4:8] == b"ftyp":
        return _brand(data)
    if data[:2] == b"BM" and len(data) >= 18 and _u32le(data, 14) in _BMP_HEADERS:
        return "image/bmp"
    return _markup(data[:4096])


def suffix_of(media_type: str) -> str:
    """The usual file suffix, ``.bin`` for an unknown type."""
    return _SUFFIXES.get(media_type, ".bin")


def is_suffix(suffix: str) -> bool:
    """True for the suffix of a format known here: ``.webp`` is one, the ``.1`` of flux-1.1 not."""
    return suffix.lower() in _KNOWN_SUFFIXES


def _brand(data: bytes) -> str:
    """The kind of an ISO media file: the main brand, else the first known compatible one."""
    end = min(max(16, int.from_bytes(data[:4], "big")), 256)
    brands = [data[8:12], *(data[at : at + 4] for at in range(16, end, 4))]
    return next((_BRANDS[brand] for brand in brands if brand in _BRANDS), "video/mp4")


def _markup(head: bytes) -> str | None:
    wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = head.decode("utf-16" if wide else "utf-8-sig", "replace").lstrip().lower()
    if text.startswith(_HTML_STARTS):
        return "text/html"
    if text.startswith(("<?xml", "<svg", "<!doctype svg", "<!--")):
        if "<svg" in text:
            return "image/svg+xml"
        return "text/html" if "<html" in text else None
    return None


class Bare(NamedTuple):
    """A picture's bytes without metadata, and what is worth keeping of it.

    Attributes
    ----------
    data : bytes
        The same object that was given when there was nothing to take away.
    exif : bytes
        The Exif block, empty when there was none.
    whole : bool
        False when the end mark is missing: the file was cut short.
    """

    data: bytes
    exif: bytes = b""
    whole: bool = True


def without_metadata(data: bytes, media_type: str) -> Bare:
    """The picture without text, comments, Exif, XMP and further animation frames.

    Colour profiles stay. Formats other than PNG and JPEG come back as they are.
    """
    if media_type == "image/png":
        return _bare_png(data)
    if media_type == "image/jpeg":
        return _bare_jpeg(data)
    return Bare(data)


_PNG_KEPT = frozenset(
    (
        b"IHDR",
        b"PLTE",
        b"IDAT",
        b"IEND",
        b"tRNS",
        b"gAMA",
        b"cHRM",
        b"sRGB",
        b"iCCP",
        b"cICP",
    )
)


def _bare_png(data: bytes) -> Bare:
    kept, exif, whole = [data[:8]], b"", False
    for kind, start, end in _png_chunks(data):
        if kind in _PNG_KEPT:
            kept.append(data[start:end])
        elif kind == b"eXIf":
            exif = data[start + 8 : end - 4]
        if kind == b"IEND":
            whole = end <= len(data)
            break
    bare = b"".join(kept)
    return Bare(data if len(bare) == len(data) else bare, exif, whole)


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Name, start and end of each chunk; the last may end beyond the data."""
    at = 8
    while at + 8 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        yield data[at + 4 : at + 8], at, at + 12 + length
        at += 12 + length


def _bare_jpeg(data: bytes) -> Bare:
    kept, exif, at = [data[:2]], b"", 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
            continue
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == 0xDA:  # the scans follow; in them, FF D9 can only be the end
            break
        segment = data[at + 4 : end]
        if marker == 0xE1 and segment.startswith(b"Exif\x00") and not exif:
            exif = segment
        if _is_picture_segment(marker, segment):
            kept.append(data[at:end])
        at = end
    whole = data.find(b"\xff\xd9", at) != -1
    kept.append(data[at:])
    bare = b"".join(kept)
    return Bare(data if len(bare) == len(data) else bare, exif, whole)


def _is_picture_segment(marker: int, segment: bytes) -> bool:
    if marker == 0xE2:
        return segment.startswith(b"ICC_PROFILE\x00")
    is_application_data = 0xE1 <= marker <= 0xEF and marker != 0xEE  # EE: Adobe's colour transform
    return not (is_application_data or marker == 0xFE)


def orientation(exif: bytes) -> int:
    """The Exif orientation, 1 to 8; 1 when it is missing or the block is damaged."""
    block = exif[6:] if exif.startswith(b"Exif\x00") else exif
    order = {b"II": "<", b"MM": ">"}.get(block[:2])
    if order is None:
        return 1
    try:
        (start,) = struct.unpack_from(f"{order}I", block, 4)
        (count,) = struct.unpack_from(f"{order}H", block, start)
        for at in range(start + 2, start + 2 + 12 * count, 12):
            tag, _, _, value = struct.unpack_from(f"{order}HHIH", block, at)
            if tag == 0x0112:
                return value if 1 <= value <= 8 else 1
    except struct.error:
        return 1
    return 1


def _u32le(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4], "little")
