"""The user's own short names of models, in one small file that can be read and edited by hand.

``aliases.json`` in the store's folder: an object of names and full names. The names that come
with the package are in ``models/``; what a name means in the end is decided there, too.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import models
from .errors import InputError, StoreError, UnknownNameError
from .paths import readable
from .store.disk import make_private_folder, read_whole, reason, store_error, write_whole
from .wire.request import MODEL

NAME = re.compile(r"\w[\w.+-]{0,59}")
"""An alias: letters and digits of any language, and a few marks; never a slash."""

PATIENCE = 5.0
"""Seconds to wait for another kernel that is writing just now."""

_MAX_SIZE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Change:
    """What became of an alias.

    Attributes
    ----------
    former : str
        The model that it stood for until now; empty for a new one.
    set_aside : str
        Where a damaged file was moved to; empty when there was none.
    """

    former: str = ""
    set_aside: str = ""


def read(home: Path) -> dict[str, str]:
    """The aliases: name to ``owner/name``. What is no alias in the file is passed over.

    Raises
    ------
    StoreError
        When the file is damaged, or cannot be read.
    """
    return _usable(_read(_file(home)))


def put(home: Path, name: str, model: str) -> Change:
    """Makes an alias, or lets it stand for another model.

    Two kernels that do so at the same time lose nothing of each other.

    Parameters
    ----------
    home : Path
        The store's folder; made when needed.
    name : str
        Case counts as no difference.
    model : str
        ``owner/name``.

    Raises
    ------
    InputError
        When `name` can be no alias, or `model` is no full name.
    StoreError
        When it could not be written: then nothing changed.
    """
    if not NAME.fullmatch(name):
        raise InputError(
            f"{name[:60]!r} can be no alias",
            "Give up to 60 letters, digits and . _ + -, beginning with a letter or digit",
        )
    if not _is_model(model):
        raise InputError(f"{model[:80]!r} is not a model name", "Write owner/name")
    with _alone(home):
        raw, set_aside = _mended(_file(home))
        former = _usable(raw)
        _write(home, {**_without(name, raw), name: model})
    return Change(_find(name, former) or "", set_aside)


def delete(home: Path, name: str) -> str:
    """Deletes an alias; returns what it stood for.

    Raises
    ------
    UnknownNameError
        When there is none of this name; it names the nearest.
    StoreError
        When the file is damaged, or could not be written: then nothing changed.
    """
    with _alone(home):
        raw = _read(_file(home))
        former = _find(name, _usable(raw))
        if former is None:
            near = models.nearest(name, _usable(raw))
            raise UnknownNameError(
                f"you have no alias {name[:40]!r}",
                f"Did you mean {near}?" if near else "`%comet alias` lists them",
            )
        _write(home, _without(name, raw))
    return former


# -- the file ----------------------------------------------------------------------------------


def _file(home: Path) -> Path:
    return home / "aliases.json"


def _read(path: Path) -> dict[str, Any]:
    """The file's object as it stands, with what is no alias: that may be a newer version's."""
    try:
        if path.stat().st_size <= _MAX_SIZE:
            found = json.loads(read_whole(path).decode("utf-8-sig"))
            if isinstance(found, dict):
                return found
    except FileNotFoundError:
        return {}
    except OSError as error:
        failure = store_error("your aliases could not be read from", path.parent, reason(error))
    except (ValueError, RecursionError):
        failure = _damaged(path)
    else:
        failure = _damaged(path)
    raise failure


def _damaged(path: Path) -> StoreError:
    return StoreError(
        f"your aliases cannot be read: {readable(path)} is damaged",
        "Mend it by hand, or make an alias anew: that keeps the damaged file under another name",
    )


def _mended(path: Path) -> tuple[dict[str, Any], str]:
    """What the file holds; a damaged one is moved aside, and where to is told."""
    try:
        return _read(path), ""
    except StoreError as error:
        failure = error
    if not path.is_file() or failure.cause != _damaged(path).cause:
        raise failure
    aside = path.with_name(f"aliases.damaged-{secrets.token_hex(4)}.json")
    try:
        path.rename(aside)
        return {}, readable(aside)
    except OSError as error:
        failure = store_error("a damaged file stays in", path.parent, reason(error))
    raise failure


def _usable(raw: Mapping[str, Any]) -> dict[str, str]:
    return {name: model for name, model in raw.items() if NAME.fullmatch(name) and _is_model(model)}


def _find(name: str, aliases: Mapping[str, str]) -> str | None:
    return next((aliases[one] for one in aliases if one.casefold() == name.casefold()), None)


def _without(name: str, raw: Mapping[str, Any]) -> dict[str, Any]:
    return {one: value for one, value in raw.items() if one.casefold() != name.casefold()}


def _is_model(model: Any) -> bool:
    return isinstance(model, str) and MODEL.fullmatch(model) is not None and ".." not in model


def _write(home: Path, raw: Mapping[str, Any]) -> None:
    text = json.dumps(dict(sorted(raw.items())), ensure_ascii=False, indent=2)
    try:
        write_whole(_file(home), f"{text}\n".encode())
        return
    except OSError as error:
        failure = store_error("your aliases could not be written to", home, reason(error))
    raise failure


# -- one writer at a time ----------------------------------------------------------------------


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Keeps other kernels from writing meanwhile; the lock ends with the process, too."""
    descriptor = _opened(home)
    try:
        deadline = time.monotonic() + PATIENCE
        while not _lock(descriptor):
            if time.monotonic() > deadline:
                raise StoreError(
                    "another kernel is writing its aliases", "Try again when it has ended"
                )
            time.sleep(0.02)
        yield
    finally:
        os.close(descriptor)


def _opened(home: Path) -> int:
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    try:
        make_private_folder(home)
        return os.open(home / "aliases.lock", flags, 0o600)
    except OSError as error:
        failure = store_error("your aliases could not be written to", home, reason(error))
    raise failure


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:  # a disk without locks: a rename is whole there, too
            return True
        return True
