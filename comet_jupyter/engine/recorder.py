"""Keeping a recording current: what a session uses is written, what it replaced is removed."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from ..errors import CometError, StoreError
from ..paths import readable
from ..record import Record
from ..store import Files
from ..store.identity import request_hash
from .occurrences import Place
from .replay import as_asked

if TYPE_CHECKING:
    from ..store.recording import Recording

Entry = tuple[str, int]
"""What names a result in a recording: the hash of its request, and the how manieth it is."""


class Use(NamedTuple):
    """One result that a session used.

    Attributes
    ----------
    key : str
        Of its record.
    entry : (str, int)
    place : Place
    """

    key: str
    entry: Entry
    place: Place


class Uses:
    """What the cells of a session use, each of them in its last run; from any thread.

    What has no cell is never replaced. Grows with the results that are used, not with the
    submissions.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._of_cell: dict[str, tuple[str, dict[Use, None]]] = {}
        self._of_key: dict[str, list[Use]] = {}
        self._users: Counter[Entry] = Counter()
        self._former: dict[str, set[Entry]] = {}

    def add(self, use: Use) -> None:
        """Notes a use; the first one of a new run of a cell ends those of the run before."""
        cell, run = use.place
        with self._lock:
            if self._of_cell.get(cell, (run,))[0] != run:
                self._leave(cell)
            uses = self._of_cell.setdefault(cell, (run, {}))[1]
            if use not in uses:
                uses[use] = None
                self._of_key.setdefault(use.key, []).append(use)
                self._users[use.entry] += 1

    def all(self) -> list[Use]:
        """Everything that is used now, cell by cell."""
        with self._lock:
            return [use for _, uses in self._of_cell.values() for use in uses]

    def of(self, key: str) -> list[Use]:
        """What uses the record of this key."""
        with self._lock:
            return list(self._of_key.get(key, ()))

    def replaced_in(self, cell: str) -> set[Entry]:
        """What earlier runs of a cell used and nobody uses now; told once."""
        with self._lock:
            return {one for one in self._former.pop(cell, ()) if not self._users[one]}

    def _leave(self, cell: str) -> None:
        _, uses = self._of_cell.pop(cell)
        former = self._former.setdefault(cell, set())
        for use in uses:
            former.add(use.entry)
            self._users[use.entry] -= 1
            if not self._users[use.entry]:
                del self._users[use.entry]
            self._of_key[use.key].remove(use)
            if not self._of_key[use.key]:
                del self._of_key[use.key]


class Recorder:
    """Writes results into a recording; from any thread.

    Parameters
    ----------
    recording : Recording
    redact : callable
        Takes the session's key out of a text.
    """

    def __init__(self, recording: Recording, redact: Callable[[str], str]) -> None:
        self.recording = recording
        self._redact = redact
        self._lock = threading.Lock()
        self._written: set[Entry] = set()

    def write(self, record: Record, entry: Entry, files: Files) -> str:
        """Writes a result; returns what went wrong, in one line, else nothing.

        A failure of the disk does not fail the prediction, which is paid for.
        """
        if record.request.seed_drawn and request_hash(record.request) != entry[0]:
            record = as_asked(record)  # a cell that gives the seed was served from one that did not
        try:
            with self._lock:
                before = self._standing(record, entry)
                if before is not None and record.sandbox and not before.sandbox:
                    return (
                        "not recorded: a picture of the service stands in "
                        f"{readable(self.recording.folder)}"
                    )
                self.recording.write(record, files, occurrence=entry[1], redact=self._redact)
                if before is None:
                    self._written.add(entry)
            return ""
        except CometError as error:
            return f"not recorded: {error.cause}"

    def remove(self, entries: Collection[Entry]) -> None:
        """Removes those that this session wrote."""
        with self._lock, suppress(CometError):  # it can stay; `%comet share` names it
            for entry in self._written.intersection(entries):
                self.recording.remove(*entry)
                self._written.discard(entry)

    def _standing(self, record: Record, entry: Entry) -> Record | None:
        """What is recorded there; None for something damaged that may be written anew."""
        try:
            return self.recording.find(*entry)
        except StoreError:
            if record.sandbox:  # perhaps what the service made can be brought back
                raise
            return None
