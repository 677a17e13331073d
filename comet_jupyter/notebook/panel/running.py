"""What is in flight, a row each: state, bar, elapsed, estimate, log, Cancel; and what failed.

Sends about four messages a second, however many predictions run: the row that has news goes
first, then the one that was shown longest ago. Rows are used again for the next prediction.
"""

from __future__ import annotations

from collections import deque
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
from .pictures import Post

MOST_ROWS = 8
"""Rows shown; those behind them are counted."""

MOST_FAILURES = 4

KEPT_RECORDS = 20
"""Failed predictions of one row that are named; the others are counted."""

STALE = 1.0
"""Seconds after which a row is shown anew for its elapsed time."""

_AT_TOP = {"align_items": "flex-start"}

Cause = tuple[str, str, str]
"""State, prompt and cause: what failures of one row have in common."""


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

    def __init__(self, kit: Kit, session: Session, post: Post) -> None:
        self._kit = kit
        self._session = session
        self._post = post
        self._followed: dict[str, Prediction] = {}
        self._rows: dict[str, Row] = {}
        self._spare: list[Row] = []
        self._failures: dict[Cause, FailureRow] = {}
        self._head = kit.make("HTML", layout={"flex": "1 1 auto"})
        self._all = kit.make(
            "Button",
            description="Cancel all",
            layout={"width": "92px", "height": "24px", "display": "none", "margin": "2px"},
            own=True,
        )
        self._none = kit.make(
            "Button",
            description="Dismiss all",
            layout={"width": "92px", "height": "24px", "display": "none", "margin": "2px"},
            own=True,
        )
        self._all.on_click(lambda button: post(self.cancel_all))
        self._none.on_click(lambda button: post(self._dismiss_all))
        bar = kit.make(
            "HBox", children=[self._head, self._all, self._none], layout={"align_items": "center"}
        )
        self._list = kit.make("VBox", layout={})
        self.widget = kit.make("VBox", children=[bar, self._list], layout={"margin": "8px 0 0 0"})
        self.widget.add_class("comet-running")

    @property
    def amount(self) -> int:
        """How many are on the way."""
        return len(self._followed)

    def cancel_all(self) -> None:
        """Cancels everything in flight, whether it has a row or not."""
        for row in self._rows.values():
            row.cancel()
        for prediction in self._session.unfinished():
            prediction.cancel()

    def watch(self, predictions: Sequence[Prediction]) -> None:
        """Follows these; they may be done before anybody looks again."""
        self._failures, old = {}, self._failures  # a new try makes old failures history
        self._follow(predictions)
        self._arrange()
        for failed in old.values():
            self._kit.close(failed.widgets)

    def change(self) -> list[Record]:
        """Adds and removes rows; gives the records of what has ended since the last time."""
        ended = [one for one in self._followed.values() if one.done()]
        before = list(self._rows)
        for prediction in ended:
            del self._followed[prediction.key]
            row = self._rows.pop(prediction.key, None)
            if row is not None:
                self._spare.append(row)
            if prediction.record.failure is not None:
                self._fail(prediction.record)
        self._follow(self._session.unfinished())
        if ended or list(self._rows) != before:
            self._arrange()
        return [prediction.record for prediction in ended]

    def paint(self) -> int:
        """Shows at most one row anew; returns the messages that took."""
        now = monotonic()
        rows = [row for row in self._rows.values() if row.news or now - row.painted >= STALE]
        row = min(rows, key=lambda row: (not row.news, row.painted), default=None)
        return row.paint() if row else 0

    def close(self) -> None:
        """Closes the rows; the rest is the kit's."""
        for row in (*self._rows.values(), *self._spare):
            row.strip.close()
        self._rows.clear()
        self._spare.clear()

    def _follow(self, predictions: Sequence[Prediction]) -> None:
        for one in predictions:
            self._followed.setdefault(one.key, one)
        waiting = [one for key, one in self._followed.items() if key not in self._rows]
        for one in waiting[: MOST_ROWS - len(self._rows)]:
            row = self._spare.pop() if self._spare else Row(self._session, self._post)
            row.show(one)
            self._rows[one.key] = row

    def _fail(self, record: Record) -> None:
        """Shows a failure until it is dismissed; those that are alike are one."""
        cause = (record.status, record.request.prompt, words.failure(record)[0])
        row = self._failures.get(cause)
        if row is None:
            row = FailureRow(self._kit, lambda: self._post(lambda: self._dismiss(cause)))
            self._failures[cause] = row
        row.add(record)
        while len(self._failures) > MOST_FAILURES:
            self._dismiss(next(iter(self._failures)))

    def _dismiss(self, cause: Cause) -> None:
        row = self._failures.pop(cause, None)
        if row is not None:
            self._arrange()
            self._kit.close(row.widgets)

    def _dismiss_all(self) -> None:
        for cause in list(self._failures):
            self._dismiss(cause)

    def _arrange(self) -> None:
        rows = [row.strip.widget for row in reversed(self._rows.values())]
        failed = [row.widget for row in reversed(self._failures.values())]
        self._list.children = [*rows, *failed]
        behind = len(self._followed) - len(self._rows)
        more = f", {behind} of them without a line here" if behind > 0 else ""
        text = f"{count(len(self._followed), 'picture')} on the way{more}"
        self._head.value = str(html.block(html.strong(text))) if self._rows else ""
        self._all.layout.display = None if len(self._rows) > 1 else "none"
        self._none.layout.display = None if len(failed) > 1 and not self._rows else "none"


