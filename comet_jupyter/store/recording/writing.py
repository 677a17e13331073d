"""Writing a recording: whole results or none, and no byte that was written before.

What is left out of the texts is in ``scrub.py``.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from ...errors import InputError, StoreError
from ...paths import readable
from ...record import FileRef, Record
from ...wire import inline
from ...wire.request import PredictionRequest
from ...wire.text import Redact
from ..disk import reason, refuse_link, sync_folder
from ..files import SHA256, SUFFIXES, Files
from ..identity import request_hash
from . import texts
from .folder import Unusable, is_folder, only_writer, remove, sweep, temporary, write_whole
from .names import (
    ATTRIBUTES,
    INPUTS,
    MANIFEST,
    PREDICTION,
    REQUEST,
    entry_name,
    is_original,
    original_name,
)
from .reading import FORMAT, Reading, check_format, checked, is_recording
from .scrub import scrubber

_ABOUT = (
    "What a notebook made with comet_jupyter used: beside the notebook, or chosen with "
    "`%comet replay DIR`, it gives the same results again, without a key and without network."
)
_KEEP_BYTES = b"# Originals are checked against their sha256: no line ending may change.\n* -text\n"


class Recording(Reading):
    """A folder of results; may be used from every thread and from several processes.

    Parameters
    ----------
    folder : Path
        Not looked at before it is used; `opened` and `made` do.

    Attributes
    ----------
    folder : Path
        Absolute.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._swept = False

    @classmethod
    def opened(cls, folder: Path) -> Recording:
        """The recording that is there.

        Raises
        ------
        InputError
            When there is none, or none that this version reads.
        """
        recording = cls(folder)
        check_format(recording.folder)
        return recording

    @classmethod
    def made(cls, folder: Path) -> Recording:
        """The recording that is there, or a new one.

        Raises
        ------
        InputError
            When the folder holds other things, or a recording that cannot be read.
        StoreError
            When it cannot be written there.
        """
        recording = cls(folder)
        try:
            is_taken = not _marked(recording.folder)
        except (FileExistsError, NotADirectoryError):
            is_taken = True
        except OSError as error:
            failure = _not_written(recording.folder, reason(error))
            is_taken = False
        else:
            if not is_taken:
                return cls.opened(folder)
        if is_taken:
            raise InputError(
                f"{readable(recording.folder)} holds other things, and no recording",
                "Give a new folder, or an empty one: `%comet record recording`",
            )
        raise failure

    def write(
        self,
        record: Record,
        files: Files,
        *,
        occurrence: int | None = None,
        redact: Redact = str,
    ) -> Path:
        """Writes a result with its originals and the files it refers to.

        In place of one of the same request and number. Where the same stands there already,
        no byte changes; a result that was itself served from somewhere leaves the first one
        as it is.

        Of logs, notices, metrics and template is left out: the root address, every link and
        its host, what looks like a key or a header, and private folders (see `scrubber`). The
        input stands as it was typed, for it is what the result is found by.

        Parameters
        ----------
        record : Record
            One that succeeded.
        files : Files
            Where its files are.
        occurrence : int, optional
            The how manieth of its kind it is here; the record's own number when left out.
        redact : callable
            Takes the session's key out of a text.

        Returns
        -------
        Path
            The folder of this result.

        Raises
        ------
        InputError
            When it did not succeed, or its request has no form that can be recorded.
        StoreError
            When a file is gone or has changed, or the disk refuses it.
        """
        number = record.occurrence if occurrence is None else occurrence
        if record.status != "succeeded" or not record.files or number < 1:
            raise InputError(
                f"{record.id or record.key[:12]} has no result to record",
                "Record pictures that were made, and may be served again",
            )
        asked = texts.request_text(record.request, number, redact=redact)
        name = request_hash(record.request)
        entry = self.folder / entry_name(name, number)
        if record.origin in ("store", "replay") and self._has(record, name, number):
            return entry
        contents = {
            original_name(index, file): self._original(entry, index, file, files)
            for index, file in enumerate(record.files)
        }
        contents[REQUEST] = asked
        contents[PREDICTION] = texts.prediction_text(record, self._scrub(record, files, redact))
        inputs = dict(_inputs(record.request, files))

        def fill() -> None:
            if inputs:
                _add(self.folder / INPUTS, inputs)
            _fill(entry, contents)

        self._alone(fill)
        return entry

    def remove(self, request_hash: str, occurrence: int) -> None:
        """Removes a result, and the input files that no other one refers to.

        One that is not there is no error.

        Raises
        ------
        StoreError
            When it is still there.
        """
        entry = self.folder / entry_name(request_hash, occurrence)
        if not os.path.lexists(entry):
            return

        def clear() -> None:
            away = temporary(entry)
            with suppress(FileNotFoundError):  # another one was quicker
                entry.rename(away)
                remove(away)
            self._remove_unused_inputs()

        self._alone(clear)

    def _scrub(self, record: Record, files: Files, redact: Redact) -> Redact:
        home = os.path.expanduser("~")
        links = (*record.state.outputs, *(file.url for file in record.files))
        return scrubber(
            addresses=(record.root, *links),
            homes=(home, os.path.realpath(home)),
            folders=(str(files.home), str(self.folder), str(self.folder.parent)),
            redact=redact,
        )

    def _has(self, record: Record, name: str, number: int) -> bool:
        """True when these very files are recorded already, and are whole."""
        with suppress(StoreError):
            known = self.find(name, number)
            if known is not None and known.files == tuple(
                replace(file, url="") for file in record.files
            ):
                for file in known.files:
                    self.read(file)
                return True
        return False

    def _original(self, entry: Path, index: int, file: FileRef, files: Files) -> bytes:
        """A result's file, from where it is recorded already or from the store."""
        with suppress(OSError, Unusable):
            return checked(entry / original_name(index, file), file.sha256)
        return files.read(file.sha256, file.media_type)

    def _alone(self, write: Callable[[], None]) -> None:
        """Writes as the only one that does; what the disk refuses is said in plain words."""
        try:
            with only_writer(self.folder):
                if not self._swept:
                    self._swept = True
                    sweep(self.folder)
                write()
            return
        except OSError as error:
            failure = _not_written(self.folder, reason(error))
        raise failure

    def _remove_unused_inputs(self) -> None:
        folder = self.folder / INPUTS
        if not is_folder(folder):
            return
        used = {
            inline.digits(text)
            for request in self.requests()
            for text in inline.strings(request.input)
        }
        for path in list(folder.iterdir()):
            if re.fullmatch(SHA256, path.stem) and path.stem not in used:
                path.unlink()
        with suppress(OSError):  # it holds others
            folder.rmdir()


