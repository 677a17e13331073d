"""Pictures that go into a prediction: kept in the store, named in the request, sent in the POST.

A record, a notebook and a repeated request hold the short reference. The bytes are read from
disk, and checked against their sha256, each time a body is built; nobody keeps that body.
"""

from __future__ import annotations

import stat
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from .. import images
from ..errors import DownloadError, InputError, StoreError
from ..images.from_objects import smaller
from ..record import FileRef
from ..store import Files
from ..store.files import SUFFIXES
from ..wire import inline
from ..wire.request import PredictionRequest

SHORT = 1_000
"""Characters of a ``data:`` URI that may stay in a record as they are."""

_HEAD = 4096
_AS_PNG = "Give it as PNG, JPEG or WebP"
_UNREAD = {
    "image/heic": "a HEIC picture",
    "image/jxl": "a JPEG XL picture",
    "image/jp2": "a JPEG 2000 picture",
    "image/vnd.adobe.photoshop": "a Photoshop file",
    "image/vnd.microsoft.icon": "an icon",
}
_KINDS = {
    "image/svg+xml": ("an SVG drawing", "Export it as PNG"),
    "text/html": ("a web page", "Give the URL of the picture itself, or save the picture"),
    "application/pdf": ("a PDF document", "Export the page as PNG"),
    "video": ("a video", "Save one of its frames as PNG"),
    "audio": ("sound", "Give a PNG, JPEG or WebP"),
    "application": ("a file", "Give a PNG, JPEG or WebP"),
}

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
    prepared(data, "this picture")


def prepared(data: bytes, name: str, shrink: int | None = None) -> bytes:
    """A picture's file as it is to be sent: decoded once, and smaller where that is asked for.

    Parameters
    ----------
    data : bytes
        A whole file.
    name : str
        What it is called in errors.
    shrink : int, optional
        Pixels that the longer side has at most. The very file comes back when it has no more,
        and when nothing is asked for.

    Raises
    ------
    InputError
        When it is no picture, which says what it is; or damaged, or too large.
    """
    trouble, remedy = other_than_picture(data)
    if not trouble:
        try:
            fitting = data if shrink is None else smaller(data, shrink)
            images.measure(fitting)
        except DownloadError as error:
            trouble, remedy = error.cause, "Choose another one: PNG, JPEG or WebP"
    if trouble:
        raise InputError(f"{name} cannot be used: {trouble}", remedy)
    if inline.length(fitting) > inline.MAX_INLINE:
        raise _too_large(inline.length(fitting))
    return fitting


def read(path: Path, name: str) -> bytes:
    """The picture at a path; of what is none, no more than its beginning is read.

    Parameters
    ----------
    path : Path
    name : str
        What it is called in errors.

    Raises
    ------
    InputError
        When it is no regular file, cannot be read, is no picture, or too large to be decoded.
    """
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):
            what = "a folder" if stat.S_ISDIR(about.st_mode) else "no regular file"
            trouble, remedy = f"{name} is {what}, not a picture", "Give a PNG, JPEG or WebP file"
        else:
            with path.open("rb") as file:
                head = file.read(_HEAD)
                kind, remedy = other_than_picture(head)
                trouble = f"{name} cannot be used: {kind}" if kind else ""
                if not trouble and about.st_size > images.MAX_BYTES:
                    trouble = (
                        f"{name} has {about.st_size / 1e6:.1f} MB, more than the "
                        f"{images.MAX_BYTES / 1e6:.1f} MB that are decoded"
                    )
                    remedy = "Make it smaller first, or give the public URL of one"
                if not trouble:
                    return head + file.read(images.MAX_BYTES + 1)
    except OSError as error:
        trouble = f"{name} cannot be read: {error.strerror or type(error).__name__}"
        remedy = "Give a file that you may read"
    raise InputError(trouble, remedy)


def other_than_picture(data: bytes) -> tuple[str, str]:
    """What a file is that cannot be a model's input, and what to do; both empty for one that can.

    Parameters
    ----------
    data : bytes
        A whole file, or at least its first 4096 bytes.

    Returns
    -------
    trouble, remedy : str
        ``("it is a video (video/mp4), not a picture", "Save one of its frames as PNG")``.
    """
    media_type = images.sniff(data)
    family, _, form = (media_type or "").partition("/")
    if media_type in _UNREAD:
        return f"it is {_UNREAD[media_type]} ({media_type}), which cannot be read here", _AS_PNG
    if (family == "image" and form != "svg+xml") or not data:
        return "", ""
    kind, remedy = _KINDS.get(media_type or "", _KINDS.get(family, ("a file", _AS_PNG)))
    if media_type is None:
        return f"it is {'text' if _is_text(data) else 'of an unknown type'}, not a picture", _AS_PNG
    return f"it is {kind} ({media_type}), not a picture", remedy


def _is_text(data: bytes) -> bool:
    head = data[:_HEAD]
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 3:  # else it is a letter that was cut
            return False
        text = head[: error.start].decode("utf-8")
    return all(letter.isprintable() or letter in "\t\n\r\f\ufeff" for letter in text)


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
    words, most = (f"{n / 1e6:.1f} MB" for n in (size, inline.MAX_INLINE))
    return InputError(
        f"the pictures of one request take {words} in base64, and the service accepts {most} "
        f"({size:,} bytes of {inline.MAX_INLINE:,})",
        "Make them smaller, in a cell with `--shrink 1024`, or give the public URL of one",
    )
