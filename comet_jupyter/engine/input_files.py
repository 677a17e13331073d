"""Pictures that go into a prediction: kept in the store, named in the request, sent in the POST.

A record, a notebook and a repeated request hold the short reference. The bytes are read from
disk, and checked against their sha256, each time a body is built; nobody keeps that body.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from .. import images
from ..errors import DownloadError, InputError, StoreError
from ..record import FileRef
from ..store import Files
from ..store.files import SUFFIXES
from ..wire import inline
from ..wire.request import PredictionRequest

SHORT = 1_000
"""Characters of a ``data:`` URI that may stay in a record as they are."""

_MEDIA_TYPES = {suffix: media_type for media_type, suffix in SUFFIXES.items()}


def shortened(
    requests: Sequence[PredictionRequest], files: Files
) -> tuple[list[PredictionRequest], list[bytes]]:
    """The requests with a reference for each picture, and the pictures that are to be kept.

    Every reference is completed to its 64 digits, and its file is read once, so that one that
    is gone or has changed is found out now. Writes nothing.

    Raises
    ------
    InputError
        When the store has no such file, or a request is too large to send.
    StoreError
        When a file is gone from disk, or no longer the same.
    """
    known: dict[str, tuple[str, int]] = {}
    new: dict[str, bytes] = {}

    def name_of(text: str) -> tuple[str, int]:
        """What stands for this text, and how many bytes the POST will have for it."""
        if inline.digits(text) is not None:
            sha256, _, data = _read(text, files)
            return inline.reference(sha256), inline.length(data)
        found = inline.picture(text) if len(text) > SHORT else None
        if found is None:
            return text, len(text) if text[:5].lower() == "data:" else 0
        name = inline.reference_to(found)
        new[name] = found
        return name, inline.length(found)

    short = []
    for request in requests:
        names: dict[str, str] = {}
        total = 0
        for text in inline.strings(request.input):
            if text not in known:
                known[text] = name_of(text)
            name, size = known[text]
            total += size
            if name != text:
                names[text] = name
        if total > inline.MAX_INLINE:
            raise _too_large(total)
        short.append(_with(request, names))
    return short, list(new.values())


def body(request: PredictionRequest, files: Files) -> bytes:
    """The POST's body: each reference's place is taken by the file itself.

    Raises
    ------
    InputError, StoreError
        When a file is not there any more, or has changed.
    """
    uris: dict[str, str] = {}
    for text in inline.strings(request.input):
        if text not in uris and inline.digits(text) is not None:
            uris[text] = inline.data_uri(_read(text, files)[2])
    return _with(request, uris).body()


def check(data: bytes) -> None:
    """Decodes a picture, to know that it can be shown and sent.

    Raises
    ------
    InputError
        When it is none, damaged, or too large.
    """
    trouble = ""
    try:
        images.measure(data)
    except DownloadError as error:
        trouble = error.cause
    if trouble:
        raise InputError(
            f"this picture cannot be used: {trouble}", "Choose another one: PNG, JPEG or WebP"
        )
    if inline.length(data) > inline.MAX_INLINE:
        raise _too_large(inline.length(data))


def keep(data: bytes, files: Files) -> str:
    """Keeps a picture, never re-encoded; returns its reference.

    Raises
    ------
    StoreError
        When the disk refuses it.
    """
    try:
        sha256, _ = files.add(data, images.sniff(data) or "")
        return inline.reference(sha256)
    except StoreError as error:
        cause, remedy = error.cause, error.remedy
    raise StoreError(
        f"{cause}; nothing was sent, since the record refers to the input picture on disk", remedy
    )


def described(reference: str, files: Files) -> FileRef:
    """What is known of the file that a reference names, after reading all of it.

    Raises
    ------
    InputError, StoreError
        When it is no reference, or the file is gone or has changed.
    """
    sha256, media_type, data = _read(reference, files)
    width: int | None = None
    height: int | None = None
    with suppress(DownloadError):  # an output that is no picture has a reference, too
        _, width, height = images.measure(data)
    return FileRef(sha256, media_type, len(data), width, height)


def _with(request: PredictionRequest, new: dict[str, str]) -> PredictionRequest:
    return replace(request, input=inline.replaced(request.input, new)) if new else request


def _read(reference: str, files: Files) -> tuple[str, str, bytes]:
    """Sha256, media type and bytes."""
    digits = inline.digits(reference)
    if digits is None:
        raise InputError(
            f"{reference[:80]!r} names no file of the store",
            "Write comet: and at least 12 digits of its sha256",
        )
    found = files.find(digits)
    if found is None:
        raise InputError(
            f"there is no file comet:{digits[:12]}… in the store", "Choose the picture again"
        )
    sha256, path = found
    media_type = _MEDIA_TYPES.get(path.suffix, "application/octet-stream")
    return sha256, media_type, files.read(sha256, media_type)


def _too_large(size: int) -> InputError:
    return InputError(
        f"the pictures of one request take {size:,} bytes in base64, and the service accepts "
        f"{inline.MAX_INLINE:,}",
        "Give a smaller picture, or the public URL of one",
    )
