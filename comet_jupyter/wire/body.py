"""The body of an answer, taken in piece by piece and never more than its limit."""

from __future__ import annotations

import zlib


class BodyError(Exception):
    """The body is damaged, or compressed in a way we did not ask for."""


class TooLargeError(BodyError):
    """The body is larger than its limit; asking again would not make it smaller."""


class Body:
    """Collects a body; `data` is what has come so far, decompressed.

    Parameters
    ----------
    encoding : str
        The ``Content-Encoding``; we ask for none, some servers compress all the same.
    limit : int
        Bytes, after decompression: a bomb stops here too.

    Raises
    ------
    BodyError
        For an encoding other than gzip and deflate.
    """

    def __init__(self, encoding: str, limit: int) -> None:
        self.data = bytearray()
        self._limit = limit
        self._inflate: zlib._Decompress | None = None
        self._is_deflate = False
        encoding = encoding.strip().lower()
        if encoding in ("gzip", "x-gzip"):
            self._inflate = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        elif encoding == "deflate":
            self._is_deflate = True
        elif encoding not in ("", "identity"):
            raise BodyError(f"compressed as {encoding[:40]!r}, which was not asked for")

    def add(self, piece: bytes) -> None:
        """Takes the next bytes off the wire."""
        if self._is_deflate and self._inflate is None and piece:
            # "deflate" means zlib's format (RFC 9110), and some servers send it without header.
            is_zlib = piece[0] & 0x0F == 8
            self._inflate = zlib.decompressobj(zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS)
        room = self._limit - len(self.data)
        if self._inflate is not None:
            try:
                piece = self._inflate.decompress(piece, room + 1)
            except zlib.error:
                piece, is_damaged = b"", True
            else:
                is_damaged = False
            if is_damaged:
                raise BodyError("its compression is damaged")
        self.data += piece[:room]
        if len(piece) > room:
            raise TooLargeError(f"larger than {self._limit:,} bytes")

    def end(self) -> None:
        """Checks that nothing is missing."""
        if self._inflate is not None and not self._inflate.eof:
            raise BodyError("its compression breaks off")
