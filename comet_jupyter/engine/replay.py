"""Earlier results in the place of new ones: from a recording, and from the store.

Decides what is served and reads its files; opens no socket and writes nothing. Making a
recording is in ``recorder.py``, its form on disk in ``store/recording/``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import CometError, InputError, NotRecordedError
from ..paths import readable
from ..record import Record
from ..show.text import count, one_line
from ..store import Store
from ..store.identity import request_hash
from ..wire.request import PredictionRequest

if TYPE_CHECKING:
    from ..store.recording import Recording
    from .keeper import Keeper

CACHES = ("auto", "replay", "refresh", "off")
"""What ``--cache`` may say; `Session.submit` tells what each means."""

MOST_DIFFERENCES = 4
"""Inputs named beside the prompt, model and seed of the nearest recorded request."""

_PROMPT = 80


class Replay:
    """What may be served instead of made.

    Parameters
    ----------
    store : callable
        The session's store.
    keeper : callable
        What opens files; it is lent those of recordings.

    Attributes
    ----------
    recording : Recording or None
        The one that was chosen: then nothing else is served, and nothing is made.
    """

    def __init__(self, store: Callable[[], Store], keeper: Callable[[], Keeper]) -> None:
        self._store = store
        self._keeper = keeper
        self._opened: dict[Path, Recording] = {}
        self._counted: dict[str, list[int]] = {}
        self.recording: Recording | None = None

    def use(self, folder: Path | None) -> None:
        """Serves from this recording alone; None ends that.

        Raises
        ------
        InputError, StoreError
            When there is none, or it cannot be read.
        """
        from ..store.recording import Recording

        self.recording = None if folder is None else Recording.opened(folder)

    def beside(self) -> list[Recording]:
        """The recordings that stand beside the notebook: in the working directory."""
        from ..store.recording import Recording, recordings_in

        try:
            folders = recordings_in(Path.cwd())
        except OSError:  # the directory is gone
            return []
        found = []
        for folder in folders:
            if folder not in self._opened:
                try:
                    self._opened[folder] = Recording.opened(folder)
                except CometError:  # not chosen, so none of anybody's business
                    continue
            found.append(self._opened[folder])
        return found

    @property
    def recordings(self) -> list[Recording]:
        """Where results are looked for: in the one that was chosen, else in those beside."""
        return self.beside() if self.recording is None else [self.recording]

    def number(self, recordings: Sequence[Recording], request_hash: str, turn: int) -> int:
        """The number that the so-manieth result of a request has in the recordings.

        One that was removed has left a gap there. They are counted as they were when this
        session asked first: what it makes itself comes after them (see `made`).
        """
        if request_hash not in self._counted:
            found = next(filter(None, (one.occurrences(request_hash) for one in recordings)), None)
            if found is None:
                return turn
            self._counted[request_hash] = found
        numbers = self._counted[request_hash]
        last = len(numbers)
        if turn <= last:
            return numbers[turn - 1]
        return turn if not numbers else numbers[-1] + turn - last

    def made(self, request_hash: str) -> None:
        """Results of this request have numbers of this session's from now on."""
        self._counted.setdefault(request_hash, [])

    def recorded(self, request: PredictionRequest, request_hash: str, number: int) -> Record:
        """The result of a request in the chosen recording.

        Raises
        ------
        NotRecordedError
            When it is not there.
        StoreError
            When it is damaged.
        """
        if self.recording is None:
            raise InputError("no recording was chosen", "`%comet replay DIR` chooses one")
        found = self._lent(self.recording, request_hash, number, round_again=True)
        if found is None:
            raise not_recorded(request, [self.recording])
        return found

    def found(
        self,
        recordings: Sequence[Recording],
        request_hash: str,
        number: int,
        *,
        sandbox: bool | None,
    ) -> tuple[Record | None, str]:
        """The result of a request in a recording beside the notebook.

        Parameters
        ----------
        recordings : sequence of Recording
        request_hash : str
        number : int
            The how manieth of its kind it is (see `number`).
        sandbox : bool or None
            Whether the sandbox would draw it; None when there is nobody to ask. Where the
            service would make it, no drawing of the sandbox stands in for it.

        Returns
        -------
        record : Record or None
        trouble : str
            What is there but cannot be used, in one line.
        """
        trouble = ""
        for round_again in (False, True) if sandbox is None else (False,):
            for recording in recordings:
                try:
                    record = self._lent(recording, request_hash, number, round_again=round_again)
                except CometError as error:
                    trouble = error.cause
                    continue
                if record is not None and (sandbox is not False or not record.sandbox):
                    return record, ""
        return None, trouble

    def kept(
        self, request: PredictionRequest, name: str, number: int, *, sandbox: bool | None
    ) -> tuple[Record | None, str]:
        """The same from the store, where each has its own; `name` is the request's hash.

        The same request whose seed was drawn when it was made counts as the first of its kind.
        """
        store = self._store()
        for either in (False, True) if sandbox is None else (sandbox,):
            record = store.made_before(name, number, sandbox=either)
            if record is None and request.repeatable and number == 1:
                drawn = request_hash(replace(request, seed_drawn=True))
                record = store.made_before(drawn, 1, sandbox=either, drawn_seed=request.seed)
                record = record and as_asked(record)
            if record is None:
                continue
            try:
                for file in record.files:
                    store.files.read(file.sha256, file.media_type)
            except CometError as error:
                return None, error.cause
            return served(record, "store"), ""
        return None, ""

    def _lent(
        self, recording: Recording, request_hash: str, number: int, *, round_again: bool
    ) -> Record | None:
        record = recording.find(request_hash, number)
        numbers = recording.occurrences(request_hash) if record is None and round_again else []
        if numbers:
            # After the last one comes the first: a notebook may run twice in a kernel.
            record = recording.find(request_hash, numbers[(number - 1) % len(numbers)])
        if record is None:
            return None
        for file in record.files:
            recording.read(file)
            self._keeper().lend(file, recording)
        return served(record, "replay")


