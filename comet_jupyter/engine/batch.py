"""Several predictions as one: `Batch`, a sequence with the words of `Prediction`."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from threading import Lock
from time import monotonic
from typing import Any, overload

from ..errors import CometError
from ..images import Image
from ..show import result
from .prediction import Prediction


class Batch(Sequence[Prediction]):
    """Several predictions of one request, in order; waits and fails as one.

    Behaves as a sequence of `Prediction` and has the same words: `images` are the pictures
    of all, `result` raises the first failure.
    """

    def __init__(self, predictions: Sequence[Prediction]) -> None:
        self._predictions = tuple(predictions)

    @overload
    def __getitem__(self, index: int) -> Prediction: ...
    @overload
    def __getitem__(self, index: slice) -> Batch: ...
    def __getitem__(self, index: int | slice) -> Prediction | Batch:
        if isinstance(index, slice):
            return Batch(self._predictions[index])
        return self._predictions[index]

    def __len__(self) -> int:
        return len(self._predictions)

    def __iter__(self) -> Iterator[Prediction]:
        return iter(self._predictions)

    @property
    def status(self) -> dict[str, int]:
        """How many predictions stand at which status."""
        counts: dict[str, int] = {}
        for prediction in self:
            counts[prediction.status] = counts.get(prediction.status, 0) + 1
        return counts

    @property
    def progress(self) -> float:
        """From 0 to 1: the share of predictions done, running ones by their bars."""
        if not len(self):
            return 1.0
        shares = (1.0 if p.done() else p.progress or 0.0 for p in self)
        return sum(shares) / len(self)

    @property
    def seeds(self) -> tuple[int | None, ...]:
        """One seed a prediction."""
        return tuple(prediction.seed for prediction in self)

    def done(self) -> bool:
        """True when all are."""
        return all(prediction.done() for prediction in self)

    def running(self) -> bool:
        """True until all are done."""
        return not self.done()

    def cancelled(self) -> bool:
        """True when all ended canceled."""
        return bool(len(self)) and all(prediction.cancelled() for prediction in self)

    def cancel(self) -> bool:
        """Cancels those that are not done; False when there are none."""
        return sum(prediction.cancel() for prediction in self) > 0

    def wait(self, timeout: float | None = None) -> Batch:
        """Waits until all are done, `timeout` seconds in all, and returns itself."""
        deadline = None if timeout is None else monotonic() + timeout
        for prediction in self:
            prediction.wait(None if deadline is None else max(0.0, deadline - monotonic()))
        return self

    def result(self, timeout: float | None = None) -> tuple[Image, ...]:
        """Waits for all, and returns the pictures in order.

        Raises
        ------
        CometError
            The first failure in order, after all are done. The others' pictures are at
            ``batch[i].images``.
        """
        self.wait(timeout)
        return tuple(image for prediction in self for image in prediction.result())

    def exception(self, timeout: float | None = None) -> CometError | None:
        """Waits for all, and returns the first failure in order, None when there is none."""
        self.wait(timeout)
        errors = (prediction.exception() for prediction in self)
        return next((error for error in errors if error is not None), None)

    @property
    def images(self) -> tuple[Image, ...]:
        """The pictures of all; waits, and raises the first failure."""
        return self.result()

    def add_done_callback(self, callback: Callable[[Batch], object]) -> None:
        """Calls ``callback(batch)`` once when all are done, from the background thread."""
        lock = Lock()
        left = len(self) or 1

        def one_done(prediction: Prediction | None) -> None:
            nonlocal left
            with lock:
                left -= 1
                last = left == 0
            if last:
                callback(self)

        if not len(self):
            one_done(None)
        for prediction in self:
            prediction.add_done_callback(one_done)

    def __await__(self) -> Generator[Any, None, tuple[Image, ...]]:
        """``await batch`` gives all pictures in order."""
        for prediction in self:
            yield from prediction.ended().__await__()
        return self.result()

    def __repr__(self) -> str:
        counts = ", ".join(f"{count} {status}" for status, count in self.status.items())
        return f"<Batch of {len(self)}: {counts}>"

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        if not len(self):
            return {"text/plain": repr(self)}, {}
        records = tuple(prediction.record for prediction in self)
        return result.representation(records, self[0].open_file)
