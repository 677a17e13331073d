"""The files of one cell on their way to where ``--save`` wants them.

Where that is, and how a file is written, is decided in ``saving``.
"""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone

from ..engine.prediction import Prediction
from ..engine.session import Session
from ..show.axes import Axes
from .saving import Saved, SaveTemplate

Report = Callable[[Saved], object]


class Saves:
    """Saves each picture when it is there.

    Parameters
    ----------
    template : SaveTemplate
    predictions : sequence of Prediction
    axes : Axes or None
        What varies between them.
    """

    def __init__(
        self, template: SaveTemplate, predictions: Sequence[Prediction], axes: Axes | None
    ) -> None:
        self._template = template
        self._predictions = predictions
        self._labels = labels(axes, len(predictions))
        self._found: dict[int, Saved] = {}
        self._now = datetime.now(timezone.utc)
        self._done = threading.Event()

    @property
    def saved(self) -> Saved:
        """All files that are there until now, in the order of the cell."""
        found = [one for _, one in sorted(self._found.items())]
        return Saved(
            tuple(path for one in found for path in one.paths),
            tuple(path for one in found for path in one.there),
            tuple(text for one in found for text in one.troubles),
        )

    def start(
        self, session: Session, report: Report | None = None, after: threading.Event | None = None
    ) -> None:
        """Saves in the background, at once where everything is there already.

        Parameters
        ----------
        session : Session
        report : callable, optional
            Gets what was saved, once, at the end; from any thread.
        after : threading.Event, optional
            What the report waits for, half a minute at most.
        """
        if any(prediction.running() for prediction in self._predictions):
            session.background.spawn(lambda: self._follow(report, after))
            return
        for index in range(len(self._predictions)):
            self._save(index)
        self._done.set()
        if report is not None:
            report(self.saved)

    def wait(self) -> Saved:
        """What was saved, when all predictions are done."""
        self._done.wait()
        return self.saved

    async def _follow(self, report: Report | None, after: threading.Event | None) -> None:
        # Disks are slow. The loop's own executor has one thread, and names are looked up there:
        # who waits for it cannot connect.
        disk = ThreadPoolExecutor(1, "comet_jupyter_saves")
        run = functools.partial(asyncio.get_running_loop().run_in_executor, disk)

        async def save(index: int) -> None:
            await self._predictions[index].ended()
            await run(self._save, index)

        try:
            await asyncio.gather(*map(save, range(len(self._predictions))))
            self._done.set()
            if after is not None:
                await run(after.wait, 30.0)
            if report is not None:
                report(self.saved)
        finally:
            self._done.set()
            disk.shutdown(wait=False, cancel_futures=True)

    def _save(self, index: int) -> None:
        self._found[index] = self._template.save(
            self._predictions[index],
            index + 1,
            len(self._predictions),
            self._now,
            self._labels[index],
        )


def labels(axes: Axes | None, count: int) -> list[Mapping[str, str]]:
    """The value on each axis, by its name, for each of `count` places."""
    if axes is None:
        return [{} for _ in range(count)]
    return [
        {axis.name: axis.labels[at] for axis, at in zip(axes.axes, axes.place(index), strict=True)}
        for index in range(count)
    ]
