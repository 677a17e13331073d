"""``share`` as the verb and the command line use it: one notebook in, one report out."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ... import settings
from ...errors import InputError, SettingsError
from ...key import Key
from . import file, kept, recordings
from .checks import check, mend
from .document import Document, text_of
from .findings import NOTICE, Change, Finding, Place, Report
from .keys import Secrets
from .private import Machine
from .surroundings import Surroundings

_NEIGHBOURS, _NEIGHBOUR_SIZE = 20, 20_000_000


def share(path: Path, *, fix: bool = False, keys: Sequence[Key] = ()) -> Report:
    """Checks a saved notebook, and mends what can be mended when asked to.

    Parameters
    ----------
    path : Path
    fix : bool
        The file is replaced, whole, when anything was mended; the report is of what is left.
    keys : sequence of Key
        Looked for beside the one that is configured.

    Raises
    ------
    InputError
        When it cannot be read or written, or is no notebook that is known here.
    """
    read = file.read(path)
    configured, warning = _configured()
    around = _around(read, (*keys, *configured))
    changes: tuple[Change, ...] = ()
    if fix:
        mended, changes = mend(read.notebook, around)
        if changes:
            read = read.write(mended)
            around = replace(around, size=len(read.data))
        recovered = tuple(kept.recorded(_folder_of(read), read.notebook, around))
        if recovered:
            changes = (*changes, *recovered)
            around = replace(around, recordings=recordings.read(_folder_of(read)))
    return Report(path, (*check(read.notebook, around), *warning), changes)


def open_notebook(namespace: Mapping[str, Any], environ: Mapping[str, str], folder: Path) -> Path:
    """The notebook that somebody has open, as far as its front end says so.

    Parameters
    ----------
    namespace : mapping
        The user's, where VS Code leaves the path.
    environ : mapping
        The kernel's, where Jupyter Server leaves it.
    folder : Path
        Where the kernel runs: the only notebook there, when nothing else is known.

    Raises
    ------
    InputError
        When it cannot be told.
    """
    named = [namespace.get("__vsc_ipynb_file__"), environ.get("JPY_SESSION_NAME")]
    for name in named:
        if isinstance(name, str) and name.endswith(".ipynb"):
            # Some servers give a path from their own root, others one from the system's.
            for path in (folder / name, folder / Path(name).name):
                if path.is_file():
                    return path
    beside = sorted(path for path in folder.glob("*.ipynb") if path.is_file())
    if len(beside) == 1:
        return beside[0]
    cause = f"{len(beside)} notebooks are here" if beside else "no notebook is here"
    raise InputError(
        f"it cannot be told which notebook is open: {cause}",
        "Give its name: `%comet share NOTEBOOK.ipynb`",
    )


def _configured() -> tuple[tuple[Key, ...], tuple[Finding, ...]]:
    """The configured key, and a notice where it is not known what that is."""
    try:
        key = settings.resolve().key.value
    except SettingsError:
        place = Place(part="this machine")
        cause = "the settings cannot be read, so the configured key was not looked for"
        return (), (Finding(NOTICE, "key", place, cause, "Run `%comet doctor`"),)
    return (() if key is None else (key,)), ()


def _folder_of(read: file.NotebookFile) -> Path:
    """Where the notebook stands, and its recordings."""
    return Path(os.path.abspath(read.path)).parent


def _around(read: file.NotebookFile, keys: Sequence[Key]) -> Surroundings:
    folder = _folder_of(read)

    def exists(path: str) -> bool:
        try:
            return (folder / path).exists()
        except (OSError, ValueError):
            return False

    found = recordings.read(folder)
    return Surroundings(
        secrets=Secrets(keys),
        machine=_machine(),
        size=len(read.data),
        exists=exists,
        original=kept.original,
        is_kept=kept.is_kept,
        recordings=found,
        neighbours=tuple(_neighbours(read.path, folder)) if found else (),
    )


def _machine() -> Machine:
    home = os.path.expanduser("~")
    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):  # an account without a name, as in containers
        user = ""
    return Machine(home if Path(home).is_absolute() else "", user)


def _neighbours(path: Path, folder: Path) -> Iterator[recordings.Neighbour]:
    """What the other notebooks in the folder use."""
    for other in sorted(folder.glob("*.ipynb"))[:_NEIGHBOURS]:
        try:
            if other.samefile(path) or other.stat().st_size > _NEIGHBOUR_SIZE:
                continue
            yield recordings.Neighbour.of(Document(file.read(other).notebook, text_of))
        except (InputError, OSError):
            continue
