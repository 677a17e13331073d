"""The pieces that PNG, JPEG and WebP files are made of: walked, never decoded.

A piece that the file has not whole ends the walk, so that whoever looks for the last one knows a
damaged file. What is written into a file is in ``embedded.py``, what is read in ``metadata.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

APP0, APP1, APP2, APP11, START_OF_SCAN = b"\xe0", b"\xe1", b"\xe2", b"\xeb", b"\xda"

_MOST_PIECES = 100_000
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


class Piece(NamedTuple):
    """A chunk or segment: its kind, where it lies in the file, and its content."""

    kind: bytes
    start: int
    end: int
    content: bytes


def png_chunks(data: bytes) -> Iterator[Piece]:
    """The chunks of a PNG, up to and with IEND; only small ones and texts have a content."""
    at = len(_PNG_SIGNATURE)
    for _ in range(_MOST_PIECES if data.startswith(_PNG_SIGNATURE) else 0):
        kind, end = data[at + 4 : at + 8], at + 12 + int.from_bytes(data[at : at + 4], "big")
        if len(kind) < 4 or end > len(data):
            return
        yield Piece(kind, at, end, b"" if kind == b"IDAT" else data[at + 8 : end - 4])
        if kind == b"IEND":
            return
        at = end


def jpeg_segments(data: bytes) -> Iterator[Piece]:
    """The segments of a JPEG, up to and with the header of the first scan, by their marker."""
    at = 2
    for _ in range(_MOST_PIECES if data.startswith(b"\xff\xd8") else 0):
        while data[at : at + 2] == b"\xff\xff":  # bytes that only fill
            at += 1
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if data[at : at + 1] != b"\xff" or end < at + 4 or end > len(data):
            return
        kind = data[at + 1 : at + 2]
        yield Piece(kind, at, end, data[at + 4 : end])
        if kind == START_OF_SCAN:
            return
        at = end


def webp_chunks(data: bytes) -> Iterator[Piece]:
    """The chunks of a WebP; their end is without the byte that makes their length even."""
    at, last = 12, webp_end(data)
    for _ in range(_MOST_PIECES):
        end = at + 8 + int.from_bytes(data[at + 4 : at + 8], "little")
        if at + 8 > last or end > last:
            return
        yield Piece(data[at : at + 4], at, end, data[at + 8 : end])
        at = end + end % 2


def webp_end(data: bytes) -> int:
    """Where a WebP ends by its own header, 0 for one that was cut short."""
    end = 8 + int.from_bytes(data[4:8], "little")
    is_whole = data[:4] == b"RIFF" and data[8:12] == b"WEBP" and end <= len(data)
    return end if is_whole else 0
