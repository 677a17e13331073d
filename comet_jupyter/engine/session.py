"""One session per process: it submits predictions and holds the handles that are alive.

Magic, panel and Python call all end in `Session.submit`. What it works with is in
``resources.py``, what it knows beforehand in ``estimates.py``, the pictures that it is given in
``input_pictures.py``, replay and record in ``reproduction.py``.
"""

from __future__ import annotations

import collections
import functools
import os
import secrets
import threading
import uuid
import weakref
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

from ..errors import CostLimitError, InputError, KeyMissingError, SettingsError, StoreError
from ..record import Record
from ..show.axes import Axes
from ..wire.request import PredictionRequest
from . import input_files, seeds, verdict
from .batch import Batch
from .choices import SANDBOX, Explicit
from .estimates import Estimates
from .input_pictures import InputPictures
from .occurrences import NOWHERE, Place
from .prediction import Prediction
from .recorder import Use
from .reproduction import Plan, Reproduction
from .tally import Counter, Tally

_Name = tuple[str, bytes, int]
"""A request in flight: service, body, and the how manieth of its kind in its submission."""


class Session(Estimates, InputPictures, Reproduction):
    """Everything that outlives a cell.

    Parameters
    ----------
    explicit : callable, optional
        Settings that beat the environment: name to (value, origin), asked anew each time.
    draw : callable, optional
        Draws a seed below its argument.

    Attributes
    ----------
    began : datetime
        Aware UTC.
    """

    def __init__(
        self, explicit: Explicit = dict, *, draw: Callable[[int], int] = secrets.randbelow
    ) -> None:
        super().__init__(explicit)
        self._draw = draw
        self._running: dict[str, Prediction] = {}
        self._in_flight: dict[_Name, Prediction] = {}
        self._known: weakref.WeakValueDictionary[str, Prediction] = weakref.WeakValueDictionary()
        self._last_seed: int | None = None
        self._counter = Counter()

    @property
    def tally(self) -> Tally:
        """What the predictions gave and cost that ended in this session."""
        for one in list(self._running.values()):
            if one.done():  # just now: who waits for it may be quicker than `_done`
                self._counter.take(one.record)
        return self._counter.tally

    def unfinished(self) -> list[Prediction]:
        """The predictions in flight, oldest first."""
        return [one for one in list(self._running.values()) if one.running()]

    # -- submitting ----------------------------------------------------------------------

    def complete(
        self, request: PredictionRequest, count: int = 1, seed: int | str | None = None
    ) -> list[PredictionRequest]:
        """The requests of `count` pictures, each with a seed of its own (see `seeds.spread`)."""
        return self.complete_all([request], count, seed)

    def complete_all(
        self,
        requests: Sequence[PredictionRequest],
        count: int = 1,
        seed: int | str | None = None,
    ) -> list[PredictionRequest]:
        """The requests of `count` pictures for each of these; drawn seeds are common to all."""
        return seeds.spread(requests, count, seed, last=self.last_seed, draw=self._draw)

    def last_seed(self) -> int | None:
        """The seed that was sent last, in this session or an earlier one; None before the first.

        Raises
        ------
        StoreError
            When the history cannot be read.
        """
        return self._last_seed if self._last_seed is not None else self.store.last_seed()

    def submit(
        self,
        *requests: PredictionRequest,
        timeout: float | None = None,
        hold: float = 600.0,
        cache: str = "auto",
        place: Place = NOWHERE,
        at_most: int | None = None,
    ) -> list[Prediction]:
        """Writes the intents, hands them to the background, and returns the handles.

        A request that is in flight already is not sent twice: its handle is returned; and one
        with its seed that a timeout or an earlier kernel left is followed again. One that
        was answered before may be served from what is kept: its handle is done at once, free,
        and needs neither key nor network. Input pictures are kept in the store, and the records
        refer to them (see `as_recorded`).

        Parameters
        ----------
        *requests : PredictionRequest
            In their final form (see `complete`).
        timeout : float, optional
            Seconds to follow each, 31 minutes by default.
        hold : float
            Seconds to wait for a new key when the service refuses this one in mid-run.
        cache : {"auto", "replay", "refresh", "off"}
            ``auto`` serves what a recording beside the notebook has, and from the store a
            request whose seed was asked for; ``replay`` serves from either and makes nothing;
            ``refresh`` makes a new picture, which is served from then on; ``off`` makes one
            that is never served. A recording that was chosen (`replay_from`) beats all four.
        place : Place
            The cell that submits, as far as the front end names it.
        at_most : int, optional
            Pictures that may be made, as `foresee` told; what it said would be served may be gone.

        Raises
        ------
        CostLimitError
            More would be made; nothing was sent.
        KeyMissingError, SettingsError
            Nothing was sent.
        NotRecordedError
            A replay has nothing for one of them; nothing was sent.
        CometError
            The session or its background thread has ended: nothing was sent.
        InputError
            An input picture is not in the store, or too large: nothing was sent.
        StoreError
            The intent, or an input picture, could not be written: nothing was sent.
        """
        files = self.store.files
        self._bring_inputs(requests)
        recorded, pictures = input_files.shortened(requests, files)
        with self._lock:
            plans = self._planned(recorded, cache, place)
            made = sum(plan.served is None for plan in plans)
            if at_most is not None and made > at_most:
                raise CostLimitError(
                    f"earlier results are gone meanwhile: {made} pictures would be made, and "
                    f"{at_most} were agreed to; nothing was sent",
                    "Run the cell again",
                )
            if not all(plan.served for plan in plans):
                for picture in pictures:
                    input_files.keep(picture, files)
                self.background.check()
            handles, fresh = self._handles(plans, cache)
            self.store.add([prediction.record for _, prediction in fresh], self.holder)
            uses = []
            for plan, prediction in zip(plans, handles, strict=True):
                uses.append(self._use(plan, prediction.key, place))
                if prediction.seed is not None:
                    self._last_seed = prediction.seed
            for name, prediction in fresh:
                self._follow(prediction, timeout, hold, fresh=True)
                self._in_flight[name] = prediction
                prediction.add_done_callback(functools.partial(self._forget, name))
        # Now that everything is followed, and nobody waits for the lock.
        return [self._noted(*one) for one in zip(handles, uses, strict=True)]

    def _noted(self, prediction: Prediction, use: Use) -> Prediction:
        """Writes down what is there already; the handle tells of trouble with that."""
        if not prediction.done():
            return prediction
        record = self._write_down(prediction.record, [use])
        return prediction if record is prediction.record else self._served_handle(record)

    def _served_handle(self, record: Record) -> Prediction:
        return Prediction(record, open_file=self.keeper.open)

    def _handles(
        self, plans: Sequence[Plan], cache: str
    ) -> tuple[list[Prediction], list[tuple[_Name, Prediction]]]:
        """A handle for each plan, and those among them that are to be created, by name."""
        now = self.settings
        root = now.root.value + now.prefix.value
        origin = "sandbox" if now.root.origin == SANDBOX else "service"
        handles: list[Prediction] = []
        fresh: list[tuple[_Name, Prediction]] = []
        occurrences: collections.Counter[bytes] = collections.Counter()
        for plan in plans:
            body = plan.request.model.encode() + b"\n" + plan.request.body()
            occurrences[body] += 1  # those that are served, too, or the others move up
            if plan.served is not None:
                self._counter.serve()
                handles.append(self._served_handle(plan.served))
                continue
            name = (root, body, occurrences[body])
            running = self._in_flight.get(name)
            if running is not None and running.running():
                handles.append(running)
                continue
            left = self._left_under_way(plan, root) if cache == "auto" else None
            if left is not None:
                handles.append(left)
                continue
            record = Record(
                key=uuid.uuid4().hex,
                request=plan.request,
                submitted_at=datetime.now(timezone.utc),
                origin=origin,
                root=root,
                occurrence=plan.number if cache != "off" else 0,
            )
            prediction = self._handle(record)
            handles.append(prediction)
            fresh.append((name, prediction))
        return handles, fresh

    def _left_under_way(self, plan: Plan, root: str) -> Prediction | None:
        """The same request with its seed, left by a timeout or an earlier kernel: paid for."""
        if not plan.request.repeatable:
            return None
        since = datetime.now(timezone.utc) - verdict.KEPT
        left = self.store.under_way(plan.request_hash, plan.number, since)
        return self.get(left.key) if left is not None and left.root == root else None

    # -- taking up earlier ones ----------------------------------------------------------

    def get(self, ref: str) -> Prediction:
        """The prediction of this id, or of the beginning of one.

        One that was acknowledged and not finished is followed again: no create, no cost.

        Raises
        ------
        InputError
            When there is none, or more than one.
        """
        with self._lock:
            record = self.store.get(ref) or self._served_as(ref)
            if record is None:
                raise InputError(
                    f"there is no prediction {ref!r} in the store", "`%comet status` lists them"
                )
            known = self._known.get(record.key)
            if known is not None and (known.running() or not verdict.can_go_on(known.record)):
                return known  # the disk may know less than the handle, when it was full
            followed = bool(self.store.held_elsewhere(self.holder, [record.key]))
            if not verdict.can_go_on(record) and not followed:
                return self._handle(
                    record if record.finished else self._settled(verdict.interrupted(record))
                )
            now = self.settings
            if now.key.value is None:
                raise KeyMissingError(
                    f"{record.id or record.key[:12]} can only be asked for with an API key",
                    "Set COMETAPI_KEY or type `%comet login`",
                )
            if record.root and record.root != now.root.value + now.prefix.value:
                if record.origin == "sandbox" and now.root.origin == SANDBOX:
                    return self._handle(self._settled(verdict.drawn_by_an_ended_sandbox(record)))
                raise SettingsError(
                    f"{record.id} was made at {record.root}, not at {now.root.value}",
                    "Set COMETAPI_BASE_URL to that address (or `%comet sandbox` where it was the "
                    "sandbox) and ask again",
                )
            self.background.check()
            prediction = self._handle(replace(record, finished=False, failure=None, notices=()))
            self._follow(prediction, None, 600.0, fresh=False)
            return prediction

    def _settled(self, record: Record) -> Record:
        """Keeps an end that nobody saw, so that the prediction can be forgotten."""
        with suppress(StoreError):  # it is known here, and found out again elsewhere
            self.store.end(record)
        return record

    def heir(self) -> Session:
        """A fresh session with what was chosen in this one: key, sandbox, recording to replay.

        So that a fork, or the extension loaded anew, never spends where this one would not.
        """
        heir = Session(draw=self._draw)
        heir._choices = self._choices
        heir._replay.recording = self._replay.recording
        return heir

    # -- handles ---------------------------------------------------------------------------

    def _handle(self, record: Record) -> Prediction:
        prediction = Prediction(
            record, open_file=self.keeper.open, cancel=self._cancel, ending=self._at_the_end
        )
        self._known[record.key] = prediction
        return prediction

    def _follow(
        self, prediction: Prediction, timeout: float | None, hold: float, *, fresh: bool
    ) -> None:
        now = self.settings
        self.background.follow(
            prediction,
            self.keeper,
            root=now.root.value,
            prefix=now.prefix.value,
            key=self._choices.key_of(now.root.value),
            timeout=timeout,
            hold=hold,
            fresh=fresh,
        )
        self._running[prediction.key] = prediction
        prediction.add_done_callback(self._done)
        self._tell()

    def _done(self, prediction: Prediction) -> None:
        if self._running.get(prediction.key) is prediction:  # not yet taken up again
            del self._running[prediction.key]
        self._run_times.add(prediction.record)
        self._counter.take(prediction.record)

    def _forget(self, name: _Name, prediction: Prediction) -> None:
        if self._in_flight.get(name) is prediction:
            del self._in_flight[name]

    def _cancel(self, prediction: Prediction) -> None:
        if self._background is not None:
            self._background.cancel(prediction)


