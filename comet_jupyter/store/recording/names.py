"""What is called how in a recording. Pure.

No name in a JSON file ever becomes a path: names are made of hashes, numbers and media types.
"""

from __future__ import annotations

import re

from ...record import FileRef
from ..files import SUFFIXES

MANIFEST = "comet-recording.json"
"""The file that makes a folder a recording."""

REQUEST = "request.json"
PREDICTION = "prediction.json"
INPUTS = "inputs"
ATTRIBUTES = ".gitattributes"

_ENTRY = re.compile(r"([0-9a-f]{16})(?:-([1-9][0-9]{0,8}))?")
_ORIGINAL = re.compile(r"[0-9]{1,3}-[0-9a-f]{12}\.[a-z0-9]{1,5}")


def entry_name(request_hash: str, occurrence: int) -> str:
    """The folder of a result; a hash may be given by its first 16 digits."""
    return request_hash[:16] + ("" if occurrence == 1 else f"-{occurrence}")


def entry_parts(name: str) -> tuple[str, int] | None:
    """The first 16 digits of the hash, and the number, that a folder's name says."""
    parts = _ENTRY.fullmatch(name)
    if parts is None or parts[2] == "1":
        return None
    return parts[1], int(parts[2] or 1)


def original_name(index: int, file: FileRef) -> str:
    """A result's file: its place among them, the beginning of its sha256, its ending."""
    return f"{index}-{file.sha256[:12]}{SUFFIXES.get(file.media_type, '.bin')}"


def is_original(name: str) -> bool:
    """True for the name of a result's file."""
    return _ORIGINAL.fullmatch(name) is not None


def without_index(name: str) -> str:
    """What the same file is called wherever it stands among others."""
    return name.lstrip("0123456789")