def as_asked(record: Record) -> Record:
    """The record of the same request with its seed asked for."""
    return replace(record, request=replace(record.request, seed_drawn=False))


def served(record: Record, origin: str) -> Record:
    """A result as it is served again: nothing is charged."""
    return replace(record, origin=origin, cost=0.0, cost_estimated=False, notices=())


def not_recorded(request: PredictionRequest, recordings: Sequence[Recording]) -> NotRecordedError:
    """The error that says what was asked, what comes nearest, and how they differ."""
    where = " or ".join(readable(recording.folder) for recording in recordings)
    near = [one for recording in recordings if (one := recording.nearest(request)) is not None]
    if near and request_hash(near[0]) == request_hash(request):
        amount = sum(recording.how_many(request_hash(request)) for recording in recordings)
        cause = f"{_asked(request)}: this is recorded {count(amount, 'time')} in {where}, not more"
    else:
        cause = f"{_asked(request)}: this is not recorded in {where}"
        if near:
            cause += f"; the nearest there is {_asked(near[0])}{_differences(near[0], request)}"
    return NotRecordedError(
        cause,
        "Change it back, or make it anew where a key or the sandbox is set up: "
        "`%comet replay off`, and `%comet record DIR` to keep what is made",
    )


def not_usable(request: PredictionRequest, trouble: str) -> NotRecordedError:
    """The error for a request whose earlier result is damaged."""
    return NotRecordedError(
        f"{_asked(request)}: its earlier result cannot be served: {trouble}",
        "Bring that file back, or make the picture anew where a key or the sandbox is set up",
    )


def not_kept(request: PredictionRequest) -> NotRecordedError:
    """The error for a request that was never answered here."""
    return NotRecordedError(
        f"{_asked(request)}: there is no earlier result of this request",
        "Leave `--cache replay` out to make it",
    )


def _asked(request: PredictionRequest) -> str:
    seed = f"seed {request.seed}" if request.repeatable else "no seed"
    return f"{request.model}, {one_line(request.prompt, _PROMPT)!r}, {seed}"


def _differences(recorded: PredictionRequest, request: PredictionRequest) -> str:
    """The inputs that differ, besides those that `_asked` names."""
    from ..show.differences import differences

    found = [
        f", {one.name} {one_line(one.left, _PROMPT)} instead of {one_line(one.right, _PROMPT)}"
        for one in differences(_as_record(recorded), _as_record(request))
        if one.name not in ("prompt", "model", "seed")
    ]
    return "".join(found[:MOST_DIFFERENCES])


def _as_record(request: PredictionRequest) -> Record:
    asked = replace(request, input=request.asked, seed_drawn=False)
    return Record(key="", request=asked, submitted_at=datetime.now(timezone.utc))
