"""Output files that are no drawings: what a careless client would take for a picture."""

from __future__ import annotations

import base64
import struct
import zlib

__all__ = ["MP4", "SVG", "WEB_PAGE", "tiny_png", "tiny_png_uri"]

# a whole, playable-looking file: brand box, then an empty media box
MP4 = struct.pack(">I", 24) + b"ftypisom\x00\x00\x02\x00isomiso2" + struct.pack(">I", 8) + b"mdat"

SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64">'
    b'<script>document.title = "a script ran"</script>'
    b'<circle cx="32" cy="32" r="28" fill="#e07a5f"/></svg>'
)

WEB_PAGE = b"<!doctype html><title>Not here</title><p>This is a web page, not a picture.</p>"


def tiny_png(seed: int) -> bytes:
    """A picture of 16 by 16 pixels in one colour, made without an imaging library."""
    colour = bytes((seed * factor + 90) % 166 + 90 for factor in (7, 13, 29))
    rows = b"".join(b"\x00" + colour * 16 for _ in range(16))

    def chunk(name: bytes, data: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(name + data))
        return struct.pack(">I", len(data)) + name + data + checksum

    header = struct.pack(">IIBBBBB", 16, 16, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def tiny_png_uri(seed: int) -> str:
    """The same as a ``data:`` URI."""
    return "data:image/png;base64," + base64.b64encode(tiny_png(seed)).decode("ascii")
