"""``--save TEMPLATE``: pictures as files where people want them, besides those in the store.

The template is read before anything is sent. What is written lies in the folder that it names,
over no file that is there (``new_files``), by a name that every system takes (``file_names``).
Nothing here displays anything: pictures arrive on the background thread.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from .. import models
from ..engine.prediction import Prediction
from ..errors import CometError, InputError, UnknownNameError
from ..images import Image, OutputFile, suffix_of
from ..images.media import is_suffix
from ..paths import readable
from . import file_names, new_files

NAMES = ("seed", "model", "index", "date", "time", "id", "prompt")
"""What may stand in braces in any cell; a sweep adds the names of its axes."""

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
"""What a template may end in; webp only keeps what is webp, the others are made of any picture."""

_PLACE = re.compile(r"\{([^{}]*)\}")
_SUFFIX = re.compile(r"\.[A-Za-z0-9]+\Z")
_SEPARATORS = frozenset(filter(None, (os.sep, os.altsep)))
_EXAMPLE = "Write --save out/{model}-{seed}"

_PROMPT = 60
"""Characters of a prompt."""


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of the files of one prediction.

    Attributes
    ----------
    paths : tuple of pathlib.Path
        Where they are now, in the output's order.
    there : tuple of pathlib.Path
        Those of them that were there already, and were left alone.
    troubles : tuple of str
        A line for each file that is not there, or not as it was asked for.
    """

    paths: tuple[Path, ...] = ()
    there: tuple[Path, ...] = ()
    troubles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SaveTemplate:
    """A checked template; `read` makes it.

    Attributes
    ----------
    text : str
        As typed.
    folder : pathlib.Path
        The folder that it names: nothing is written outside.
    names : tuple of str
        Folders below, then the file without its suffix, with place-holders.
    suffix : str
        Empty where each picture keeps its own.
    """

    text: str
    folder: Path
    names: tuple[str, ...]
    suffix: str

    @classmethod
    def read(cls, text: str, folder: Path, axes: Collection[str] = ()) -> SaveTemplate:
        """The template that was typed; makes no file and no folder.

        Parameters
        ----------
        text : str
            Such as ``out/{model}/{seed}``. The folder named is what stands before the last
            separator that is before the first place-holder; ``~`` is the home folder.
        folder : pathlib.Path
            The notebook's own, where a relative path begins.
        axes : collection of str
            Names of a sweep's axes.

        Raises
        ------
        InputError
            One line: what is wrong, then what to type.
        """
        if "\x00" in text:
            raise InputError("--save holds a NUL character", _EXAMPLE)
        _check_places(text, (*NAMES, *axes))
        typed, folders, name = _divided(text)
        named = _folder(folder, typed)
        found = _SUFFIX.search(name)
        suffix = found[0] if found and is_suffix(found[0]) else ""
        stem = name.removesuffix(suffix)
        if suffix and suffix.lower() not in SUFFIXES:
            raise InputError(
                f"--save writes no {suffix}",
                "End it in .png or .jpg, or in nothing: each picture then keeps its own format",
            )
        for one in filter(None, (*folders, name)):
            if not file_names.is_portable(_PLACE.sub("x", one)):
                raise InputError(
                    f"--save: {one[:60]!r} is no file name on every system",
                    "Use letters, digits, - and _, and / between folders",
                )
        if not stem or (not _PLACE.search(text) and _is_folder(named / name)):
            raise InputError(f"--save {text[:60]!r} names no file", _EXAMPLE)
        return cls(text, named, (*folders, stem), suffix)

    def path(
        self,
        prediction: Prediction,
        index: int,
        count: int,
        now: datetime,
        labels: Mapping[str, str] | None = None,
        *,
        output: int = 1,
        outputs: int = 1,
    ) -> Path:
        """Where an output of a prediction belongs; without suffix where the template has none.

        `output` counts the files of one prediction from 1; the other parameters are those of
        `save`. Where a cell has several pictures and nothing in the template tells them apart,
        the index stands at the end.
        """
        part = f"-{output}" if outputs > 1 else ""
        values = {**(labels or {}), **_values(prediction, now)}
        values["index"] = f"{index:0{len(str(count))}d}{part}"
        clean = {name: file_names.cleaned(value) for name, value in values.items()}
        filled = (_PLACE.sub(lambda place: clean.get(place[1], "none"), one) for one in self.names)
        *folders, name = map(file_names.fitted, filled)
        if "{index}" not in self.text:
            # Else they would be numbered as they arrive.
            name += part if count == 1 or self._tells_apart(labels or {}) else f"-{clean['index']}"
        return self.folder.joinpath(*folders, name + self.suffix)

    def _tells_apart(self, labels: Mapping[str, str]) -> bool:
        """True when its place-holders give every picture of a cell a name of its own."""
        used = frozenset(_PLACE.findall(self.text))
        return "id" in used or used.issuperset(labels or ("seed",))

    def save(
        self,
        prediction: Prediction,
        index: int,
        count: int,
        now: datetime,
        labels: Mapping[str, str] | None = None,
    ) -> Saved:
        """Writes the files of a finished prediction; raises nothing, displays nothing.

        Each has in it how it was made, as with `Image.save`. A file that is there keeps its
        name, the new one is called ``name-2``; the same picture is not written twice.

        Parameters
        ----------
        prediction : Prediction
            One that failed has no files, and none are written.
        index, count : int
            The how manieth of a cell it is, from 1, and of how many.
        now : datetime
            For ``{date}`` and ``{time}``; the same for a whole cell reads best.
        labels : mapping of str to str, optional
            The value on each axis, by its name.
        """
        if not prediction.record.succeeded:
            return Saved()
        paths: list[Path] = []
        there: list[Path] = []
        troubles: list[str] = []
        files = prediction.files
        for number, file in enumerate(files, 1):
            wanted = self.path(
                prediction, index, count, now, labels, output=number, outputs=len(files)
            )
            suffix = _suffix_for(file, self.suffix)
            target = wanted.with_name(wanted.name.removesuffix(self.suffix) + suffix)
            try:
                path, was_there = new_files.keep(file, self.folder, target)
            except Exception as error:  # noqa: BLE001 (nobody hears it on the background thread)
                reason = _reason(error)
                troubles.append(
                    f"not saved as {readable(target)}: {reason}; `.save(...)` tries again"
                )
                continue
            paths.append(path)
            there += [path] if was_there else []
            if self.suffix not in ("", suffix):
                troubles.append(
                    f"{readable(path)} is not {self.suffix}: {file.media_type} cannot become that"
                )
        return Saved(tuple(paths), tuple(there), tuple(troubles))


