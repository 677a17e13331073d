"""Keeping a recording current: what a session uses is written, what it replaced is removed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NamedTuple

from ..errors import CometError, StoreError
from ..paths import readable
from ..record import Record
from ..store import Files
from ..store.recording import Recording
from .occurrences import Place


class Use(NamedTuple):
    """One result that a session used.

    Attributes
    ----------
    key : str
        Of its record.
    request_hash : str
    number : int
        The how manieth of its kind (see `Occurrences`).
    place : Place
    """

    key: str
    request_hash: str
    number: int
    place: Place

    @property
    def entry(self) -> tuple[str, int]:
        """What names it in a recording."""
        return self.request_hash, self.number


def in_use(uses: Sequence[Use]) -> list[Use]:
    """Those of the last run of each cell, in their order."""
    last = {use.place.cell: use.place.run for use in uses}
    return [use for use in uses if not use.place.cell or last[use.place.cell] == use.place.run]


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
        self._written: set[tuple[str, int]] = set()

    def write(self, record: Record, use: Use, files: Files) -> str:
        """Writes a result; returns what went wrong, in one line, else nothing.

        A failure of the disk does not fail the prediction, which is paid for.
        """
        try:
            with self._lock:
                before = self._recorded(use)
                if before is not None and record.sandbox and not before.sandbox:
                    return f"not recorded: a picture of the service stands in {self._where}"
                self.recording.write(record, files, occurrence=use.number, redact=self._redact)
                if before is None:
                    self._written.add(use.entry)
            return ""
        except CometError as error:
            return f"not recorded: {error.cause}"

    def _recorded(self, use: Use) -> Record | None:
        """What stands there; what is damaged is written anew."""
        try:
            return self.recording.find(*use.entry)
        except StoreError:
            return None

    @property
    def _where(self) -> str:
        return readable(self.recording.folder)

    def tidy(self, uses: Sequence[Use]) -> None:
        """Removes what this session wrote and its cells no longer use."""
        with self._lock, suppress(CometError):  # it can stay; `%comet share` names it
            for entry in self._written - {use.entry for use in in_use(uses)}:
                self.recording.remove(*entry)
                self._written.discard(entry)
