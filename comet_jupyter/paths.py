"""Paths for people to read: outputs and messages end up in notebooks that strangers open."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path


def readable(path: str | os.PathLike[str]) -> str:
    """A path without what is private in it, with slashes.

    Below the working directory, which is the notebook's own folder, it is relative; below the
    home folder it begins with ``~``.

    Examples
    --------
    >>> readable(Path.home() / "boats" / "one.png")
    '~/boats/one.png'
    """
    whole = Path(path)
    home = _or_none(Path.home)
    here = _or_none(Path.cwd)
    if here is not None and home is not None and here != home and here not in home.parents:
        inside = _below(whole, here)
        if inside:
            return inside
    inside = "" if home is None or home == Path(home.anchor) else _below(whole, home)
    return f"~/{inside}" if inside else str(path)


def _below(path: Path, folder: Path) -> str:
    try:
        inside = path.relative_to(folder).as_posix()
    except ValueError:
        return ""
    return "" if inside == "." else inside


def _or_none(find: Callable[[], Path]) -> Path | None:
    try:
        return find()
    except (OSError, RuntimeError):  # there is none, or it was deleted
        return None
