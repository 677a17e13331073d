"""Texts put into PNG, JPEG and WebP files, between the pieces that are there.

The compressed pixels are copied as they are, and so is every other piece: profiles, Exif tags,
texts. A file that is damaged, or signed as a whole, is left alone. What the texts say is in
``provenance.py``.
"""

from __future__ import annotations

import zlib

from . import exif
from .containers import (
    APP0,
    APP1,
    APP2,
    APP11,
    START_OF_SCAN,
    Piece,
    jpeg_segments,
    png_chunks,
    webp_chunks,
    webp_end,
)

NOTE, PARAMETERS = "comet", "parameters"
"""Our own text, in JSON, and the one that the web UIs agree on."""

_TEXT_CHUNKS = frozenset({b"tEXt", b"zTXt", b"iTXt"})
_PIXELS = frozenset({b"VP8 ", b"VP8L", b"ANMF"})
_HAS_ALPHA, _HAS_EXIF = 0x10, 0x08
_LARGEST_SEGMENT = 0xFFFF


def embedded(data: bytes, media_type: str, note: str, parameters: str) -> bytes | None:
    """The file with both texts; its pixels and all that it holds are unchanged.

    A PNG gets ``comet`` as iTXt, and ``parameters`` as tEXt where it is Latin-1, else as iTXt.
    In JPEG and WebP both are in Exif: the parameters in UserComment, where the web UIs have
    them, ours in MakerNote, which is meant for whatever the writing program has to say, is
    shown by no gallery as a title, and by exiftool as the text that it is.

    Parameters
    ----------
    data : bytes
        A whole file.
    media_type : str
        As `sniff` names it.
    note : str
        ASCII.
    parameters : str
        Left out when empty, and where the file has such a text already.

    Returns
    -------
    bytes or None
        None when nothing was added: another format, not enough room, a damaged structure, or
        Content Credentials (C2PA), whose signature counts every byte.
    """
    if media_type == "image/png":
        return _in_png(data, note, parameters)
    tags = {exif.MAKER_NOTE: f"{NOTE}:{note}".encode("ascii", "replace")}
    if parameters:
        tags[exif.USER_COMMENT] = exif.comment(parameters)
    if media_type == "image/jpeg":
        return _in_jpeg(data, tags)
    if media_type == "image/webp":
        return _in_webp(data, tags)
    return None


# -- PNG ----------------------------------------------------------------------------


def _in_png(data: bytes, note: str, parameters: str) -> bytes | None:
    chunks = list(png_chunks(data))
    kinds = [chunk.kind for chunk in chunks]
    if kinds[:1] != [b"IHDR"] or kinds[-1] != b"IEND" or b"caBX" in kinds:
        return None
    names = {c.content.partition(b"\x00")[0] for c in chunks if c.kind in _TEXT_CHUNKS}
    added = _international(NOTE, note)
    if parameters and PARAMETERS.encode() not in names:
        added += _text(PARAMETERS, parameters)
    # Before the pixels: Pillow does not read texts behind them before it decodes.
    place = chunks[0].end
    return data[:place] + added + data[place:]


def _text(keyword: str, text: str) -> bytes:
    """A text in Latin-1 where it can be, and where nobody would take that for UTF-8."""
    try:
        latin = text.encode("latin-1")
    except UnicodeEncodeError:
        return _international(keyword, text)
    if exif.plain_text(latin) != text:
        return _international(keyword, text)
    return _png_chunk(b"tEXt", keyword.encode() + b"\x00" + latin)


def _international(keyword: str, text: str) -> bytes:
    """A text in UTF-8, not compressed, with no language and no translated keyword."""
    return _png_chunk(b"iTXt", keyword.encode() + bytes(5) + text.encode("utf-8", "replace"))


def _png_chunk(kind: bytes, content: bytes) -> bytes:
    check = zlib.crc32(kind + content).to_bytes(4, "big")
    return len(content).to_bytes(4, "big") + kind + content + check


