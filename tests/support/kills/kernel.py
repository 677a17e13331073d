"""What a kernel does that is going to be killed, and what one does that takes everything up.

Runs in a forked process or in an interpreter of its own (``python -m support.kills.kernel``).
Says over a pipe what its handles show, at the moment they show it. Its faults are mistakes that a
client could make: with each of them the checks must go red.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import time
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from comet_jupyter.engine.follow import Following
from comet_jupyter.engine.prediction import Prediction
from comet_jupyter.engine.session import Session
from comet_jupyter.record import Record
from comet_jupyter.store import Store, files
from comet_jupyter.wire.request import PredictionRequest

MODEL = "acme/quick"
EVERYTHING = 1_000_000

DISK_TIME = 0.008
"""Seconds that a flush of the disk takes at most, besides its own: a kill may meet it."""

LATE = 0.3
"""Seconds by which a faulty client is late with an id row."""


@dataclass(frozen=True)
class Work:
    """What one kernel does.

    Attributes
    ----------
    prompts : tuple of str
        Submitted, each as a prediction of its own.
    take_up : int
        So many unfinished predictions of the store are taken up, the newest first.
    cancels : bool
        All of them are canceled at once.
    ends : bool
        True to end with the last prediction, false to wait for the kill.
    fault : str
        A key of `FAULTS`; empty for the package as it is.
    """

    prompts: tuple[str, ...] = ()
    take_up: int = 0
    cancels: bool = False
    ends: bool = False
    fault: str = ""

    def dump(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def load(cls, text: str) -> Work:
        """What `dump` wrote."""
        values = json.loads(text)
        return cls(**{**values, "prompts": tuple(values["prompts"])})


def live(work: Work, out: int, lifeline: int) -> None:
    """Does the work; returns when it is done, or when nobody holds the lifeline any more.

    Parameters
    ----------
    out : int
        Descriptor for lines of JSON, each with its moment ``at``: that it began, one for whatever
        a handle shows, and how many ``handles`` there are.
    lifeline : int
        Descriptor whose end is the parent's death; unlike a kill, that would leave us behind.
    """
    if not work.ends:
        slow_disk(random.Random(os.getpid()))
    FAULTS[work.fault]()
    say(out, began=True)
    session = Session()
    handles = session.submit(*map(request, work.prompts)) if work.prompts else []
    if work.take_up:
        handles += [session.get(r.key) for r in session.store.recent(work.take_up, unfinished=True)]
    for handle in handles:
        handle.listen(lambda handle: tell(out, handle))
        tell(out, handle)  # what it showed before anybody listened
    say(out, handles=len(handles))
    if work.cancels:
        for handle in handles:
            handle.cancel()
    if not work.ends:
        os.read(lifeline, 1)
        return
    for handle in handles:
        handle.wait()
    session.close()


def request(prompt: str) -> PredictionRequest:
    """A request that nobody has made before."""
    return PredictionRequest(MODEL, {"prompt": prompt, "seed": 7})


def tell(out: int, handle: Prediction) -> None:
    """Says what a handle shows."""
    record = handle.record
    failure = "" if record.failure is None else record.failure.kind
    say(
        out,
        prompt=record.request.prompt,
        id=record.id,
        status=record.status,
        finished=record.finished,
        failure=failure,
    )


def say(out: int, **words: Any) -> None:
    """One line with its moment, in one piece: shorter than what a pipe takes whole."""
    os.write(out, json.dumps({"at": time.monotonic(), **words}).encode() + b"\n")


def slow_disk(draw: random.Random) -> None:
    """Makes every flush of a file take a moment, as on a disk that is busy."""
    flush = os.fsync

    def slow(descriptor: Any) -> None:
        flush(descriptor)
        time.sleep(draw.uniform(0, DISK_TIME))

    os.fsync = slow  # type: ignore[assignment]


# -- faults ----------------------------------------------------------------------------


def _id_row_is_slow() -> None:
    """In the right order, on a disk that takes long: no mistake."""
    save = Following._save

    async def slow(self: Following, record: Record) -> None:
        if not self.record.id:
            await asyncio.sleep(LATE)
        await save(self, record)

    Following._save = slow  # type: ignore[method-assign]


def _id_row_is_late() -> None:
    save = Following._save

    async def late(self: Following, record: Record) -> None:
        if not self.record.id:
            self.prediction.advance(record)
            await asyncio.sleep(LATE)
        await save(self, record)

    Following._save = late  # type: ignore[method-assign]


def _intent_is_late() -> None:
    def later(self: Store, *_: object) -> None:
        """Leaves it to the first row with an id."""

    Store.add = later  # type: ignore[method-assign,assignment]
    _id_row_is_slow()


def _files_are_written_in_place() -> None:
    def in_place(path: Path, data: bytes) -> None:
        with path.open("wb") as file:
            file.write(data[: len(data) // 2])
            file.flush()
            time.sleep(LATE / 3)
            file.write(data[len(data) // 2 :])

    files.write_whole = in_place  # type: ignore[attr-defined]


def _creates_again() -> None:
    get = Session.get

    def again(self: Session, ref: str) -> Prediction:
        record = self.store.get(ref)
        if record is not None and not record.id:
            return self.submit(record.request)[0]
        return get(self, ref)

    Session.get = again  # type: ignore[method-assign]


def _minds_no_lease() -> None:
    def everything(self: Store, holder: object, keys: Collection[str]) -> frozenset[str]:
        return frozenset(keys)

    def nothing(self: Store, holder: object, keys: Collection[str]) -> frozenset[str]:
        return frozenset()

    Store.take = everything  # type: ignore[method-assign,assignment]
    Store.held_elsewhere = nothing  # type: ignore[method-assign,assignment]


FAULTS: dict[str, Callable[[], None]] = {
    "": lambda: None,
    "the id row is slow": _id_row_is_slow,
    "the id row is late": _id_row_is_late,
    "the intent is late": _intent_is_late,
    "files are written in place": _files_are_written_in_place,
    "creates again": _creates_again,
    "minds no lease": _minds_no_lease,
}


if __name__ == "__main__":
    live(Work.load(sys.argv[1]), out=int(sys.argv[2]), lifeline=int(sys.argv[3]))
