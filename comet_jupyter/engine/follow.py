"""One prediction from the create to the kept file: a coroutine that advances its handle.

Runs on the runner's loop. Pillow and SQLite work happens here too, in slices of some
milliseconds, so that the number of threads does not grow with that of predictions.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Coroutine, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Any, TypeVar

from ..errors import CometError, PredictionCanceledError, StillRunningError, StoreError
from ..record import Failure, Record
from ..wire.client import Answer
from ..wire.state import PredictionState
from . import delivery, schedule, verdict
from .keeper import Keeper
from .link import Lanes, Link
from .prediction import Prediction, canceled_error
from .prices import Prices

T = TypeVar("T")

DEADLINE = 1860.0
"""Seconds that a prediction is followed by default: 30 minutes and a margin."""

LOOK = 0.5
"""Seconds between two looks at what another kernel has found out."""

ELSEWHERE = "another kernel follows it and asks the service; this one looks on"

CANCEL_LIMIT = 8.0
"""Seconds within which the service is believed when it is asked to stop."""


_present: ContextVar[Following] = ContextVar("comet_jupyter_following")


async def rest(seconds: float) -> None:
    """How the client sits out a rate limit or a refused connection.

    Nothing is under way then, so a cancel may end it, unlike a create that was sent.
    """
    await _present.get().rest(seconds)


@dataclass
class Following:
    """One prediction in flight.

    Attributes
    ----------
    prediction : Prediction
        Its intent is on disk; without an id it is created first.
    link : Link
    lanes : Lanes
    keeper : Keeper
    durations : callable
        Past run times of a record's model, in seconds.
    prices : Prices
        What a success cost is looked up here.
    timeout : float
        Seconds to follow it.
    hold : float
        Seconds to wait for a new key when the service refuses this one in mid-run.
    fresh : bool
        Its intent was written just now, here: it is created.
    ours : bool
        We hold its lease; else another kernel asks the service, and we look on.
    """

    prediction: Prediction
    link: Link
    lanes: Lanes
    keeper: Keeper
    durations: Callable[[Record], Sequence[float]]
    prices: Prices
    timeout: float = DEADLINE
    hold: float = 600.0
    fresh: bool = True
    ours: bool = False
    submitted: float = field(default_factory=monotonic)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _canceled: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def record(self) -> Record:
        """The newest record."""
        return self.prediction.record

    def cancel(self) -> None:
        """Stops it at the next step; called on the loop."""
        self._canceled.set()
        self._wake.set()

    def wake(self) -> None:
        """Ends a pause: the key has changed; called on the loop."""
        self._wake.set()

    def abandon(self) -> None:
        """Ends the handle, not the prediction: on disk it stays unfinished."""
        name = self.record.id or self.record.key[:12]
        error = StillRunningError(
            f"{name} is no longer followed here: the background was stopped",
            f"`%load_ext comet_jupyter`, then `%comet resume {name}`",
        )
        self.prediction.advance(replace(self.record, finished=True, failure=Failure.of(error)))

    async def run(self) -> None:
        """Follows it to its end; whatever happens on the way ends in its handle."""
        _present.set(self)
        try:
            if self.fresh:
                self.ours = True
                await self._create()
            await self._poll()
            failure = verdict.end_failure(self.record)
            if failure is None:
                kept, failure = await delivery.kept(
                    self.record, self.link.downloader, self.keeper, self.prices
                )
                await self._end(failure, kept)
            else:
                await self._end(failure)
        except _EndedElsewhere:
            return
        except CometError as error:
            await self._end(Failure.of(error))
        except Exception as error:  # noqa: BLE001 (a bug must not leave a handle hanging)
            text = f"internal error: {type(error).__name__}: {error}"
            await self._end(Failure("CometError", text, "Please report it with `%comet doctor`"))

    # -- create --------------------------------------------------------------------------

    async def _create(self) -> None:
        if not await self._unless_canceled(self.lanes.creates.acquire()):
            raise _never_sent()
        try:
            if self._canceled.is_set():
                raise _never_sent()
            request = self.record.request
            state = await self.link.client.create(
                request,
                body=functools.partial(self.keeper.body, request),
                on_wait=self._on_wait,
            )
        finally:
            self.lanes.creates.release()
        origin = "sandbox" if state.source == "sandbox" else self.record.origin
        await self._save(replace(self.record, state=state, origin=origin, notices=()))

    async def rest(self, seconds: float) -> None:
        """Sleeps between two tries of the create; raises as soon as it is canceled."""
        try:
            await asyncio.wait_for(self._canceled.wait(), seconds)
        except asyncio.TimeoutError:
            return
        raise _never_sent()

    def _on_wait(self, seconds: float, reason: str) -> None:
        self._notice(f"{reason}: next try in {seconds:.0f} s")

    # -- poll ----------------------------------------------------------------------------

    async def _poll(self) -> None:
        begun = monotonic()
        durations = self.durations(self.record)
        without_output: float | None = None
        troubles = 0
        while True:
            if not self.ours:
                await self._look_on()
            now = monotonic()
            state = self.record.state
            if state.terminal:
                if not verdict.lacks_output(state):
                    return
                without_output = without_output or now
                if now - without_output > verdict.OUTPUT_GRACE:
                    return
            if self._canceled.is_set():
                await self._cancel_remotely()
                return
            if now - self.submitted > self.timeout:
                raise self._still_running(f"after {self.timeout:g} s")
            delay = schedule.next_delay(now - begun, durations)
            if state.terminal:
                delay = 0.5
            await self._sleep(delay)
            if self._canceled.is_set():
                continue
            answer = await self._unless_canceled(self._ask(), self._left())
            if answer is None:
                continue
            if answer.state is not None:
                troubles = 0
                await self._take(answer.state)
                continue
            troubles += 1
            if answer.kind == "missing":
                if monotonic() - begun > verdict.MISSING_GRACE:
                    raise verdict.expired(self.record).error()
            elif answer.kind == "refused":
                await self._pause(answer, troubles)
            else:
                if answer.wait:
                    self.lanes.budget.pause(min(answer.wait, 30.0))
                await self._sleep(answer.wait or schedule.retry_delay(troubles))

    async def _look_on(self) -> None:
        """Looks at what another kernel finds out, until this one may ask.

        Raises
        ------
        _EndedElsewhere
            The handle has its end.
        UnknownOutcomeError
            The other one has gone before the service answered its create.
        """
        while True:
            key = self.record.key
            self.ours = key in self.keeper.claim([key])
            found = self.keeper.look(key) or self.record
            if found.finished and not verdict.can_go_on(found):
                self.prediction.advance(found)
                raise _EndedElsewhere
            state = verdict.merge(self.record.state, found.state)
            if self.ours:
                if not state.id:
                    raise verdict.interruption()
                self._show(replace(self.record, state=state, notices=()))
                return
            self._show(replace(self.record, state=state, notices=(ELSEWHERE,)))
            if self._canceled.is_set():
                if state.id:
                    return
                raise canceled_error(self.record)
            if monotonic() - self.submitted > self.timeout:
                raise self._still_running("in another kernel")
            await self._sleep(LOOK)

    async def _ask(self) -> Answer:
        pause = self.lanes.budget.take()
        if pause:
            await asyncio.sleep(pause)
        return await self.link.client.query(self.record.id)

    async def _unless_canceled(
        self, work: Coroutine[Any, Any, T], timeout: float | None = None
    ) -> T | None:
        """What the work returns; None as soon as a cancel makes it pointless, or after a time."""
        working = asyncio.ensure_future(work)
        canceled = asyncio.ensure_future(self._canceled.wait())
        try:
            await asyncio.wait(
                {working, canceled}, timeout=timeout, return_when=asyncio.FIRST_COMPLETED
            )
            return working.result() if working.done() else None
        finally:
            canceled.cancel()
            working.cancel()

    async def _take(self, new: PredictionState) -> None:
        old = self.record
        record = replace(old, state=verdict.merge(old.state, new), notices=())
        record = record.with_notice(new.notice)
        if record == old:
            return
        if record.state.status == old.state.status:
            self.prediction.advance(record)
        else:
            await self._save(record)

    async def _pause(self, answer: Answer, troubles: int) -> None:
        """The key is refused in mid-run: it is paid for, so wait for a new key."""
        error = answer.error or CometError("the service refused the question")
        self._notice(f"paused, {error.cause}: `%comet login` goes on")
        if troubles == 1:  # once may be a hiccup of the gateway
            await self._sleep(1.0)
            return
        until = monotonic() + self.hold
        await self._sleep(self.hold)
        if monotonic() >= until and not self._canceled.is_set():
            raise self._still_running(f"and the service refuses the key: {error.cause}")

    async def _cancel_remotely(self) -> None:
        asked = self.link.client.cancel(self.record.id)
        try:
            state = await asyncio.wait_for(asked, CANCEL_LIMIT)
        except asyncio.TimeoutError:
            state = None
        if state is not None and state.terminal:
            await self._take(state)
        else:
            raise canceled_error(self.record)

    def _still_running(self, why: str) -> StillRunningError:
        name = self.record.id
        state = self.record.state
        stands = "has no pictures yet" if state.terminal else f"is still {state.status}"
        return StillRunningError(
            f"{name} {stands} {why}",
            f"It goes on at the service: `%comet resume {name}` follows it again",
        )

    # -- steps that all share --------------------------------------------------------------

    async def _end(self, failure: Failure | None, record: Record | None = None) -> None:
        record = replace(
            record or self.record,
            finished=True,
            failure=failure,
            total_time=monotonic() - self.submitted,
        )
        # What only stopped being followed stays unfinished on disk, and can be taken up again.
        resumable = failure is not None and failure.kind == "StillRunningError"
        if self.ours or failure is None:  # who looks on ends the handle, not the prediction
            try:
                await self.keeper.save(replace(record, finished=not resumable))
            except StoreError as error:
                record = record.with_notice(str(error))
        if resumable:
            self.keeper.release(record.key)
        self.prediction.advance(record)

    async def _save(self, record: Record) -> None:
        """On disk first, then seen; a full disk is a notice, the prediction is paid for."""
        try:
            await self.keeper.save(record)
        except StoreError as error:
            record = record.with_notice(str(error))
        self.prediction.advance(record)

    def _show(self, record: Record) -> None:
        if record != self.record:
            self.prediction.advance(record)

    def _notice(self, text: str) -> None:
        self._show(replace(self.record, notices=(text,)))

    def _left(self) -> float:
        """Seconds until just after the deadline."""
        return max(0.0, self.submitted + self.timeout - monotonic()) + 0.01

    async def _sleep(self, seconds: float) -> None:
        """Sleeps unless a cancel or a new key wakes it; never beyond the deadline."""
        if self._canceled.is_set():
            return
        try:
            await asyncio.wait_for(self._wake.wait(), max(0.0, min(seconds, self._left())))
        except asyncio.TimeoutError:
            return
        self._wake.clear()  # after, not before: what came just now must not be lost


class _EndedElsewhere(Exception):
    """Another kernel has followed it to its end, which the handle shows by now."""


def _never_sent() -> PredictionCanceledError:
    return PredictionCanceledError(
        "canceled before it was sent; nothing was charged", "Try again when you want it"
    )
