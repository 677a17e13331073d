"""Files inside a request's input: as a short reference here, as a ``data:`` URI on the wire.

``comet:`` and the sha256 of a file stands in for it in everything that is kept or shown, and
the URI takes its place in nothing but the POST. Pure; where the bytes are is not known here.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..errors import InputError
from ..images import sniff

MAX_INLINE = 10_000_000
"""Bytes of all ``data:`` URIs of one request; files that are larger need a public URL."""

MAX_DEPTH = 64
"""Levels of an input; deeper is one that holds itself."""

_TEXTS = frozenset({"prompt", "negative_prompt"})  # only text, whatever it looks like
_REFERENCE = re.compile(r"comet:([0-9a-f]{12,64})")
_PICTURE = re.compile(r"data:image/[^,]{1,200};\s*base64\s*,", re.IGNORECASE)


def reference(sha256: str) -> str:
    """What stands for the file with this sha256 (64 lower-case hex digits)."""
    return f"comet:{sha256}"


def reference_to(data: bytes) -> str:
    """What stands for a file with these bytes."""
    return reference(hashlib.sha256(data).hexdigest())


def digits(text: str) -> str | None:
    """The 12 to 64 hex digits of a reference; None when the text is none."""
    found = _REFERENCE.fullmatch(text)
    return found and found[1]


def data_uri(data: bytes) -> str:
    """The bytes as a ``data:`` URI, with the media type that they themselves tell."""
    return _head(data) + base64.b64encode(data).decode("ascii")


def length(data: bytes) -> int:
    """Bytes of the ``data:`` URI of a file, without making it."""
    return len(_head(data)) + (len(data) + 2) // 3 * 4


def picture(text: str) -> bytes | None:
    """The file in a picture's base64 ``data:`` URI; None for anything else, or a damaged one.

    White space is skipped, as browsers do: ``base64.encodebytes`` breaks its lines.
    """
    head = _PICTURE.match(text)
    if head is None:
        return None
    try:
        data = base64.b64decode("".join(text[head.end() :].split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if (sniff(data) or "").startswith("image/") else None


def strings(value: Any) -> Iterator[str]:
    """Every text at any depth of an input, except prompts.

    Raises
    ------
    InputError
        When it is nested too deeply, perhaps in itself.
    """
    return _strings(value, 0)


def replaced(value: Any, new: Mapping[str, str]) -> Any:
    """The input with some of its `strings` replaced by others; the given one stays as it is."""
    if isinstance(value, str):
        return new.get(value, value)
    if isinstance(value, Mapping):
        return {
            name: child if name in _TEXTS else replaced(child, new) for name, child in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [replaced(child, new) for child in value]
    return value


def _strings(value: Any, level: int) -> Iterator[str]:
    if level > MAX_DEPTH:
        raise InputError(
            f"the input is nested more than {MAX_DEPTH} deep", "Give text, numbers or flat lists"
        )
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, child in value.items():
            if name not in _TEXTS:
                yield from _strings(child, level + 1)
    elif isinstance(value, (list, tuple)):
        for child in value:
            yield from _strings(child, level + 1)


def _head(data: bytes) -> str:
    return f"data:{sniff(data) or 'application/octet-stream'};base64,"
