"""Reading a recording: as what a stranger wrote, each file checked each time.

No link is followed, nothing is larger than its limit, a result whose name does not follow from
what it holds is damaged. Nothing here writes.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from contextlib import suppress
from itertools import islice
from pathlib import Path

from ...errors import InputError, StoreError
from ...images import MAX_BYTES, sniff
from ...paths import readable
from ...record import FileRef, Record
from ...wire.payload import MAX_OUTPUTS
from ...wire.request import PredictionRequest
from ..files import SHA256
from ..identity import nearest, request_hash
from . import texts
from .folder import Unusable, is_folder, is_regular, read_regular
from .names import (
    INPUTS,
    MANIFEST,
    PREDICTION,
    REQUEST,
    entry_name,
    entry_parts,
    is_original,
    original_name,
    without_index,
)

FORMAT = 1
"""Of the folder; a newer one may hold what is not understood here."""

MAX_ENTRIES = 10_000
"""Results of one recording that are looked at."""

MEND = "Bring the folder back as it was, or record it again with `%comet record DIR`"

_MOST_RECORDINGS, _MOST_LOOKED_AT = 20, 500
_MAX_MANIFEST = 64_000


def is_recording(folder: Path) -> bool:
    """True when the mark of a recording is there; nothing is read."""
    return is_regular(folder / MANIFEST)


def recordings_in(folder: Path) -> list[Path]:
    """The folder itself, and those directly in it, that are recordings; by name, at most 20.

    No link is followed, and no more than 500 names are looked at.
    """
    found = [folder] if is_recording(folder) else []
    with suppress(OSError), os.scandir(folder) as names:
        inside = [Path(one.path) for one in islice(names, _MOST_LOOKED_AT) if one.name[0] != "."]
        found += sorted(one for one in inside if is_folder(one) and is_recording(one))
    return found[:_MOST_RECORDINGS]


def check_format(folder: Path) -> None:
    """Refuses a folder that is no recording which this version reads.

    Raises
    ------
    InputError
    """
    path = folder / MANIFEST
    try:
        version = json.loads(read_regular(path, _MAX_MANIFEST))["format"]
    except (FileNotFoundError, NotADirectoryError):
        there = os.path.lexists(folder)
        cause = (
            f"{readable(folder)} is no recording"
            if there
            else f"there is no folder {readable(folder)}"
        )
        remedy = "Give a folder that `%comet record DIR` has made"
    except (Unusable, ValueError, RecursionError, TypeError, KeyError):
        cause, remedy = f"{readable(path)} is damaged", MEND
    else:
        if version == FORMAT and not isinstance(version, bool):
            return
        cause = f"{readable(folder)} is of a form that this version does not know"
        remedy = "Upgrade with `%pip install -U comet-jupyter`"
    raise InputError(cause, remedy)


class Reading:
    """What a recording gives back.

    Parameters
    ----------
    folder : Path
        Not looked at before it is used.

    Attributes
    ----------
    folder : Path
        Absolute.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = Path(os.path.abspath(folder))
        self._places: dict[str, Path] = {}

    def find(self, request_hash: str, occurrence: int) -> Record | None:
        """The result of a request, None when it is not recorded.

        Its files are not read before they are asked for (`read`).

        Parameters
        ----------
        request_hash : str
            See `comet_jupyter.store.identity`.
        occurrence : int
            One of `occurrences`.

        Returns
        -------
        Record
            Finished, of origin ``replay``. Its ``key`` follows from hash and number.

        Raises
        ------
        StoreError
            When it is damaged.
        """
        entry = self.folder / entry_name(request_hash, occurrence)
        if not os.path.lexists(entry):
            return None
        path = entry / REQUEST
        try:
            request = requested(entry, request_hash, occurrence)
            path = entry / PREDICTION
            data = read_regular(path, texts.MAX_JSON)
            record = texts.parse_prediction(
                data, request, occurrence, _key(request_hash, occurrence)
            )
        except (FileNotFoundError, NotADirectoryError):
            cause = f"{readable(entry)} is incomplete"
        except Unusable as trouble:
            cause = f"{readable(path)} {trouble}"
        else:
            for index, file in enumerate(record.files):
                self._places[file.sha256] = entry / original_name(index, file)
            return record
        raise StoreError(cause, MEND)

    def occurrences(self, request_hash: str) -> list[int]:
        """The numbers under which a request is recorded, in order: 1, 2, 3 as a rule.

        One that was removed leaves a gap.
        """
        return [number for digits, number in self.entries() if request_hash.startswith(digits)]

    def how_many(self, request_hash: str) -> int:
        """How many results of a request are recorded."""
        return len(self.occurrences(request_hash))

    def read(self, file: FileRef) -> bytes:
        """The bytes of a result's file, checked each time.

        Raises
        ------
        StoreError
            When it is gone, or not what it was.
        """
        path = self.path(file)
        try:
            data = checked(path, file.sha256)
            if len(data) == file.size and texts.told(data, file):
                return data
            cause = f"{readable(path)} is not the {file.media_type} that it is said to be"
        except (FileNotFoundError, NotADirectoryError):
            cause = f"{readable(path)} is no longer there"
        except Unusable as trouble:
            cause = f"{readable(path)} {trouble}"
        raise StoreError(cause, MEND)

    def path(self, file: FileRef) -> Path:
        """Where a result's file is; where it should be, when it is gone."""
        known = self._places.get(file.sha256)
        if known is not None and is_regular(known):
            return known
        name = without_index(original_name(0, file))
        for digits, number in self.entries():
            entry = self.folder / entry_name(digits, number)
            for path in _originals(entry):
                if without_index(path.name) == name:
                    self._places[file.sha256] = path
                    return path
        return known or self.folder / original_name(0, file)

    def input(self, sha256: str) -> tuple[bytes, str] | None:
        """A file that requests refer to, checked, and its media type; None when it is not here.

        Parameters
        ----------
        sha256 : str
            Or the beginning of one, at least 12 digits.

        Raises
        ------
        StoreError
            When it is not what it was.
        """
        path = self._input(sha256)
        if path is None:
            return None
        try:
            data = checked(path, path.stem)
            return data, sniff(data) or texts.NEUTRAL[0]
        except (FileNotFoundError, NotADirectoryError):  # just now
            return None
        except Unusable as trouble:
            cause = f"{readable(path)} {trouble}"
        raise StoreError(cause, MEND)

    def requests(self) -> list[PredictionRequest]:
        """What was asked for, result by result; damaged ones are left out."""
        found = []
        for digits, number in self.entries():
            entry = self.folder / entry_name(digits, number)
            with suppress(OSError, Unusable):
                if is_regular(entry / PREDICTION):
                    found.append(requested(entry, digits, number))
        return found

    def nearest(self, request: PredictionRequest) -> PredictionRequest | None:
        """The recorded request that is most like this one; None when there is none."""
        return nearest(request, self.requests())

    def _input(self, digits: str) -> Path | None:
        """Where the one input file is whose sha256 begins so."""
        folder = self.folder / INPUTS
        if not re.fullmatch("[0-9a-f]{12,64}", digits) or not is_folder(folder):
            return None
        found = []
        with suppress(OSError), os.scandir(folder) as names:
            for one in islice(names, 2 * MAX_ENTRIES):
                if one.name.startswith(digits) and re.fullmatch(SHA256, Path(one.name).stem):
                    found.append(Path(one.path))
        return min(found) if len({path.stem for path in found}) == 1 else None

    def entries(self) -> list[tuple[str, int]]:
        """First 16 digits of the hash, and number, of each result, in order; nothing is read."""
        found = []
        with suppress(OSError), os.scandir(self.folder) as names:
            for one in islice(names, 2 * MAX_ENTRIES):
                parts = entry_parts(one.name)
                if parts is not None and one.is_dir(follow_symlinks=False):
                    found.append(parts)
        return sorted(found)[:MAX_ENTRIES]


