"""One session per process: settings, store, background thread, and the handles in flight.

Magic, panel and Python call all end in `Session.submit`. Made at the first use, so that
loading the extension opens nothing and starts nothing.
"""

from __future__ import annotations

import asyncio
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

from .. import models, settings
from ..errors import InputError, KeyMissingError, SettingsError, UnknownOutcomeError
from ..key import Key
from ..record import Failure, Record
from ..settings import Settings
from ..store import Store
from ..wire.request import PredictionRequest
from .prediction import Batch, Prediction

if TYPE_CHECKING:
    from .follow import Following, Lanes, Link
    from .keeper import Keeper
    from .runner import Runner

SEEDS = 1_000_000
"""Seeds are drawn below this: six digits can be read out and typed again."""

SANDBOX_KEY = "sandbox-needs-no-key"


class _CurrentKey:
    """The key as it is at the moment of a request, so that `%comet login` helps at once."""

    def __init__(self, session: Session) -> None:
        self._session = weakref.ref(session)

    def _key(self) -> Key:
        session = self._session()
        key = session.settings.key.value if session is not None else None
        return key or Key(SANDBOX_KEY)

    def header(self) -> str:
        return self._key().header()

    def redact(self, text: str) -> str:
        return self._key().redact(text)


class Session:
    """Everything that outlives a cell.

    Parameters
    ----------
    explicit : callable, optional
        Settings that beat the environment: name to (value, origin), asked anew each time.
    draw : callable, optional
        Draws a seed below its argument.
    """

    def __init__(
        self,
        explicit: Callable[[], Mapping[str, tuple[Any, str]]] = dict,
        *,
        draw: Callable[[int], int] = secrets.randbelow,
    ) -> None:
        self._explicit = explicit
        self._draw = draw
        self._overrides: dict[str, tuple[Any, str]] = {}
        self._resolved: tuple[int, Settings] | None = None
        self._lock = threading.RLock()
        self._store: Store | None = None
        self._keeper: Keeper | None = None
        self._runner: Runner | None = None
        self._lanes: Lanes | None = None
        self._links: dict[str, Link] = {}
        self._running: dict[str, Prediction] = {}
        self._following: dict[str, Following] = {}
        self._in_flight: dict[tuple[str, bytes, int], Prediction] = {}
        self._known: weakref.WeakValueDictionary[str, Prediction] = weakref.WeakValueDictionary()
        self._run_times: dict[tuple[str, bool], list[float]] = {}
        self._last_seed: int | None = None

    # -- settings ------------------------------------------------------------------------

    @property
    def settings(self) -> Settings:
        """The settings as they are now, each with its origin."""
        explicit = {**self._explicit(), **self._overrides}
        # A hash, not the values: the environment holds the key.
        seen = hash((tuple(explicit.items()), frozenset(os.environ.items())))
        if self._resolved is None or self._resolved[0] != seen:
            self._resolved = (seen, settings.resolve(explicit))
        return self._resolved[1]

    def use_key(self, key: Key, origin: str) -> None:
        """Takes a key for this session; what was paused for want of one goes on."""
        self._overrides["key"] = (key, origin)
        if self._runner is not None and self._runner.alive:
            self._runner.call(self._wake_all)

    def use_sandbox(self, root: str | None) -> None:
        """Sends everything to a sandbox; None goes back to the service."""
        origin = "%comet sandbox"
        for name in ("root", "key", "prefix"):
            self._overrides.pop(name, None)
        if root is not None:
            self._overrides["root"] = (root, origin)
            self._overrides["key"] = (Key(SANDBOX_KEY), origin)
            self._overrides["prefix"] = ("/replicate/v1", origin)

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

    # -- submitting ----------------------------------------------------------------------

    def complete(
        self, request: PredictionRequest, count: int = 1, seed: int | str | None = None
    ) -> list[PredictionRequest]:
        """The requests of `count` pictures, each with a seed of its own.

        Parameters
        ----------
        request : PredictionRequest
        count : int
            Pictures, one prediction each.
        seed : int, "last", "+1", "random" or None
            The first seed; None keeps the request's own, else draws one where the model
            has a seed input.
        """
        if count < 1:
            raise InputError(f"{count} pictures cannot be made", "Give -n a number from 1")
        takes_seed = models.has_seed(request.model)
        if seed is None:
            seed = request.seed
        if seed is None or seed == "random":
            if not takes_seed:
                return [request] * count
            first = self._draw(SEEDS)
        elif isinstance(seed, str):
            last = self._last_seed if self._last_seed is not None else self.store.last_seed()
            if last is None:
                raise InputError("there is no last seed yet", "Give a number: --seed 7")
            first = last if seed == "last" else last + 1
        else:
            first = seed
        return [
            replace(request, input={**request.input, "seed": first + index})
            for index in range(count)
        ]

    def submit(
        self,
        *requests: PredictionRequest,
        timeout: float | None = None,
        hold: float = 600.0,
    ) -> list[Prediction]:
        """Writes the intents, hands them to the background, and returns the handles.

        A request that is in flight already is not sent twice: its handle is returned.

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
        StoreError
            The intent could not be written: nothing was sent.
        """
        now = self.settings
        if now.key.value is None:
            raise KeyMissingError(
                "there is no API key",
                "Set COMETAPI_KEY or type `%comet login`; to try without one, `%comet sandbox`",
            )
        root = now.root.value + now.prefix.value
        origin = "sandbox" if now.root.origin == "%comet sandbox" else "service"
        handles: list[Prediction] = []
        fresh: list[tuple[tuple[str, bytes, int], Prediction]] = []
        with self._lock:
            occurrences: dict[bytes, int] = {}
            for request in requests:
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
                self._in_flight[name] = prediction
                prediction.add_done_callback(functools.partial(self._forget, name))
                if prediction.seed is not None:
                    self._last_seed = prediction.seed
            for _, prediction in fresh:
                self._follow(prediction, timeout, hold)
        return handles

    def get(self, ref: str) -> Prediction:
        """The prediction of this id, or of the beginning of one.

        One that was acknowledged and not finished is followed again: no create, no cost.

        Raises
        ------
        InputError
            When there is none, or more than one.
        """
        record = self.store.get(ref)
        if record is None:
            raise InputError(
                f"there is no prediction {ref!r} in the store", "`%comet status` lists them"
            )
        prediction = self._known.get(record.key)
        if prediction is not None and (prediction.running() or not _can_go_on(record)):
            return prediction
        if not _can_go_on(record):
            return self._handle(record if record.finished else _interrupted(record))
        now = self.settings
        if record.root and record.root != now.root.value + now.prefix.value:
            raise SettingsError(
                f"{record.id} was made at {record.root}, not at {now.root.value}",
                "Set COMETAPI_BASE_URL to that address (or `%comet sandbox` where it was the "
                "sandbox) and ask again",
            )
        prediction = self._handle(replace(record, finished=False, failure=None, notices=()))
        self._follow(prediction, None, 600.0)
        return prediction

    def unfinished(self) -> list[Prediction]:
        """The predictions in flight, oldest first."""
        return [one for one in list(self._running.values()) if one.running()]

    def durations(self, record: Record) -> Sequence[float]:
        """Past run times of its model in seconds, a prior while there are few."""
        from .schedule import prior

        with self._lock:
            known = (record.model, record.sandbox)
            if known not in self._run_times:
                past = self.store.run_times(record.model, sandbox=record.sandbox)
                spec = models.spec(record.model)
                expected = prior(spec.run_time, spec.run_time_factor) if spec else []
                self._run_times[known] = [*(expected if len(past) < 10 else ()), *past]
            return self._run_times[known][-40:]

    def time_left(self, prediction: Prediction, elapsed: float) -> float | None:
        """Seconds that a running prediction will probably take still, by past runs."""
        from .schedule import estimate

        return estimate(elapsed, self.durations(prediction.record))

    def reach(self) -> str:
        """Asks the service's public catalogue, without the key; says what answered.

        Raises
        ------
        ServiceError
            When it cannot be reached.
        """
        now = self.settings

        async def ask() -> str:
            return await self._link(now.root.value, now.prefix.value).client.reach()

        return self.runner.wait_for(ask)

    # -- the background ------------------------------------------------------------------

    @property
    def runner(self) -> Runner:
        """The background thread, started at the first use."""
        from .runner import Runner

        with self._lock:
            if self._runner is None:
                self._runner = Runner(self._finish)
            return self._runner

    def close(self) -> None:
        """Ends the background and closes every socket and file; what is paid for is kept."""
        with self._lock:
            runner, self._runner = self._runner, None
        if runner is not None:
            runner.stop()
        with self._lock:
            if self._store is not None:
                self._store.close()

    def _handle(self, record: Record) -> Prediction:
        keeper = self.keeper
        prediction = Prediction(record, open_file=keeper.open, cancel=self._cancel)
        self._known[record.key] = prediction
        return prediction

    def _follow(self, prediction: Prediction, timeout: float | None, hold: float) -> None:
        root = self.settings.root.value
        prefix = self.settings.prefix.value
        keeper = self.keeper
        self._running[prediction.key] = prediction
        prediction.add_done_callback(lambda done: self._running.pop(done.key, None))

        def begin() -> None:
            from .follow import DEADLINE, Following, Lanes

            if self._lanes is None:
                self._lanes = Lanes()
            following = Following(
                prediction,
                self._link(root, prefix),
                self._lanes,
                keeper,
                self.durations,
                timeout=DEADLINE if timeout is None else timeout,
                hold=hold,
            )
            self._following[prediction.key] = following
            task = asyncio.get_running_loop().create_task(following.run())
            task.add_done_callback(lambda _: self._done(prediction))

        self.runner.call(begin)

    def _link(self, root: str, prefix: str) -> Link:
        """The clients of one service; on the loop."""
        from ..wire.client import ServiceClient
        from ..wire.download import Downloader
        from .follow import Link

        name = root + prefix
        if name not in self._links:
            client = ServiceClient(root, _CurrentKey(self), prefix=prefix)
            self._links[name] = Link(client, Downloader(allowed_host=root))
        return self._links[name]

    def _done(self, prediction: Prediction) -> None:
        if prediction.running():  # its coroutine was canceled: `_finish` tells the handle
            return
        self._following.pop(prediction.key, None)
        record = prediction.record
        known = self._run_times.get((record.model, record.sandbox))
        if record.succeeded and record.state.run_time and known is not None:
            known.append(record.state.run_time)

    def _forget(self, name: tuple[str, bytes, int], prediction: Prediction) -> None:
        self._in_flight.pop(name, None)

    def _wake_all(self) -> None:
        for following in self._following.values():
            following.wake()

    def _cancel(self, prediction: Prediction) -> None:
        def mark() -> None:
            following = self._following.get(prediction.key)
            if following is not None:
                following.cancel()

        if self._runner is not None and self._runner.alive:
            self._runner.call(mark)

    async def _finish(self) -> None:
        """The last thing on the loop: sockets closed, handles told."""
        for link in self._links.values():
            await link.aclose()
        self._links.clear()
        for following in self._following.values():
            following.abandon()
        self._following.clear()
        self._lanes = None


def _can_go_on(record: Record) -> bool:
    """True when the service may still have news: acknowledged, and not followed to its end."""
    if not record.id:
        return False
    if not record.finished:
        return True
    kind = "" if record.failure is None else record.failure.kind
    if kind == "DownloadError":  # the link may live still
        return True
    return kind in ("PredictionCanceledError", "StillRunningError") and not record.state.terminal


def _interrupted(record: Record) -> Record:
    """A record whose create was on its way when the process ended."""
    error = UnknownOutcomeError(
        "the kernel ended while this request was on its way; it may have been charged",
        "Look at your usage at the service before you run it again",
    )
    return replace(record, finished=True, failure=Failure.of(error))


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
