"""A picture written where people want it: never over a file, never outside of a folder.

Where that is, is decided in ``saving``; what is written into a picture, by `Image.save`.
"""

from __future__ import annotations

import itertools
import json
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ..errors import CometError, StoreError
from ..images import OutputFile, read_metadata
from ..paths import readable

_MOST_ALIKE = 10_000

_LITTLE = 4_096
"""Bytes by which two files with the same picture may differ in what they say of it."""


def keep(file: OutputFile, folder: Path, target: Path) -> tuple[Path, bool]:
    """Writes the file below a folder, beside whatever has its name.

    Parameters
    ----------
    file : OutputFile
    folder : pathlib.Path
        Made when it is missing, like those in it; nothing is written outside, whatever links
        there are.
    target : pathlib.Path
        Below the folder, its suffix one that the file can have.

    Returns
    -------
    tuple
        Where the file is now, and whether it was there before: a picture that is there already
        is not written again.

    Raises
    ------
    CometError, OSError
        When it cannot be read or written; then nothing of it is left.
    """
    data = _contents(file, target.suffix)
    parent = _made(folder, target.parent.relative_to(folder).parts)
    for path in itertools.islice(_alike(parent / target.name), _MOST_ALIKE):
        if _holds(path, file, data):
            return path, True
        try:
            _write(path, data)
        except FileExistsError:  # also when another kernel was faster
            continue
        return path, False
    raise StoreError(f"{_MOST_ALIKE:,} files have this name", "Add {id} to the template")


def _alike(path: Path) -> Iterator[Path]:
    yield path
    for number in itertools.count(2):
        yield path.with_name(f"{path.stem}-{number}{path.suffix}")


def _made(folder: Path, names: tuple[str, ...]) -> Path:
    """The folder of these names, made where it is missing; a link may not lead out."""
    folder.mkdir(parents=True, exist_ok=True)
    path = base = folder.resolve()
    for name in names:
        path = path / name
        path.mkdir(exist_ok=True)
        if not path.resolve().is_relative_to(base):
            raise StoreError(f"{name} is a link that leads out of {readable(base)}")
    return path


def _write(path: Path, data: bytes) -> None:
    """A new file; never half of one."""
    file = path.open("xb")  # follows no link either
    try:
        with file:
            file.write(data)
    except BaseException:  # an interrupt, too
        path.unlink(missing_ok=True)
        raise


def _contents(file: OutputFile, suffix: str) -> bytes:
    """What `save` writes; elsewhere first, so that what is there can be compared with it."""
    with tempfile.TemporaryDirectory(prefix="comet-") as folder:
        return file.save(Path(folder, f"picture{suffix}")).read_bytes()


def _holds(path: Path, file: OutputFile, data: bytes) -> bool:
    """True when a file is what `save` would write, or wrote when the picture was new.

    A picture that is served from the store says that of itself, so its bytes are not those
    that were written the first time. What is compared with is the picture with what the file
    says of it: a picture that was edited since is another one.
    """
    if not path.is_file() or abs(path.stat().st_size - len(data)) > _LITTLE:
        return False
    held = path.read_bytes()
    if held == data:
        return True
    try:
        told = json.loads(read_metadata(held).texts.get("comet", "null"))
    except (CometError, ValueError, RecursionError):
        return False
    if not isinstance(told, dict) or told.get("sha256") != file.sha256:
        return False
    return _contents(replace(file, about=told), path.suffix) == held