class Row:
    """The line of one prediction in flight, and of another one after it."""

    def __init__(self, session: Session, post: Post) -> None:
        self.strip = StripInList(self.cancel, post=post)
        self.painted = 0.0
        self._session = session
        self._prediction: Prediction | None = None
        self._canceling = False
        self._shown: Record | None = None
        self._begun = 0.0

    def show(self, prediction: Prediction) -> None:
        """Shows another prediction."""
        self._prediction = prediction
        self._canceling = False
        age = (datetime.now(timezone.utc) - prediction.record.submitted_at).total_seconds()
        self._begun = monotonic() - max(0.0, age)
        self.strip.reset()
        self.paint()

    @property
    def news(self) -> bool:
        """True when its record is another than the one shown."""
        return self._prediction is not None and self._shown is not self._prediction.record

    def cancel(self) -> None:
        """Cancels it; from any thread."""
        self._canceling = True
        if self._prediction is not None:
            self._prediction.cancel()

    def paint(self) -> int:
        """Shows it as it is now; returns the messages that took."""
        prediction = self._prediction
        if prediction is None:
            return 0
        record = prediction.record
        elapsed = monotonic() - self._begun
        left = self._session.time_left(prediction, elapsed)
        view = LiveView((record,), elapsed, (prediction.steps,), left)
        line = live_line_html(view, with_model=False) + _what(record)
        self._shown = record
        self.painted = monotonic()
        return self.strip.change(line, live_log_html(view), canceling=self._canceling)


class FailureRow:
    """What went wrong, once for all predictions that failed alike, and a button to dismiss it."""

    def __init__(self, kit: Kit, dismiss: Callable[[], object]) -> None:
        self._records: deque[Record] = deque(maxlen=KEPT_RECORDS)
        self._count = 0
        self._text = kit.make("HTML", layout={"flex": "1 1 auto", "min_width": "0"})
        button = kit.icon("times", "Dismiss")
        button.on_click(lambda button: dismiss())
        self.widget = kit.make(
            "HBox", children=[self._text, button], layout={"margin": "4px 0", **_AT_TOP}
        )
        self.widgets: list[Any] = [self._text, button, self.widget]

    def add(self, record: Record) -> None:
        """One more that failed so."""
        self._records.append(record)
        self._count += 1
        self._text.value = failures(list(self._records), self._count)["text/html"]


def _what(record: Record) -> str:
    """Model, seed and beginning of the prompt, to tell one row from another."""
    style = f"{html.SMALL};{html.MUTED};white-space:nowrap;overflow:hidden;text-overflow:ellipsis"
    seed = words.seed(record)
    named = "" if seed is None else f"seed {seed}"
    prompt = html.element("bdi", one_line(record.request.prompt, 160))
    return str(
        html.block(
            html.element(
                "div", html.dotted(words.model(record, short=True), named, prompt), style=style
            )
        )
    )
