"""Replay and record as a session does them: what is served, what is used, what is written down.

Which result may be served is decided in ``replay.py``, how a recording is kept current in
``recorder.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError, KeyMissingError
from ..record import Record
from ..store import SHORTEST_REF
from ..store.identity import request_hash
from ..wire.request import PredictionRequest
from .choices import SANDBOX, Explicit
from .occurrences import NOWHERE, Occurrences, Place
from .recorder import Entry, Recorder, Use, Uses
from .replay import CACHES, Replay, not_kept, not_recorded, not_usable
from .resources import Resources

if TYPE_CHECKING:
    from ..store.recording import Recording


@dataclass(frozen=True, slots=True)
class Plan:
    """One request, and how it is answered.

    Attributes
    ----------
    request : PredictionRequest
    request_hash : str
    number : int
        The how manieth of its kind it is; 0 for one that is never served again.
    served : Record or None
        The result that is there already; None when it is to be made.
    trouble : str
        Why an earlier result could not be served, in one line.
    """

    request: PredictionRequest
    request_hash: str
    number: int
    served: Record | None = None
    trouble: str = ""


class Reproduction(Resources):
    """What makes a session's results repeatable."""

    def __init__(self, explicit: Explicit) -> None:
        super().__init__(explicit)
        self._replay = Replay(lambda: self.store, lambda: self.keeper)
        self._occurrences = Occurrences()
        self._recorder: Recorder | None = None
        self._uses = Uses()
        self._served: dict[str, Record] = {}
        self._troubles: dict[str, str] = {}

    @property
    def replaying(self) -> Path | None:
        """The recording that everything is served from; None when pictures are made."""
        recording = self._replay.recording
        return None if recording is None else recording.folder

    @property
    def recording(self) -> Path | None:
        """The recording that is kept current."""
        return None if self._recorder is None else self._recorder.recording.folder

    def can_replay(self, folder: Path) -> bool:
        """True for a folder that is a recording."""
        from ..store.recording import is_recording

        return is_recording(folder)

    def replay_from(self, folder: Path | None) -> None:
        """Serves everything from a recording, and makes nothing; None ends that.

        Raises
        ------
        InputError, StoreError
            When there is none, or it cannot be read.
        """
        self._replay.use(folder)

    def record_to(self, folder: Path | None) -> int:
        """Writes what this session has used into a recording, and keeps it current from now on.

        Parameters
        ----------
        folder : Path or None
            Made when needed; None ends the recording, which stays as it is.

        Returns
        -------
        int
            Results written now.

        Raises
        ------
        InputError, StoreError
            When there can be no recording. What could be written until then is.
        """
        from ..store.recording import Recording

        former = self._recorder
        if folder is None:
            self._recorder = None
            return 0
        recording = Recording.made(folder)
        recorder = Recorder(recording, self._redact)
        if former is not None and former.recording.folder == recording.folder:
            recorder = former  # it knows what it wrote, and what may go
        self._recorder = recorder  # first: what ends meanwhile is written where it ends
        written: set[Entry] = set()
        try:
            for use in self._uses.all():
                record = self._served.get(use.key) or self.store.get(use.key)
                if record is not None and record.succeeded:
                    trouble = recorder.write(record, use.entry, self.keeper.files)
                    if trouble:
                        raise InputError(trouble, "Repair that, and record again")
                    written.add(use.entry)
        except BaseException:
            self._recorder = former
            raise
        return len(written)

    def foresee(
        self, *requests: PredictionRequest, cache: str = "auto", place: Place = NOWHERE
    ) -> list[bool]:
        """Which of these requests would be served, free, if they were submitted now.

        Raises
        ------
        InputError, KeyMissingError, NotRecordedError, StoreError
            When `Session.submit` would refuse them.
        """
        plans = self._planned(requests, cache, place)
        return [plan.served is not None for plan in plans]

    # -- for the session -----------------------------------------------------------------

    def _planned(
        self, requests: Sequence[PredictionRequest], cache: str, place: Place
    ) -> list[Plan]:
        """How each request is answered; all of them before anything is sent or noted.

        Raises
        ------
        InputError
            For an unknown `cache`.
        KeyMissingError, NotRecordedError, StoreError
            When one can neither be served nor made.
        """
        if cache not in CACHES:
            raise InputError(f"there is no cache {cache!r}", f"Choose from {', '.join(CACHES)}")
        hashes = [request_hash(request) for request in requests]
        turns = self._occurrences.turns(
            [(name, one.repeatable) for name, one in zip(hashes, requests, strict=True)], place
        )
        recordings = self._replay.recordings
        plans: list[Plan] = []
        given: set[str] = set()
        for request, name, turn in zip(requests, hashes, turns, strict=True):
            number = turn.number
            if not request.repeatable:
                number = self._replay.number(recordings, name, number)
            served, trouble = self._answer(recordings, request, name, number, turn.again, cache)
            if served is not None:
                if served.key in given:  # two were asked for, and one is recorded
                    raise not_recorded(request, recordings)
                given.add(served.key)
            plans.append(Plan(request, name, number, served, trouble))
        return plans

    def _answer(
        self,
        recordings: Sequence[Recording],
        request: PredictionRequest,
        name: str,
        number: int,
        again: bool,
        cache: str,
    ) -> tuple[Record | None, str]:
        """What there is for one request, and what is wrong with it."""
        if self._replay.recording is not None:
            return self._replay.recorded(request, name, number), ""
        now = self.settings
        sandbox = None if now.key.value is None else now.root.origin == SANDBOX
        served: Record | None = None
        troubles = ["", ""]
        # Without a seed, a cell that is run again asks for another picture.
        if cache == "replay" or sandbox is None or (cache == "auto" and not again):
            served, troubles[0] = self._replay.found(recordings, name, number, sandbox=sandbox)
        if served is None and (cache == "replay" or (cache == "auto" and request.repeatable)):
            served, troubles[1] = self._replay.kept(request, name, number, sandbox=sandbox)
        trouble = next(filter(None, troubles), "")
        if served is None and (cache == "replay" or sandbox is None):
            if trouble:
                raise not_usable(request, trouble)
            if recordings:
                raise not_recorded(request, recordings)
            if cache == "replay":
                raise not_kept(request)
            raise KeyMissingError(
                "there is no API key",
                "Set COMETAPI_KEY or type `%comet login`; to try without one, `%comet sandbox`",
            )
        return served, trouble

    def _use(self, plan: Plan, key: str, place: Place) -> Use:
        """Notes what is used here, and that it was submitted; reads and writes no file."""
        if not plan.request.repeatable:
            self._occurrences.take(plan.request_hash, place)
            self._replay.made(plan.request_hash)
        use = Use(key, (plan.request_hash, plan.number), place)
        self._uses.add(use)
        if plan.trouble:
            self._troubles[key] = plan.trouble
        if plan.served is not None and plan.served.origin == "replay":  # the store has no such one
            self._served[key] = plan.served
        return use

    def _redact(self, text: str) -> str:
        key = self.settings.key.value
        return text if key is None else key.redact(text)

    def _at_the_end(self, record: Record) -> Record:
        """Writes a result down before anybody knows of it, and says what there was to say."""
        record = record.with_notice(self._troubles.pop(record.key, ""))
        return self._write_down(record, self._uses.of(record.key))

    def _write_down(self, record: Record, uses: Sequence[Use]) -> Record:
        """Writes a result into the recording; gives the record, with a notice on trouble."""
        recorder = self._recorder
        told = record
        try:
            for use in uses if record.succeeded else ():
                trouble = ""
                if recorder is not None:
                    trouble = recorder.write(record, use.entry, self.keeper.files)
                    told = told.with_notice(trouble)
                if not trouble:
                    replaced = self._uses.replaced_in(use.place.cell)
                    if recorder is not None:
                        recorder.remove(replaced)
        except Exception as error:  # noqa: BLE001 (a bug here must not take the picture away)
            told = told.with_notice(f"not recorded: {type(error).__name__}: {error}")
        return told

    def _served_as(self, ref: str) -> Record | None:
        """What was replayed in this session under this id or key, or the beginning of one."""
        ref = ref.strip()
        if len(ref) >= SHORTEST_REF:
            for record in reversed(list(self._served.values())):
                if record.id.startswith(ref) or record.key.startswith(ref):
                    return record
        return None