def requested(entry: Path, digits: str, number: int) -> PredictionRequest:
    """What was asked for in a result's folder, of the hash and number that its name says.

    Raises
    ------
    FileNotFoundError, Unusable
    """
    if not is_folder(entry):
        raise Unusable("is not in a folder of the recording")
    data = read_regular(entry / REQUEST, texts.MAX_JSON)
    request, occurrence = texts.parse_request(data)
    if occurrence != number or not request_hash(request).startswith(digits):
        raise Unusable("holds another request than its folder says")
    return request


def checked(path: Path, sha256: str) -> bytes:
    """The bytes of a file in one of a recording's folders.

    Raises
    ------
    FileNotFoundError
    Unusable
        When they are not those of the sha256.
    """
    if os.path.lexists(path) and not is_folder(path.parent):
        raise Unusable("is not in a folder of the recording")
    data = read_regular(path, MAX_BYTES)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise Unusable("has changed and is not the original any more")
    return data


def _key(request_hash: str, occurrence: int) -> str:
    """The name of a result's record: the same at each replay, and that of no other record."""
    return hashlib.sha256(f"replay {request_hash} {occurrence}".encode()).hexdigest()[:32]


def _originals(entry: Path) -> list[Path]:
    """The files of a result, by name."""
    with suppress(OSError), os.scandir(entry) as names:
        return sorted(
            Path(one.path) for one in islice(names, 2 * MAX_OUTPUTS) if is_original(one.name)
        )
    return []