# -- JPEG ---------------------------------------------------------------------------


def _in_jpeg(data: bytes, tags: dict[int, bytes]) -> bytes | None:
    segments = list(jpeg_segments(data))
    if not segments or segments[-1].kind != START_OF_SCAN or any(map(_counts_bytes, segments)):
        return None
    old = next((one for one in segments if _is_exif(one)), None)
    block = exif.with_texts(old.content[len(exif.PREFIX) :] if old else b"", tags)
    content = exif.PREFIX + (block or b"")
    length = len(content) + 2
    if block is None or length > _LARGEST_SEGMENT:
        return None
    new = b"\xff" + APP1 + length.to_bytes(2, "big") + content
    start = end = 2  # JFIF has to come first where it is there
    for one in segments:
        if one.kind != APP0:
            break
        start = end = one.end
    if old:
        start, end = old.start, old.end
    return data[:start] + new + data[end:]


def _is_exif(segment: Piece) -> bool:
    return segment.kind == APP1 and segment.content.startswith(exif.PREFIX)


def _counts_bytes(segment: Piece) -> bool:
    """True for a segment that says how long the file is, or signs it: MPF and C2PA."""
    is_mpf = segment.kind == APP2 and segment.content.startswith(b"MPF\x00")
    return is_mpf or (segment.kind == APP11 and segment.content.startswith(b"JP"))


# -- WebP ---------------------------------------------------------------------------


def _in_webp(data: bytes, tags: dict[int, bytes]) -> bytes | None:
    chunks, end = list(webp_chunks(data)), webp_end(data)
    if not chunks or chunks[-1].end + chunks[-1].end % 2 != end:
        return None
    header = _extended_header(chunks[0])
    first = chunks[1].start if chunks[0].kind == b"VP8X" and len(chunks) > 1 else 12
    by_kind = {chunk.kind: chunk for chunk in reversed(chunks)}
    if header is None or b"C2PA" in by_kind or not _PIXELS & by_kind.keys():
        return None
    old = by_kind.get(b"EXIF")
    held = old.content.removeprefix(exif.PREFIX) if old else b""
    block = exif.with_texts(held, tags)
    if block is None or len(block) > _LARGEST_SEGMENT:  # no limit here, but when it is converted
        return None
    place, behind = end, end
    if old:
        place, behind = old.start, old.end + old.end % 2
    elif b"XMP " in by_kind:  # the order that the format asks for
        place = behind = by_kind[b"XMP "].start
    body = b"".join(
        (
            b"WEBP",
            _webp_chunk(b"VP8X", header),
            data[first:place],
            _webp_chunk(b"EXIF", block),
            data[behind:end],
        )
    )
    return b"RIFF" + len(body).to_bytes(4, "little") + body + data[end:]


def _extended_header(first: Piece) -> bytes | None:
    """The content of VP8X that says there is Exif: the file's own, or a new one."""
    held = first.content
    if first.kind == b"VP8X" and len(held) == 10:
        return bytes([held[0] | _HAS_EXIF]) + held[1:]
    if first.kind == b"VP8 " and held[3:6] == b"\x9d\x01\x2a" and len(held) >= 10:
        width = int.from_bytes(held[6:8], "little") & 0x3FFF
        height = int.from_bytes(held[8:10], "little") & 0x3FFF
        return _new_header(_HAS_EXIF, width, height)
    if first.kind == b"VP8L" and held[:1] == b"\x2f" and len(held) >= 5:
        bits = int.from_bytes(held[1:5], "little")
        flags = _HAS_EXIF | (_HAS_ALPHA if bits >> 28 & 1 else 0)
        return _new_header(flags, (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    return None


def _new_header(flags: int, width: int, height: int) -> bytes | None:
    if not width or not height:
        return None
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return bytes([flags, 0, 0, 0]) + sides


def _webp_chunk(kind: bytes, content: bytes) -> bytes:
    padding = bytes(len(content) % 2)
    return kind + len(content).to_bytes(4, "little") + content + padding
