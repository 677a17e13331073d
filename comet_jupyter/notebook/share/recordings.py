"""Whether what the notebook shows can be replayed from the recordings beside it.

Reading them stands in `read`; the rest compares what was read with the outputs.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import CometError
from ...paths import readable
from ...wire.request import PredictionRequest
from .document import Document, Output
from .findings import NOTICE, PROBLEM, Finding, Place
from .running import is_comet

_MAKES_QUIETLY = re.compile(
    r"^\s*(?:%%?comet\b[^\n]*\s(?:-q|--quiet)\b|%comet\s+panel\b|(?:import|from)\s+comet_jupyter\b)",
    re.MULTILINE,
)
_MAKES = re.compile(r"^\s*(?:%%comet\b|%comet\s+run\b)(?P<options>[^\n]*)", re.MULTILINE)
_SHOWS_NOTHING = re.compile(r"\s(?:-q|--quiet|--dry-run)\b")

_RECORD = "Type `%comet record DIR` in the notebook, run all cells and save"
_MOST_STALE = 10


@dataclass(frozen=True, slots=True)
class Entry:
    """One recorded result: what names it, its files, and what is wrong with it."""

    request_hash: str
    number: int
    model: str
    sha256s: tuple[str, ...] = ()
    trouble: str = ""

    @property
    def place(self) -> Place:
        """Where it stands."""
        ending = "" if self.number == 1 else f"-{self.number}"
        return Place(part=f"the recording, {self.request_hash[:16]}{ending}")


@dataclass(frozen=True, slots=True)
class RecordingFolder:
    """A recording beside the notebook, read once and checked."""

    name: str
    entries: tuple[Entry, ...] = ()
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """What another notebook of the same folder uses: its records, and its sources as one text."""

    records: tuple[Mapping[str, Any], ...] = ()
    sources: str = ""

    @classmethod
    def of(cls, document: Document) -> Neighbour:
        """What this notebook uses."""
        records = (record for output in document.outputs for record in _shown(output))
        return cls(tuple(records), "\n".join(cell.source for cell in document.cells))

    def uses(self, folder: RecordingFolder) -> bool:
        """True when it names that recording, or shows a result of it."""
        return folder.name in self.sources or any(
            _entry_of(record, folder.entries) is not None for record in self.records
        )


def read(folder: Path) -> list[RecordingFolder]:
    """The recordings in a folder, every file of theirs compared with its sha256."""
    # SQLite and the rest of the store are not needed to look at a notebook without a recording.
    from ...store.recording import recordings_in

    return [_read(path) for path in recordings_in(folder)]


def _read(path: Path) -> RecordingFolder:
    from ...store.identity import request_hash
    from ...store.recording import Recording

    trouble = ""
    try:
        recording = Recording.opened(path)
    except CometError as error:
        return RecordingFolder(path.name, trouble=_short(error, path))
    entries = []
    models = {request_hash(one): one.model for one in recording.requests()}
    for name, model in models.items():
        for number in recording.occurrences(name):
            sha256s: tuple[str, ...] = ()
            trouble = ""
            try:
                record = recording.find(name, number)
                if record is not None:
                    sha256s = tuple(file.sha256 for file in record.files)
                    for file in record.files:
                        recording.read(file)
            except CometError as error:
                trouble = _short(error, path)
            entries.append(Entry(name, number, model, sha256s, trouble))
    return RecordingFolder(path.name, tuple(entries))


def _short(error: CometError, path: Path) -> str:
    """What the error says, without where the recording stands."""
    return error.cause.replace(readable(path.parent) + "/", "")


@dataclass(frozen=True, slots=True)
class Missing:
    """A result that the notebook shows and no recording of it has.

    Attributes
    ----------
    output : Output
    record : mapping
        Its record, as the notebook has it.
    number : int
        The how manieth of its kind it is there.
    """

    output: Output
    record: Mapping[str, Any]
    number: int


def of_notebook(
    document: Document, folders: Sequence[RecordingFolder], neighbours: Sequence[Neighbour]
) -> list[RecordingFolder]:
    """The recordings of a notebook: not those that only other notebooks use."""
    own = Neighbour.of(document)
    return [
        folder
        for folder in folders
        if own.uses(folder) or not any(other.uses(folder) for other in neighbours)
    ]


def missing(document: Document, folders: Sequence[RecordingFolder]) -> Iterator[Missing]:
    """What the notebook shows and its recordings have not, in the order of the notebook."""
    entries = [entry for folder in folders for entry in folder.entries]
    amounts: Counter[str] = Counter()
    for output in document.outputs:
        for record in _shown(output):
            name = _hash_of(record)
            amounts[name] += 1
            if _entry_of(record, entries) is None:
                drawn = record.get("seed_drawn") is True
                yield Missing(output, record, amounts[name] if drawn else 1)


def find(
    document: Document,
    folders: Sequence[RecordingFolder],
    neighbours: Sequence[Neighbour] = (),
    is_kept: Callable[[str], bool] = lambda key: False,
) -> Iterator[Finding]:
    """Requests that are not recorded, recordings that are damaged, different or not used.

    Parameters
    ----------
    document : Document
    folders : sequence of RecordingFolder
    neighbours : sequence of Neighbour
        Other notebooks beside this one: a recording that only they use is theirs.
    is_kept : callable
        True for the key of a result that this machine's store has.
    """
    folders = of_notebook(document, folders, neighbours)
    if not folders:
        yield from _unrecorded(document)
        return
    entries = [entry for folder in folders for entry in folder.entries]
    for folder in folders:
        if folder.trouble:
            place = Place(part="the recording")
            yield Finding(PROBLEM, "recording", place, folder.trouble, _RECORD)
    for entry in entries:
        if entry.trouble:
            remedy = "Bring the folder back as it was, or record it again"
            yield Finding(PROBLEM, "recording", entry.place, entry.trouble, remedy)
    for lost in missing(document, folders):
        yield _not_recorded(lost, is_kept)
    used: set[tuple[str, int]] = set()
    for output in document.outputs:
        for record in _shown(output):
            match = _entry_of(record, entries)
            if match is None:
                continue
            used.add((match.request_hash, match.number))
            if not match.trouble and match.sha256s != _sha256s(record):
                yield Finding(
                    NOTICE,
                    "recording",
                    output.place,
                    "the recording holds another picture for it than the one that shows",
                    "Run all cells again and save, so that both are the same",
                )
    yield from _cells_without_output(document)
    if not any(_MAKES_QUIETLY.search(cell.source) for cell in document.cells if cell.is_code):
        records = [record for other in neighbours for record in other.records]
        found = [_entry_of(record, entries) for record in records]
        used |= {(one.request_hash, one.number) for one in found if one is not None}
        yield from _stale(entries, used)


def _unrecorded(document: Document) -> Iterator[Finding]:
    """One notice about all pictures that only somebody with a key can make again."""
    amount = sum(
        record.get("origin", "service") != "sandbox" and record.get("sandbox") is not True
        for output in document.outputs
        for record in _shown(output)
    )
    if amount:
        pictures = "1 picture" if amount == 1 else f"{amount} pictures"
        yield Finding(
            NOTICE,
            "recording",
            Place(part="the notebook"),
            f"no recording stands beside it: readers need a key, and pay, to make its {pictures}",
            _RECORD,
        )


def _not_recorded(lost: Missing, is_kept: Callable[[str], bool]) -> Finding:
    place = lost.output.place
    cause = "its request is in no recording beside the notebook"
    key = lost.record.get("key")
    if isinstance(key, str) and is_kept(key):
        remedy = "`%comet share --fix` records it from this machine's store, free"
        return Finding(PROBLEM, "recording", place, cause, remedy, fixable=True)
    return Finding(PROBLEM, "recording", place, cause, _RECORD)


def _cells_without_output(document: Document) -> Iterator[Finding]:
    code = [cell for cell in document.cells if cell.is_code]
    if not any(cell.outputs or cell.node.get("execution_count") for cell in code):
        return  # cleared as a whole, which is a way to publish one
    for cell in code:
        makes = _MAKES.search(cell.source) if is_comet(cell.source) else None
        if makes and not cell.outputs and not _SHOWS_NOTHING.search(makes["options"]):
            ran = bool(cell.node.get("execution_count"))
            yield Finding(
                PROBLEM,
                "recording",
                cell.place(),
                "its output is gone" if ran else "it was never run, so nothing of it is recorded",
                "Run the cell and save: what is recorded costs nothing",
            )


def _stale(entries: Sequence[Entry], used: set[tuple[str, int]]) -> Iterator[Finding]:
    left = [entry for entry in entries if (entry.request_hash, entry.number) not in used]
    for entry in left[:_MOST_STALE]:
        cause = f"no output of the notebooks beside it uses this result of {entry.model}"
        yield Finding(
            NOTICE, "recording", entry.place, cause, "Delete the folder if it is of no use"
        )
    if len(left) > _MOST_STALE:
        cause = f"{len(left) - _MOST_STALE} more results are not used"
        place = Place(part="the recording")
        yield Finding(NOTICE, "recording", place, cause, "Delete those that are of no use")


def _shown(output: Output) -> list[Mapping[str, Any]]:
    return [record for record in output.comet if _is_result(record)]


def _is_result(record: Mapping[str, Any]) -> bool:
    return isinstance(record.get("model"), str) and bool(_sha256s(record))


def _sha256s(record: Mapping[str, Any]) -> tuple[str, ...]:
    files = record.get("files")
    return tuple(
        file["sha256"]
        for file in (files if isinstance(files, list) else ())
        if isinstance(file, dict) and isinstance(file.get("sha256"), str)
    )


def _entry_of(record: Mapping[str, Any], entries: Sequence[Entry]) -> Entry | None:
    """The recorded result that an output shows: by its request, else by its files."""
    name, number = _hash_of(record), record.get("occurrence", 1)
    same_files = [entry for entry in entries if entry.sha256s == _sha256s(record)]
    same_request = [entry for entry in entries if entry.request_hash == name]
    for entry in same_request:
        if entry in same_files or entry.number == number:
            return entry
    # Long inputs are cut in a notebook, and have no hash there.
    return same_files[0] if same_files and not name else None


def _hash_of(record: Mapping[str, Any]) -> str:
    """The hash of its request; empty where the notebook does not hold all of it."""
    from ...store.identity import request_hash

    given, shortened = record.get("input", {}), record.get("shortened", ())
    if not isinstance(given, dict) or (isinstance(shortened, list) and "input" in shortened):
        return ""
    try:
        drawn = record.get("seed_drawn") is True
        return request_hash(PredictionRequest(str(record.get("model")), given, seed_drawn=drawn))
    except (CometError, TypeError, ValueError, RecursionError):
        return ""
