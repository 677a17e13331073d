"""What one cell shows from its first line to its pictures, while the kernel is free.

Runs on the background loop: it wakes when a prediction changes, and once a second for the
elapsed time, and sends at most four messages a second.
"""

from __future__ import annotations

import asyncio
import threading
import uuid
from dataclasses import dataclass, replace
from time import monotonic

from ..engine.prediction import Prediction
from ..engine.session import Session
from ..record import Record
from ..show import result
from ..show.axes import Axes
from ..show.live import LiveView, live_html, live_line_html, live_log_html, live_text
from ..show.sheets import sheets
from .publish import Bundle, Cell
from .strip import Strip

FASTEST = 0.25
"""Seconds between two updates of one cell, at least."""

ALL_CELLS = 0.05
"""Seconds between two updates of all cells together, on average."""

TICK = 1.0
"""Seconds after which the elapsed time is shown anew when nothing else changes."""

LAST = 2.0
"""Seconds in which all sheets of a cell are shown when everything is done, at most."""

WIDGETS_AFTER = 1.0
"""Seconds of work before there is a Cancel button: shorter work would only flicker."""

_views: set[LiveCell] = set()


@dataclass(frozen=True, slots=True)
class Appearance:
    """How the results of a cell look."""

    embed: str = "preview"
    each: bool = False
    logs: bool = False
    raises: bool = False
    """The failure is raised in the cell as well, so it is not shown a second time."""
    axes: Axes | None = None
    """What varies between the predictions; each of their sheets is an output."""


