"""One session per process: settings, store, background, and the handles that are alive.

Magic, panel and Python call all end in `Session.submit`. Made at the first use, so that
loading the extension opens nothing and starts nothing.
"""

from __future__ import annotations

import functools
import os
import secrets
import threading
import uuid
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from .. import images, models
from ..errors import (
    CometError,
    InputError,
    KeyMissingError,
    SettingsError,
    StoreError,
)
from ..key import Key, looks_like_key
from ..record import Record
from ..settings import Settings
from ..store import Store
from ..wire.request import PredictionRequest
from . import input_files, schedule, seeds, verdict
from .batch import Batch
from .choices import SANDBOX, Choices, Explicit
from .prediction import Prediction
from .prices import NO_CHARGE, Price, Prices

if TYPE_CHECKING:
    from .background import Background
    from .keeper import Keeper


class Session:
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
        self._choices = Choices(explicit)
        self._draw = draw
        self._lock = threading.RLock()
        self._store: Store | None = None
        self._keeper: Keeper | None = None
        self._background: Background | None = None
        self._running: dict[str, Prediction] = {}
        self._in_flight: dict[tuple[str, bytes, int], Prediction] = {}
        self._known: weakref.WeakValueDictionary[str, Prediction] = weakref.WeakValueDictionary()
        self._run_times: dict[tuple[str, bool], list[float]] = {}
        self._last_seed: int | None = None
        self._listeners: list[Callable[[], object]] = []
        self.began = datetime.now(timezone.utc)
        self._prices = Prices()

    @property
    def settings(self) -> Settings:
        """The settings as they are now, each with its origin."""
        return self._choices.settings

    def use_key(self, key: Key, origin: str) -> None:
        """Takes a key for this session; what was paused for want of one goes on."""
        self._choices.use_key(key, origin)
        if self._background is not None:
            self._background.wake()
        self._tell()

    def use_sandbox(self, root: str | None) -> None:
        """Sends everything to a sandbox; None goes back to the service."""
        self._choices.use_sandbox(root)
        self._tell()

    def is_secret(self, text: str) -> bool:
        """True for a text that holds an API key: this session's, or one by its looks."""
        key = self.settings.key.value
        return looks_like_key(text) or (key is not None and key.redact(text) != text)

    def listen(self, listener: Callable[[], object]) -> Callable[[], None]:
        """Calls ``listener()`` after something is submitted, and after a change of service or key.

        Returns
        -------
        callable
            Ends it.

        Notes
        -----
        The call comes from any thread and must return at once.
        """
        self._listeners.append(listener)

        def forget() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return forget

    def _tell(self) -> None:
        for listener in tuple(self._listeners):
            listener()

    @property
    def store(self) -> Store:
        """Where records and pictures are kept."""
        with self._lock:
            home = self.settings.home.value
            if self._store is None or self._store.home != home:
                self._store = Store(home)
                self._keeper = None
            return self._store

    @property
    def keeper(self) -> Keeper:
        """The store as the background uses it."""
        from .keeper import Keeper

        with self._lock:
            store = self.store
            if self._keeper is None:
                self._keeper = Keeper(store)
            return self._keeper

    @property
    def background(self) -> Background:
        """The background, started at the first use."""
        from .background import Background

        with self._lock:
            if self._background is None:
                self._background = Background(self.durations, self._prices)
            return self._background

    def close(self) -> None:
        """Ends the background and closes every socket and file; what is paid for is kept."""
        with self._lock:
            background, self._background = self._background, None
        if background is not None:
            background.close()
        with self._lock:
            if self._store is not None:
                self._store.close()

    # -- submitting ----------------------------------------------------------------------

    def complete(
        self, request: PredictionRequest, count: int = 1, seed: int | str | None = None
    ) -> list[PredictionRequest]:
        """The requests of `count` pictures, each with a seed of its own (see `seeds.spread`)."""
        return seeds.spread(request, count, seed, last=self._seed_before, draw=self._draw)

    def _seed_before(self) -> int | None:
        return self._last_seed if self._last_seed is not None else self.store.last_seed()

    def submit(
        self,
        *requests: PredictionRequest,
        timeout: float | None = None,
        hold: float = 600.0,
    ) -> list[Prediction]:
        """Writes the intents, hands them to the background, and returns the handles.

        A request that is in flight already is not sent twice: its handle is returned. Input
        pictures are kept in the store, and the records refer to them (see `as_recorded`).

        Parameters
        ----------
        *requests : PredictionRequest
            In their final form (see `complete`).
        timeout : float, optional
            Seconds to follow each, 31 minutes by default.
        hold : float
            Seconds to wait for a new key when the service refuses this one in mid-run.

        Raises
        ------
        KeyMissingError, SettingsError
            Nothing was sent.
        CometError
            The background thread has ended: nothing was sent.
        InputError
            An input picture is not in the store, or too large: nothing was sent.
        StoreError
            The intent, or an input picture, could not be written: nothing was sent.
        """
        now = self.settings
        if now.key.value is None:
            raise KeyMissingError(
                "there is no API key",
                "Set COMETAPI_KEY or type `%comet login`; to try without one, `%comet sandbox`",
            )
        root = now.root.value + now.prefix.value
        origin = "sandbox" if now.root.origin == SANDBOX else "service"
        handles: list[Prediction] = []
        fresh: list[tuple[tuple[str, bytes, int], Prediction]] = []
        files = self.store.files
        recorded, pictures = input_files.shortened(requests, files)
        for picture in pictures:
            input_files.keep(picture, files)
        with self._lock:
            self.background.check()
            occurrences: dict[bytes, int] = {}
            for request in recorded:
                body = request.model.encode() + b"\n" + request.body()
                occurrence = occurrences.get(body, 0)
                occurrences[body] = occurrence + 1
                name = (root, body, occurrence)
                running = self._in_flight.get(name)
                if running is not None and running.running():
                    handles.append(running)
                    continue
                record = Record(
                    key=uuid.uuid4().hex,
                    request=request,
                    submitted_at=datetime.now(timezone.utc),
                    origin=origin,
                    root=root,
                )
                prediction = self._handle(record)
                handles.append(prediction)
                fresh.append((name, prediction))
            self.store.put(*(prediction.record for _, prediction in fresh))
            for name, prediction in fresh:
                self._follow(prediction, timeout, hold)
                self._in_flight[name] = prediction
                prediction.add_done_callback(functools.partial(self._forget, name))
                if prediction.seed is not None:
                    self._last_seed = prediction.seed
        return handles

    # -- input pictures ------------------------------------------------------------------

    def keep_input(self, data: bytes) -> str:
        """Keeps a picture to be given to a model, as it is; returns what stands for it.

        Parameters
        ----------
        data : bytes
            A whole file that Pillow can decode.

        Returns
        -------
        str
            ``comet:`` and 64 hex digits: the value of an input such as ``input_image``.

        Raises
        ------
        InputError
            When it is no picture, damaged, or too large to send.
        StoreError
            When it could not be written.
        """
        input_files.check(data)
        return input_files.keep(data, self.store.files)

    def input_file(self, reference: str) -> images.OutputFile:
        """The file that a reference names, to show it; an `Image` when it is a picture.

        Parameters
        ----------
        reference : str
            ``comet:`` and at least 12 hex digits.

        Raises
        ------
        InputError
            When it is no reference, or the store has no such file.
        StoreError
            When the file is gone from disk, or no longer the same.
        """
        return self.keeper.open(input_files.described(reference, self.store.files))

    def as_recorded(self, *requests: PredictionRequest) -> list[PredictionRequest]:
        """The requests as records and notebooks hold them; keeps and sends nothing.

        A picture in a ``data:`` URI of more than 1,000 characters becomes a reference to a file,
        and a shortened reference is completed.

        Raises
        ------
        InputError, StoreError
            When `submit` would refuse them for their pictures.
        """
        return input_files.shortened(requests, self.store.files)[0]

    def get(self, ref: str) -> Prediction:
        """The prediction of this id, or of the beginning of one.

        One that was acknowledged and not finished is followed again: no create, no cost.

        Raises
        ------
        InputError
            When there is none, or more than one.
        """
        with self._lock:
            record = self.store.get(ref)
            if record is None:
                raise InputError(
                    f"there is no prediction {ref!r} in the store", "`%comet status` lists them"
                )
            known = self._known.get(record.key)
            if known is not None and (known.running() or not verdict.can_go_on(known.record)):
                return known  # the disk may know less than the handle, when it was full
            if not verdict.can_go_on(record):
                return self._handle(record if record.finished else verdict.interrupted(record))
            now = self.settings
            if record.root and record.root != now.root.value + now.prefix.value:
                if record.origin == "sandbox" and now.root.origin == SANDBOX:
                    return self._handle(verdict.drawn_by_an_ended_sandbox(record))
                raise SettingsError(
                    f"{record.id} was made at {record.root}, not at {now.root.value}",
                    "Set COMETAPI_BASE_URL to that address (or `%comet sandbox` where it was the "
                    "sandbox) and ask again",
                )
            self.background.check()
            prediction = self._handle(replace(record, finished=False, failure=None, notices=()))
            self._follow(prediction, None, 600.0)
            return prediction

    def unfinished(self) -> list[Prediction]:
        """The predictions in flight, oldest first."""
        return [one for one in list(self._running.values()) if one.running()]

    def durations(self, record: Record) -> Sequence[float]:
        """Past run times of its model in seconds, a prior while there are few."""
        with self._lock:
            known = (record.model, record.sandbox)
            if known not in self._run_times:
                spec = models.spec(record.model)
                expected = schedule.prior(spec.run_time, spec.run_time_factor) if spec else []
                try:
                    past = self.store.run_times(record.model, sandbox=record.sandbox)
                except StoreError:  # when to ask is worth no paid picture
                    return expected
                self._run_times[known] = [*(expected if len(past) < 10 else ()), *past]
            return self._run_times[known][-40:]

    def time_left(self, prediction: Prediction, elapsed: float) -> float | None:
        """Seconds that a running prediction will probably take still, by past runs."""
        return schedule.estimate(elapsed, self.durations(prediction.record))

    def reach(self) -> str:
        """Asks the service's public catalogue, without the key; says what answered.

        Raises
        ------
        ServiceError
            When it cannot be reached.
        """
        now = self.settings
        key = self._choices.key_of(now.root.value)
        return self.background.reach(now.root.value, now.prefix.value, key)

    def price(self, model: str) -> Price | None:
        """What one request to a model (``owner/name``) costs, by what is known here already.

        At once, without a question to anybody; None when unknown (see `learn_prices`).

        Raises
        ------
        SettingsError
            When the service's address is malformed.
        """
        now = self.settings
        if now.root.origin == SANDBOX:
            return NO_CHARGE
        return self._prices.of(now.root.value + now.prefix.value, model)

    def learn_prices(self, done: Callable[[], object] | None = None) -> None:
        """Asks the service's public catalogue in the background, without the key.

        Nothing is asked while a question is under way, within an hour of an answer or five
        minutes of a failure, and never of the sandbox. A failure is silent: prices stay as
        they were.

        Parameters
        ----------
        done : callable, optional
            Called on the background thread when the question that is under way after this call
            has brought an answer; not when there is none, or it fails. So call this first,
            then `price`.

        Raises
        ------
        SettingsError
            When the service's address is malformed.
        """
        now = self.settings
        service = now.root.value + now.prefix.value
        if now.root.origin == SANDBOX or not self._prices.begin(service, done):
            return
        key = self._choices.key_of(now.root.value)
        try:
            self.background.learn_prices(now.root.value, now.prefix.value, key)
        except CometError:  # the thread has ended, which the next submit reports
            self._prices.release(service)

    def _handle(self, record: Record) -> Prediction:
        prediction = Prediction(record, open_file=self.keeper.open, cancel=self._cancel)
        self._known[record.key] = prediction
        return prediction

    def _follow(self, prediction: Prediction, timeout: float | None, hold: float) -> None:
        now = self.settings
        self.background.follow(
            prediction,
            self.keeper,
            root=now.root.value,
            prefix=now.prefix.value,
            key=self._choices.key_of(now.root.value),
            timeout=timeout,
            hold=hold,
        )
        self._running[prediction.key] = prediction
        prediction.add_done_callback(self._done)
        self._tell()

    def _done(self, prediction: Prediction) -> None:
        if self._running.get(prediction.key) is prediction:  # not yet taken up again
            del self._running[prediction.key]
        record = prediction.record
        known = self._run_times.get((record.model, record.sandbox))
        if record.succeeded and record.state.run_time and known is not None:
            known.append(record.state.run_time)

    def _forget(self, name: tuple[str, bytes, int], prediction: Prediction) -> None:
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


def as_one(predictions: Sequence[Prediction]) -> Prediction | Batch:
    """A single prediction as itself, several as a batch."""
    return predictions[0] if len(predictions) == 1 else Batch(predictions)


def _after_fork() -> None:
    # The child has no poller thread and must not share sockets or a database handle.
    global _current, _lock
    _current = None
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
