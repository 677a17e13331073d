"""Exif blocks: texts read from one, and texts added without touching what it holds.

A block is a small TIFF file: numbered tags in directories that are found by their offset. What
is added goes behind the last byte, so that every offset stays right, also those inside a maker's
note, which nobody but the maker knows. Which file holds the block is in ``embedded.py``.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from typing import NamedTuple

IMAGE_DESCRIPTION, MAKE, MODEL, SOFTWARE = 0x010E, 0x010F, 0x0110, 0x0131
MAKER_NOTE, USER_COMMENT = 0x927C, 0x9286

LONGEST = 1_000_000
"""Bytes of a value that is read."""

PREFIX = b"Exif\x00\x00"
"""Before the block in a JPEG, and with some writers elsewhere."""

_EXIF, _EXIF_VERSION = 0x8769, 0x9000
_LONG, _UNDEFINED = 4, 7
_TEXT_TYPES = frozenset({1, 2, _UNDEFINED, 129})
"""BYTE, ASCII, UNDEFINED and the UTF-8 of Exif 3.0: a byte each."""
_MOST_TAGS = 1_000
_MARKS = ("\ufeff", "\ufffe")
_EMPTY = b"MM\x00*\x00\x00\x00\x08" + bytes(6)
"""A block with a directory of no tags and no next one."""


class _Tag(NamedTuple):
    """One entry of a directory; `value` is where its value, or the offset of it, stands."""

    number: int
    type: int
    length: int
    value: int


def texts(block: bytes) -> dict[int, bytes]:
    """The values of tags that may hold text, by number; what is damaged is left out.

    Parameters
    ----------
    block : bytes
        With or without the ``Exif`` prefix; anything at all.
    """
    block = block[len(PREFIX) :] if block.startswith(PREFIX) else block
    order = _order(block)
    if order is None:
        return {}
    found: dict[int, bytes] = {}
    pointer = 0
    for tag in _directory(block, order, _u32(block, order, 4)):
        if tag.number == _EXIF:
            pointer = _u32(block, order, tag.value)
        _take(found, block, order, tag)
    for tag in _directory(block, order, pointer) if pointer else ():
        _take(found, block, order, tag)
    return found


def with_texts(block: bytes, added: Mapping[int, bytes]) -> bytes | None:
    """The block with further tags of type UNDEFINED in its Exif directory.

    Parameters
    ----------
    block : bytes
        Without prefix; empty for a new one.
    added : mapping of int to bytes
        A tag that the block has already stays as it is.

    Returns
    -------
    bytes or None
        None when the block is damaged, or has all these tags: nothing is to be done.
    """
    block = block or _EMPTY
    order = _order(block)
    if order is None:
        return None
    try:
        main = list(_directory(block, order, _u32(block, order, 4), strict=True))
        pointer = next((tag for tag in main if tag.number == _EXIF), None)
        start = _u32(block, order, pointer.value) if pointer else 0
        old = list(_directory(block, order, start, strict=True)) if start else []
        after = _next(block, order, start, len(old)) if start else 0
    except struct.error:
        return None
    known = {tag.number for tag in old}
    new = {number: value for number, value in added.items() if number not in known}
    if not new:
        return None
    if not old:
        new[_EXIF_VERSION] = b"0232"
    whole = bytearray(block)
    entries = {tag.number: bytes(block[tag.value - 8 : tag.value + 4]) for tag in old}
    for number, value in new.items():
        held = value if len(value) <= 4 else struct.pack(f"{order}I", _append(whole, value))
        head = struct.pack(f"{order}HHI", number, _UNDEFINED, len(value))
        entries[number] = head + held.ljust(4, b"\x00")
    place = struct.pack(f"{order}I", _append(whole, _packed(order, entries, after)))
    if pointer:
        whole[pointer.value : pointer.value + 4] = place
        return bytes(whole)
    entries = {tag.number: bytes(block[tag.value - 8 : tag.value + 4]) for tag in main}
    entries[_EXIF] = struct.pack(f"{order}HHI", _EXIF, _LONG, 1) + place
    after = _next(block, order, _u32(block, order, 4), len(main))
    whole[4:8] = struct.pack(f"{order}I", _append(whole, _packed(order, entries, after)))
    return bytes(whole)


def comment(text: str) -> bytes:
    """A text as the value of UserComment, in the form that the web UIs write and read.

    They take UTF-16 as big-endian, whatever the byte order of the block.
    """
    if text[:1] in _MARKS:  # else it would be read as the mark of the byte order
        text = "\ufeff" + text
    return b"UNICODE\x00" + text.encode("utf-16-be", "replace")


def comment_text(value: bytes) -> str:
    """The text of a UserComment: its first 8 bytes name the encoding."""
    code, rest = value[:8], value[8:]
    if code == b"UNICODE\x00":
        return _utf16(rest)
    if code in (b"ASCII\x00\x00\x00", bytes(8)):
        return plain_text(rest)
    return plain_text(value)


def plain_text(value: bytes) -> str:
    """The text of bytes that should be ASCII, and are UTF-8 or Latin-1 at times."""
    value = value.rstrip(b"\x00")
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _utf16(data: bytes) -> str:
    """UTF-16 in the order that it says, else in the one that gives ``Name: value``."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace").rstrip("\x00")
    big, little = (
        data.decode(f"utf-16-{order}", "replace").rstrip("\x00") for order in ("be", "le")
    )
    if ": " in big or ": " in little:
        return big if ": " in big else little
    # Of Latin letters, every other byte is zero.
    return little if data[1::2].count(0) > data[0::2].count(0) else big


def _take(found: dict[int, bytes], block: bytes, order: str, tag: _Tag) -> None:
    if tag.type not in _TEXT_TYPES or tag.length > LONGEST:
        return
    start = tag.value if tag.length <= 4 else _u32(block, order, tag.value)
    value = block[start : start + tag.length]
    if len(value) == tag.length:
        found.setdefault(tag.number, value)


def _directory(block: bytes, order: str, start: int, *, strict: bool = False) -> Iterator[_Tag]:
    """The tags of a directory; of a damaged one those before the damage, unless `strict`."""
    try:
        (count,) = struct.unpack_from(f"{order}H", block, start)
        if count > _MOST_TAGS:
            raise struct.error("too many tags")
        for at in range(start + 2, start + 2 + 12 * count, 12):
            number, kind, length, _ = struct.unpack_from(f"{order}HHII", block, at)
            yield _Tag(number, kind, length, at + 8)
    except struct.error:
        if strict:
            raise


def _packed(order: str, entries: Mapping[int, bytes], after: int) -> bytes:
    """A directory: its number of entries, these in the order of their tags, the next one."""
    body = b"".join(entries[number] for number in sorted(entries))
    return struct.pack(f"{order}H", len(entries)) + body + struct.pack(f"{order}I", after)


def _append(block: bytearray, data: bytes) -> int:
    """Adds to the end, at an even offset as TIFF wants it, and returns this offset."""
    block += bytes(len(block) % 2)
    start = len(block)
    block += data
    return start


def _next(block: bytes, order: str, start: int, count: int) -> int:
    """The offset of the directory that follows, 0 when there is none."""
    return _u32(block, order, start + 2 + 12 * count)


def _order(block: bytes) -> str | None:
    orders = {b"II*\x00": "<", b"MM\x00*": ">"}
    return orders.get(block[:4]) if len(block) >= 8 else None


def _u32(block: bytes, order: str, at: int) -> int:
    """A number of 4 bytes; 0 where the block has ended."""
    held = block[at : at + 4]
    return int.from_bytes(held, "little" if order == "<" else "big") if len(held) == 4 else 0