# -- reading ------------------------------------------------------------------------


def _check_places(text: str, known: tuple[str, ...]) -> None:
    if re.search(r"[{}]", _PLACE.sub("", text)):
        raise InputError(
            f"--save {text[:60]} has a brace without a partner",
            _EXAMPLE,
        )
    for name in _PLACE.findall(text):
        if name not in known:
            near = models.nearest(name, known)
            every = ", ".join(f"{{{one}}}" for one in known)
            raise UnknownNameError(
                f"--save does not know {{{name[:40]}}}",
                f"Did you mean {{{near}}}?" if near else f"It knows {every}",
            )


def _divided(text: str) -> tuple[str, list[str], str]:
    """The folder named, as typed; folders below it; and the file."""
    first = text.find("{")
    head = text if first < 0 else text[:first]
    end = max(head.rfind(separator) for separator in _SEPARATORS) + 1
    *folders, name = re.split("[" + re.escape("".join(_SEPARATORS)) + "]", text[end:])
    return text[:end], list(filter(None, folders)), name


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False


def _folder(folder: Path, typed: str) -> Path:
    """The folder named, which need not be there; what is there on its way is a folder."""
    shown = typed[:60]
    try:
        named = folder.absolute() / Path(typed).expanduser()
        nearest = next(filter(os.path.lexists, (named, *named.parents)), named)
        if nearest.is_dir():
            return named
        cause = f"--save: {readable(nearest)} is no folder"
    except RuntimeError:  # what `expanduser` raises
        cause = f"--save: there is no home folder for {shown}"
    except (OSError, ValueError) as error:
        cause = f"--save: {shown} cannot be used: {_reason(error)}"
    raise InputError(cause, "Use another folder")


# -- naming -------------------------------------------------------------------------


def _values(prediction: Prediction, now: datetime) -> dict[str, str]:
    local = now.astimezone()
    return {
        "seed": "" if prediction.seed is None else str(prediction.seed),
        "model": models.short_name(prediction.model).rpartition("/")[2],
        "date": local.strftime("%Y-%m-%d"),
        "time": local.strftime("%H-%M-%S"),
        "id": prediction.id or prediction.key[:12],
        "prompt": _first_words(prediction.prompt),
    }


def _first_words(prompt: str) -> str:
    line = " ".join(prompt.split())
    if len(line) <= _PROMPT:
        return line
    return line[: _PROMPT + 1].rpartition(" ")[0] or line[:_PROMPT]


def _suffix_for(file: OutputFile, wanted: str) -> str:
    """The suffix asked for where the file can be that, else its own."""
    own, suffix = suffix_of(file.media_type), wanted.lower()
    is_own = suffix in (own, {".jpg": ".jpeg"}.get(own))
    is_made = isinstance(file, Image) and suffix in (".png", ".jpg", ".jpeg")
    return wanted if is_own or is_made else own


def _reason(error: Exception) -> str:
    """One line without a full stop."""
    if isinstance(error, CometError):
        return error.cause
    system = error.strerror if isinstance(error, OSError) else None
    return system or " ".join(f"{type(error).__name__}: {str(error)[:200]}".split())
