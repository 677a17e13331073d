"""What is in flight, a row each: state, bar, elapsed, estimate, log, Cancel; and what failed.

Sends at most four messages a second, however many predictions run: the row that has news goes
first, then the one that was shown longest ago.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from time import monotonic
from typing import Any

from ...engine.prediction import Prediction
from ...engine.session import Session
from ...record import Record
from ...show import html, words
from ...show.failure import failures
from ...show.live import LiveView, live_line_html, live_log_html
from ...show.text import count, one_line
from ..kit import Kit
from ..strip import StripInList

MOST_ROWS = 8
"""Rows shown; those behind them are counted."""

MOST_FAILURES = 4

AT_TOP = {"align_items": "flex-start"}

STALE = 1.0
"""Seconds after which a row is shown anew for its elapsed time."""


class Running:
    """The list of predictions in flight, of this panel and of cells.

    All its methods are for the one thread that changes widgets.

    Parameters
    ----------
    kit : Kit
    session : Session
    post : callable
        Has a function called soon on that thread.
    """

    def __init__(
        self, kit: Kit, session: Session, post: Callable[[Callable[[], object]], object]
    ) -> None:
        self._kit = kit
        self._session = session
        self._post = post
        self._rows: dict[str, Row] = {}
        self._failures: dict[tuple[str, str, str], FailureRow] = {}
        self._amount = 0
        self.ended = 0
        """How many rows the last `change` took away."""
        self._head = kit.make("HTML", layout={"flex": "1 1 auto"})
        self._all = kit.make(
            "Button",
            description="Cancel all",
            layout={"width": "92px", "display": "none"},
            own=True,
        )
        self._all.on_click(lambda button: post(self.cancel_all))
        bar = kit.make("HBox", children=[self._head, self._all], layout={"align_items": "center"})
        self._list = kit.make("VBox", layout={})
        self.widget = kit.make("VBox", children=[bar, self._list], layout={"margin": "0 0 8px 0"})

    def watch(self, predictions: Sequence[Prediction]) -> None:
        """Shows these at once; they may be done before anybody looks again."""
        self._add(predictions)
        self._arrange()

    def cancel_all(self) -> None:
        """Cancels everything in flight."""
        for row in self._rows.values():
            row.cancel()

    def change(self) -> bool:
        """Adds and removes rows; False when nothing is in flight any more."""
        ended = [row for row in self._rows.values() if row.prediction.done()]
        for row in ended:
            del self._rows[row.prediction.key]
            if row.prediction.record.failure is not None:
                self._fail(row.prediction.record)
        flying = self._session.unfinished()
        self._add(flying)
        self.ended = len(ended)
        if ended or len(flying) != self._amount:
            self._amount = len(flying)
            self._arrange()
        for row in ended:
            row.strip.close()
        return bool(self._rows)

    def _add(self, predictions: Sequence[Prediction]) -> None:
        fresh = [one for one in predictions if one.key not in self._rows]
        for one in fresh[: max(0, MOST_ROWS - len(self._rows))]:
            self._rows[one.key] = Row(one, self._session)

    def _fail(self, record: Record) -> None:
        """Shows a failure until it is dismissed; those that are alike are one."""
        name = (record.status, record.request.prompt, words.failure(record)[0])
        row = self._failures.get(name)
        if row is None:
            row = FailureRow(self._kit, lambda: self._post(lambda: self._dismiss(name)))
            self._failures[name] = row
        row.add(record)
        while len(self._failures) > MOST_FAILURES:
            self._dismiss(next(iter(self._failures)))

    def paint(self) -> int:
        """Shows at most one row anew; returns the messages that took."""
        now = monotonic()
        rows = [row for row in self._rows.values() if row.news or now - row.painted >= STALE]
        row = min(rows, key=lambda row: (not row.news, row.painted), default=None)
        return row.paint() if row else 0

    def close(self) -> None:
        """Closes the rows; the rest is the kit's."""
        for row in self._rows.values():
            row.strip.close()
        self._rows.clear()

    def _dismiss(self, name: tuple[str, str, str]) -> None:
        row = self._failures.pop(name, None)
        if row is not None:
            self._arrange()
            self._kit.close(row.widgets)

    def _arrange(self) -> None:
        rows = [row.strip.widget for row in reversed(self._rows.values())]
        failures = [row.widget for row in reversed(self._failures.values())]
        self._list.children = [*rows, *failures]
        amount = max(len(self._session.unfinished()), len(self._rows))
        behind = amount - len(self._rows)
        more = f" ({behind} not shown)" if behind > 0 else ""
        self._head.value = (
            str(html.block(html.strong(f"{count(amount, 'picture')} on the way{more}")))
            if self._rows
            else ""
        )
        self._all.layout.display = None if len(self._rows) > 1 else "none"


class Row:
    """One prediction in flight."""

    def __init__(self, prediction: Prediction, session: Session) -> None:
        self.prediction = prediction
        self.strip = StripInList(self.cancel)
        self.painted = 0.0
        self._session = session
        self._canceling = False
        self._shown: object = None
        age = (datetime.now(timezone.utc) - prediction.record.submitted_at).total_seconds()
        self._begun = monotonic() - max(0.0, age)
        self.paint()

    @property
    def news(self) -> bool:
        """True when its record is another than the one shown."""
        return self._shown is not self.prediction.record

    def cancel(self) -> None:
        """Cancels it; from any thread."""
        self._canceling = True
        self.prediction.cancel()

    def paint(self) -> int:
        """Shows it as it is now; returns the messages that took."""
        record = self.prediction.record
        elapsed = monotonic() - self._begun
        left = self._session.time_left(self.prediction, elapsed)
        view = LiveView((record,), elapsed, (self.prediction.steps,), left)
        line = live_line_html(view) + _prompt(self.prediction)
        self._shown = record
        self.painted = monotonic()
        return self.strip.change(line, live_log_html(view), canceling=self._canceling)


class FailureRow:
    """What went wrong, once for all predictions that failed alike, and a button to dismiss it."""

    def __init__(self, kit: Kit, dismiss: Callable[[], object]) -> None:
        self._records: list[Record] = []
        self._text = kit.make("HTML", layout={"flex": "1 1 auto", "min_width": "0"})
        button = kit.make(
            "Button",
            icon="times",
            tooltip="Take this line away",
            layout={"width": "34px", "height": "24px", "flex": "none"},
        )
        button.on_click(lambda button: dismiss())
        self.widget = kit.make(
            "HBox", children=[self._text, button], layout={"margin": "4px 0", **AT_TOP}
        )
        self.widgets: list[Any] = [self._text, button, self.widget]

    def add(self, record: Record) -> None:
        """One more that failed so."""
        self._records.append(record)
        self._text.value = failures(self._records)["text/html"]


def _prompt(prediction: Prediction) -> str:
    """Seed and beginning of the prompt, to tell one row from another."""
    style = f"{html.SMALL};{html.MUTED};white-space:nowrap;overflow:hidden;text-overflow:ellipsis"
    seed = words.seed(prediction.record)
    named = "" if seed is None else f"seed {seed}"
    return str(
        html.block(
            html.element(
                "div",
                html.dotted(named, html.element("bdi", one_line(prediction.prompt, 160))),
                style=style,
            )
        )
    )