def _marked(folder: Path) -> bool:
    """Makes a folder a recording; False when it holds other things.

    Raises
    ------
    OSError
        When it cannot be made, or cannot be written.
    """
    if is_recording(folder):
        if not os.access(folder, os.W_OK):
            raise PermissionError(errno.EACCES, "read-only")
        return True
    folder.mkdir(parents=True, exist_ok=True)
    with only_writer(folder):
        if is_recording(folder):
            return True
        with os.scandir(folder) as names:
            if any(not one.name.startswith(".") for one in names):
                return False
        write_whole(folder / ATTRIBUTES, _KEEP_BYTES)
        write_whole(folder / MANIFEST, texts.json_text({"format": FORMAT, "about": _ABOUT}))
        return True


def _inputs(request: PredictionRequest, files: Files) -> Iterator[tuple[str, bytes]]:
    """Names and bytes of the files that a request refers to, from the store."""
    for text in inline.strings(request.input):
        digits = inline.digits(text)
        if digits is None:
            continue
        found = files.find(digits)
        if found is None:
            raise StoreError(
                f"there is no file comet:{digits[:12]}… in the store", "Choose the picture again"
            )
        sha256, path = found
        media_type = next((kind for kind, end in SUFFIXES.items() if end == path.suffix), "")
        yield sha256 + path.suffix, files.read(sha256, media_type)


def _fill(entry: Path, contents: Mapping[str, bytes]) -> None:
    """Has a folder hold these files and no others; those that it holds are not touched.

    A new one gets its name when it is whole. In one that is there the description, the last of
    the files, is replaced in one step, and what it does not name is removed after that.
    """
    refuse_link(entry)
    if not entry.exists():
        part = temporary(entry)
        try:
            _add(part, contents)
            part.rename(entry)
        except BaseException:
            with suppress(OSError):
                remove(part)
            raise
        return
    _add(entry, contents)
    for path in list(entry.iterdir()):
        if is_original(path.name) and path.name not in contents:
            path.unlink()


def _add(folder: Path, contents: Mapping[str, bytes]) -> None:
    refuse_link(folder)
    folder.mkdir(exist_ok=True)
    sweep(folder)
    for name, data in contents.items():
        write_whole(folder / name, data)
    sync_folder(folder)


def _not_written(folder: Path, why: str) -> StoreError:
    return StoreError(
        f"the recording could not be written to {readable(folder)}: {why}",
        "Give a folder of your own, with free space: `%comet record DIR`",
    )
