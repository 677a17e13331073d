"""Replay and record as a session does them: what is served, what is used, what is written down.

Which result may be served is decided in ``replay.py``, how a recording is kept current in
``recorder.py``.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError, KeyMissingError
from ..record import Record
from ..store import SHORTEST_REF
from ..store.identity import request_hash
from ..store.recording import Recording, is_recording
from ..wire import inline
from ..wire.request import PredictionRequest
from .choices import SANDBOX, Explicit
from .occurrences import NOWHERE, Occurrences, Place, Turn
from .recorder import Recorder, Use, in_use
from .replay import CACHES, Replay, not_kept, not_recorded
from .resources import Resources

if TYPE_CHECKING:
    pass


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
        self._uses: list[Use] = []
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
        if folder is None:
            self._recorder = None
            return 0
        recorder = Recorder(Recording.made(folder), self._redact)
        written = 0
        for use in in_use(list(self._uses)):
            record = self._served.get(use.key) or self.store.get(use.key)
            if record is not None and record.succeeded:
                trouble = recorder.write(record, use, self.keeper.files)
                if trouble:
                    raise InputError(trouble, "Repair that, and record again")
                written += 1
        self._recorder = recorder
        return written

    def foresee(
        self, *requests: PredictionRequest, cache: str = "auto", place: Place = NOWHERE
    ) -> int:
        """How many of these requests would be served, free, if they were submitted now.

        Raises
        ------
        InputError, KeyMissingError, NotRecordedError, StoreError
            When `Session.submit` would refuse them.
        """
        plans = self._planned(requests, cache, copy.deepcopy(self._occurrences), place)
        return sum(plan.served is not None for plan in plans)

    # -- for the session -----------------------------------------------------------------

    def _planned(
        self,
        requests: Sequence[PredictionRequest],
        cache: str,
        occurrences: Occurrences,
        place: Place,
    ) -> list[Plan]:
        """How each request is answered; all of them before anything is sent.

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
        turns = occurrences.turns(
            [(name, one.repeatable) for name, one in zip(hashes, requests, strict=True)], place
        )
        plans = []
        for request, name, turn in zip(requests, hashes, turns, strict=True):
            served, trouble = self._answer(request, name, turn, cache)
            plans.append(Plan(request, name, turn.number, served, trouble))
        return plans

    def _answer(
        self, request: PredictionRequest, name: str, turn: Turn, cache: str
    ) -> tuple[Record | None, str]:
        number = turn.number
        if self._replay.recording is not None:
            return self._replay.recorded(request, name, number), ""
        now = self.settings
        sandbox = None if now.key.value is None else now.root.origin == SANDBOX
        served: Record | None = None
        trouble = ""
        # Without a seed, a cell that is run again asks for another picture.
        if cache == "replay" or sandbox is None or (cache == "auto" and not turn.again):
            served, trouble = self._replay.found(name, number, sandbox=sandbox)
        if served is None and (cache == "replay" or (cache == "auto" and request.repeatable)):
            served, trouble = self._replay.kept(name, number, sandbox=sandbox)
        if served is None and (cache == "replay" or sandbox is None):
            beside = self._replay.beside()
            if beside:
                raise not_recorded(request, beside)
            if cache == "replay":
                raise not_kept(request)
            raise KeyMissingError(
                "there is no API key",
                "Set COMETAPI_KEY or type `%comet login`; to try without one, `%comet sandbox`",
            )
        return served, trouble

    def _bring_inputs(self, requests: Sequence[PredictionRequest]) -> None:
        """Keeps the input files that requests refer to and only a recording has."""
        files = self.store.files
        chosen = self._replay.recording
        for text in {text for one in requests for text in inline.strings(one.input)}:
            digits = inline.digits(text)
            if digits is None or files.find(digits) is not None:
                continue
            for recording in self._replay.beside() if chosen is None else [chosen]:
                found = recording.input(digits)
                if found is not None:
                    files.add(*found)
                    break

    def _use(self, plan: Plan, key: str, place: Place) -> None:
        """Notes what is used here; something served is written down at once."""
        use = Use(key, plan.request_hash, plan.number, place)
        self._uses.append(use)
        if plan.trouble:
            self._troubles[key] = plan.trouble
        if plan.served is not None:
            self._served[key] = plan.served
            self._write_down(plan.served)

    def _redact(self, text: str) -> str:
        key = self.settings.key.value
        return text if key is None else key.redact(text)

    def _at_the_end(self, record: Record) -> Record:
        """Writes a result down before anybody knows of it, and says what there was to say."""
        record = record.with_notice(self._troubles.pop(record.key, ""))
        try:
            return self._write_down(record)
        except Exception as error:  # noqa: BLE001 (a bug here must not take the picture away)
            return record.with_notice(f"not recorded: {type(error).__name__}: {error}")

    def _write_down(self, record: Record) -> Record:
        """Writes a result into the recording; gives the record, with a notice on trouble."""
        recorder = self._recorder
        if recorder is None or not record.succeeded:
            return record
        uses = list(self._uses)
        for use in in_use(uses):
            if use.key == record.key:
                record = record.with_notice(recorder.write(record, use, self.keeper.files))
        recorder.tidy(uses)
        return record

    def _served_as(self, ref: str) -> Record | None:
        """What was served in this session under this id or key, or the beginning of one."""
        ref = ref.strip()
        if len(ref) >= SHORTEST_REF:
            for record in reversed(list(self._served.values())):
                if record.id.startswith(ref) or record.key.startswith(ref):
                    return record
        return None