_lock = threading.Lock()
_current: Session | None = None
_explicit: Callable[[], Mapping[str, tuple[Any, str]]] = dict


def current() -> Session:
    """The session of this process, made at the first call."""
    global _current
    with _lock:
        if _current is None:
            _current = Session(lambda: _explicit())
        return _current


def use(session: Session) -> None:
    """Makes a session the current one: other draws, other settings; the former is ended."""
    global _current
    close()
    with _lock:
        _current = session


def configure(explicit: Callable[[], Mapping[str, tuple[Any, str]]] = dict) -> None:
    """Where the session finds the settings that beat the environment (see `Session`)."""
    global _explicit
    _explicit = explicit


def close() -> None:
    """Ends the session: thread, sockets and files; the next use makes a new one."""
    global _current
    with _lock:
        session, _current = _current, None
    if session is not None:
        session.close()


def as_one(predictions: Sequence[Prediction], axes: Axes | None = None) -> Prediction | Batch:
    """A single prediction as itself, several as a batch; with axes always a batch."""
    if len(predictions) == 1 and axes is None:
        return predictions[0]
    return Batch(predictions, axes)


def _after_fork() -> None:
    # The child has no poller thread and must not share sockets or a database handle.
    global _current, _lock
    _lock = threading.Lock()
    _current = None if _current is None else _current.heir()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
