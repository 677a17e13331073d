"""Several predictions as one: `Batch`, a sequence with the words of `Prediction`."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from threading import Lock
from time import monotonic
from typing import Any, overload

from ..errors import CometError, WaitInterrupted
from ..images import Image
from ..show import result
from ..show.axes import Axes
from .prediction import Prediction


class Batch(Sequence[Prediction]):
    """Several predictions of one cell, in order; waits and fails as one.

    Behaves as a sequence of `Prediction` and has the same words: `images` are the pictures
    of all, `result` raises the first failure. With axes it is a grid as well: ``batch[i, j]``
    is row `i`, column `j` of the sheet, and slices in any place give a `Batch`.

    Parameters
    ----------
    predictions : sequence of Prediction
        With axes in row-major order, the last axis fastest.
    axes : Axes, optional
        What varies between them.

    Raises
    ------
    ValueError
        When the axes have another number of places.

    Examples
    --------
    >>> batch.shape, batch[1, 2].seed  # doctest: +SKIP
    ((4, 3), 7)
    >>> batch[:, 0]  # doctest: +SKIP
    <Batch of 4 (seed 4): 4 succeeded>
    """

    def __init__(self, predictions: Sequence[Prediction], axes: Axes | None = None) -> None:
        self._predictions = tuple(predictions)
        self._axes = axes
        if axes is not None and axes.size != len(self._predictions):
            raise ValueError(
                f"axes of {axes.size} places do not fit {len(self._predictions)} predictions"
            )

    @property
    def axes(self) -> Axes | None:
        """What varies between the predictions, where it is a grid."""
        return self._axes

    @property
    def shape(self) -> tuple[int, ...]:
        """How many there are along each axis; ``(len(batch),)`` without axes."""
        return (len(self),) if self._axes is None else self._axes.shape

    @overload
    def __getitem__(self, index: int | tuple[int, ...]) -> Prediction: ...
    @overload
    def __getitem__(self, index: slice) -> Batch: ...
    @overload
    def __getitem__(self, index: tuple[int | slice, ...]) -> Prediction | Batch: ...
    def __getitem__(self, index: int | slice | tuple[int | slice, ...]) -> Prediction | Batch:
        if isinstance(index, tuple):
            return self._at(index)
        if not isinstance(index, slice):
            if -len(self) <= index < len(self):
                return self._predictions[index]
            raise IndexError(f"this batch has {len(self)} predictions, counted from 0")
        chosen = range(len(self))[index]
        axes = self._axes.part(chosen) if self._axes else None
        return Batch([self._predictions[one] for one in chosen], axes)

    def _at(self, place: tuple[int | slice, ...]) -> Prediction | Batch:
        """A place of the grid, or those that slices choose."""
        if self._axes is None:
            if len(place) != 1:
                raise IndexError(f"this batch has no axes: give batch[i], not {len(place)} indexes")
            return self[place[0]]
        chosen, axes = self._axes.select(*place)
        if any(isinstance(one, slice) for one in place):
            return Batch([self._predictions[one] for one in chosen], axes)
        return self._predictions[chosen[0]]

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
        """Waits until all are done, `timeout` seconds in all, and returns itself.

        Raises
        ------
        StillRunningError
            After `timeout` seconds, of the first that is not done. All go on.
        WaitInterrupted
            On Ctrl-C or the interrupt button. All go on.
        """
        deadline = None if timeout is None else monotonic() + timeout
        try:
            for prediction in self:
                prediction.wait(None if deadline is None else max(0.0, deadline - monotonic()))
            return self
        except WaitInterrupted:
            going = sum(not prediction.done() for prediction in self)
            if going < 2:
                raise
        raise WaitInterrupted(
            f"stopped waiting; {going} predictions go on",
            "`%comet status`, `%comet wait` or `%comet cancel all`",
        )

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
        shape = zip(self._axes.axes, self.shape, strict=True) if self._axes else ()
        grid = " × ".join(f"{axis.name} {amount}" for axis, amount in shape)
        return f"<Batch of {len(self)}{f' ({grid})' if grid else ''}: {counts}>"

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        if not len(self):
            return {"text/plain": repr(self)}, {}
        records = tuple(prediction.record for prediction in self)
        return result.representation(records, self[0].open_file, self._axes)
