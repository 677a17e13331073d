"""Texts that name a picture: what kind of name one is, and what to say when nothing has it.

Only the file system is looked at. What the names stand for is found in ``input_pictures.py``.
"""

from __future__ import annotations

import keyword
import os
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from urllib.parse import urlsplit

from .. import models
from ..errors import InputError
from ..paths import readable
from ..show.text import one_line
from ..wire import inline

SHORTEST_ID = 6
"""Characters of an id that name a prediction where a path may stand, too."""

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):")  # a single letter is a drive of Windows
_ID = re.compile(rf"([A-Za-z0-9_-]{{{SHORTEST_ID},200}})(?:\[(\d{{1,3}})\])?")
_LOOKED_AT = 5_000
_USUAL = "Give a path from the notebook's folder on, a URL, or an id of `%comet status`"


def scheme(text: str) -> str:
    """What stands before the first colon, in small letters; empty when that is no scheme.

    Examples
    --------
    >>> scheme("https://example.com/boat.png"), scheme("boat.png")
    ('https', '')
    """
    found = _SCHEME.match(text)
    return found[1].lower() if found else ""


def as_id(text: str) -> tuple[str, int] | None:
    """The id, or the beginning of one, and which of its pictures; None when it can be none.

    Examples
    --------
    >>> as_id("h3k9qd"), as_id("h3k9qd[1]"), as_id("boat.png")
    (('h3k9qd', 0), ('h3k9qd', 1), None)
    """
    found = _ID.fullmatch(text)
    return (found[1], int(found[2] or 0)) if found else None


def as_path(text: str) -> Path:
    """The path that a text means, with the home folder for ``~``."""
    try:
        return Path(os.path.expanduser(text))
    except ValueError:  # ~name with letters that no name has
        return Path(text)


def is_there(path: Path) -> bool:
    """True when something has this path, even if it may not be looked at."""
    try:
        path.stat()
    except PermissionError:
        return True  # reading it says so
    except (OSError, ValueError):  # too long, or with a NUL, too
        return False
    return True


def checked_url(text: str) -> str:
    """The URL as it is.

    Raises
    ------
    InputError
        When it cannot be one, or has somebody's password in it.
    """
    try:
        address = urlsplit(text)
        host, has_user = address.hostname, "@" in address.netloc
    except ValueError:
        host, has_user = None, False
    if has_user:
        raise InputError(
            "a URL with a name or a password in it would be kept, and shown in the notebook",
            "Download the picture, and give the file",
        )
    if host and text.isprintable() and " " not in text:
        return text
    raise InputError(f"{one_line(text, 80)} is no URL", "Write https://host/picture.png")


def in_data_uri(text: str) -> bytes:
    """The picture in a base64 ``data:`` URI.

    Raises
    ------
    InputError
        When it holds none.
    """
    data = inline.picture(text)
    if data is not None:
        return data
    said = one_line(re.split("[;,]", text[5:100], maxsplit=1)[0], 40)
    raise InputError(
        f"this data: URI{f' of {said}' if said else ''} holds no picture in base64",
        "Write data:image/png;base64, and a whole file; or give the file itself",
    )


def not_found(text: str, path: Path, *, is_secret: bool) -> InputError:
    """What to say of a name that nothing has: what it could have been, and what comes near.

    Parameters
    ----------
    text : str
        As given.
    path : Path
        As `as_path` reads it.
    is_secret : bool
        True for a text that must not be shown.
    """
    shown = "what was given" if is_secret else one_line(text, 80)
    if not text:
        return InputError("no picture is named", _USUAL)
    if "://" in text and scheme(text):
        return InputError(
            f"{shown} is not read: a URL begins with http or https", "Or give a path, or an id"
        )
    cause = f"there is no file {shown}"
    if _ID.fullmatch(text):
        cause += ", and no prediction of this id"
    elif re.fullmatch(r"[A-Za-z0-9_-]+", text):
        cause += f", and an id has at least {SHORTEST_ID} characters"
    elif not is_secret and not is_there(path.parent):
        cause = f"there is no folder {one_line(readable(path.parent), 80)} for {shown}"
    hints = () if is_secret else _hints(text, path)
    return InputError(cause, " ".join(hints) or _USUAL)


def _hints(text: str, path: Path) -> Iterator[str]:
    try:
        with os.scandir(path.parent) as entries:
            names = [one.name for one in islice(entries, _LOOKED_AT) if one.is_file()]
    except (OSError, ValueError):
        names = []
    near = models.nearest(path.name, names)
    if near is not None:
        yield f"Did you mean {one_line(Path(text).with_name(near), 80)}?"
    if text.isidentifier() and not keyword.iskeyword(text) and len(text) <= 80:
        yield f"A variable is written {{{{ {text} }}}}"