class LiveCell:
    """The outputs of one cell, from any number of predictions.

    Parameters
    ----------
    cell : Cell
    session : Session
    predictions : sequence of Prediction
    appearance : Appearance
    buttons : bool
        The front end shows widgets, and somebody may click.
    late_outputs : bool
        The front end shows a new output of a cell that has ended. Where it does not, a
        placeholder is shown at once and replaced, for an executor follows updates at best.
    """

    def __init__(
        self,
        cell: Cell,
        session: Session,
        predictions: list[Prediction],
        appearance: Appearance,
        *,
        buttons: bool,
        late_outputs: bool,
    ) -> None:
        self.predictions = predictions
        self.finished = threading.Event()
        self._cell = cell
        self._session = session
        self._appearance = appearance
        self._buttons = buttons
        self._late_outputs = late_outputs
        self._begun = monotonic()
        self._sheets = sheets(len(predictions), session.keeper.open, appearance.axes)
        self._ids = [uuid.uuid4().hex for _ in range(1 + self._slots())]
        self._shown: set[str] = set()
        self._filled: set[str] = set()
        self._strip: Strip | None = None
        self._sent = 0
        self._newest = -1
        self._last_line = ""
        self._canceling = False
        self._news: asyncio.Event | None = None

    def _slots(self) -> int:
        """Outputs below the line: one for each picture with ``--each``, else the sheets."""
        several = len(self.predictions) > 1
        return len(self.predictions if several and self._appearance.each else self._sheets)

    def start(self) -> None:
        """Shows the line, on the main thread, and lets the background do the rest."""
        self._show(self._line())
        if not self._late_outputs:
            for index in range(self._slots()):
                self._cell.show(({"text/plain": "on its way"}, {}), self._ids[index + 1])
                self._shown.add(self._ids[index + 1])
        _views.add(self)
        self._session.background.spawn(self._watch)

    def cancel(self) -> None:
        """Cancels what is not done; from any thread."""
        self._canceling = True
        for prediction in self.predictions:
            prediction.cancel()

    def detach(self) -> None:
        """The cell no longer waits, so nothing raises a failure: it is shown; any thread."""
        self._appearance = replace(self._appearance, raises=False)

    # -- on the loop -----------------------------------------------------------------------

    async def _watch(self) -> None:
        self._news = asyncio.Event()
        news = self._news
        for prediction in self.predictions:
            prediction.listen(lambda _: news.set())
        try:
            while self._running():
                news.clear()
                sent = self._sent
                self._paint()
                await self._rest(self._sent - sent)
                if not news.is_set() and self._running():
                    await self._wait(news, TICK - FASTEST)
            await self._end()
        except asyncio.CancelledError:  # unloaded: a line without a button stays
            if self._running():
                self._cell.update(self._line(), self._ids[0])
            raise
        except Exception as error:  # noqa: BLE001 (the line must not stand there for ever)
            text = f"comet: the display failed: {type(error).__name__}: {error}"
            self._cell.update(({"text/plain": text}, {}), self._ids[0])
        finally:
            self._close()

    def _running(self) -> bool:
        return any(prediction.running() for prediction in self.predictions)

    async def _rest(self, sent: int) -> None:
        """As long as the messages just sent take of the cell's share, unless all is done."""
        pause = max(FASTEST, ALL_CELLS * len(_views))
        if self._waited() <= pause:
            pause = FASTEST / 2
        for _ in range(min(max(1, sent), round(TICK / FASTEST))):
            await asyncio.sleep(pause)
            if not self._running():
                return

    @staticmethod
    async def _wait(news: asyncio.Event, seconds: float) -> None:
        try:
            await asyncio.wait_for(news.wait(), seconds)
        except asyncio.TimeoutError:
            return

    def _waited(self) -> float:
        return monotonic() - self._begun

    def _records(self) -> tuple[Record, ...]:
        return tuple(prediction.record for prediction in self.predictions)

    def _view(self) -> LiveView:
        running = [prediction for prediction in self.predictions if prediction.running()]
        lefts = [self._session.time_left(prediction, self._waited()) for prediction in running]
        known = [left for left in lefts if left is not None]
        return LiveView(
            records=self._records(),
            elapsed=self._waited(),
            progress=tuple(prediction.steps for prediction in self.predictions),
            estimate=max(known) if known and len(known) == len(running) else None,
        )

    def _line(self) -> Bundle:
        view = self._view()
        # The strip that replaces it has a fold for the log that stays open; this one would close.
        markup = live_line_html(view) if self._buttons else live_html(view)
        return {"text/html": markup, "text/plain": live_text(view)}, {}

    def _show(self, bundle: Bundle) -> None:
        self._cell.show(bundle, self._ids[0])

    def _paint(self) -> None:
        if self._buttons and self._strip is None and self._waited() > WIDGETS_AFTER:
            self._strip = Strip(self.cancel)
            self._change_strip()
            data, metadata = self._line()
            self._cell.update(({**data, **self._strip.view()}, metadata), self._ids[0])
            self._sent += 1
        elif self._strip is not None:
            self._change_strip()
        else:
            bundle = self._line()
            if bundle[0]["text/plain"] != self._last_line:
                self._last_line = bundle[0]["text/plain"]
                self._cell.update(bundle, self._ids[0])
                self._sent += 1
        if len(self.predictions) > 1 and self._appearance.each:
            self._paint_each()
        elif len(self.predictions) > 1:
            self._paint_sheet()

    def _change_strip(self) -> None:
        view = self._view()
        if self._strip is not None:
            self._strip.change(live_line_html(view), live_log_html(view), canceling=self._canceling)

    def _paint_each(self) -> None:
        """The pictures that are there already, up to the first that is not."""
        for index, prediction in enumerate(self.predictions):
            if prediction.running():
                return
            self._put_each(index, prediction)

    def _paint_sheet(self) -> bool:
        """One of the sheets that changed, each in its turn; True when there are others."""
        records = self._records()
        due = [number for number, sheet in enumerate(self._sheets) if sheet.news(records)]
        if not due:
            return False
        number = min(due, key=lambda number: (number <= self._newest, number))
        self._newest = number
        sheet = self._sheets[number]
        self._put(number + 1, sheet.bundle(records, embed=self._appearance.embed))
        if len(due) > 1 and self._news is not None:
            self._news.set()  # they come after a pause, not after something else has happened
        return len(due) > 1

    def _put_each(self, index: int, prediction: Prediction) -> None:
        if self._ids[index + 1] in self._filled:
            return
        pictures = result.pictures(
            prediction.record,
            self._session.keeper.open,
            embed=self._appearance.embed,
            each=self._appearance.each,
            place=self._appearance.axes.words(index) if self._appearance.axes else "",
        )
        for bundle in pictures[:1]:
            self._put(index + 1, bundle)
        for bundle in pictures[1:]:
            self._cell.append(bundle)
            self._sent += 1

    def _put(self, slot: int, bundle: Bundle) -> None:
        """Shows or replaces an output below the line."""
        name = self._ids[slot]
        self._sent += 1
        self._filled.add(name)
        if name in self._shown:
            self._cell.update(bundle, name)
        else:
            self._shown.add(name)
            self._cell.append(bundle, name)

    async def _end(self) -> None:
        """The line becomes the caption, a plain output without widgets; pictures follow."""
        records = self._records()
        self._cell.update(
            result.head(
                records,
                self._session.keeper.open,
                raised=self._appearance.raises,
                axes=self._appearance.axes,
            ),
            self._ids[0],
        )
        if len(self.predictions) == 1:
            self._put_each(0, self.predictions[0])
        elif self._appearance.each:
            self._paint_each()
        else:
            for _ in self._sheets:
                if self._paint_sheet():
                    await asyncio.sleep(min(FASTEST, LAST / len(self._sheets)))
        for name in self._shown - self._filled:  # a placeholder that nothing came for
            self._cell.update(({"text/plain": "no picture"}, {}), name)
        if self._appearance.logs:
            for bundle in result.logs(records):
                self._cell.append(bundle)

    def _close(self) -> None:
        _views.discard(self)
        if self._strip is not None:
            self._strip.close()
            self._strip = None
        self.finished.set()


def wait_for_displays(timeout: float = 10.0) -> None:
    """Returns when every cell whose predictions are done shows their end."""
    deadline = monotonic() + timeout
    for view in list(_views):
        if all(prediction.done() for prediction in view.predictions):
            view.finished.wait(max(0.0, deadline - monotonic()))
