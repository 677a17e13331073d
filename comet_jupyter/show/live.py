"""The one line that a cell shows while predictions run.

The same view gives HTML and plain text. The folded log is a piece of its own too: a front end
that replaces the markup of an open ``<details>`` closes it, so where the line is updated four
times a second the log belongs into an element that is only touched when the log has changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..record import Record
from ..wire.state import Progress
from . import html, timing, words
from .html import Html
from .text import elapsed, joined, one_line, tail, time_left

LOG_LINES = 12

_SEGMENTS = 32


@dataclass(frozen=True, slots=True)
class LiveView:
    """What is known at this moment of the predictions of one cell.

    Attributes
    ----------
    records : tuple of Record
    elapsed : float
        Seconds since submit.
    progress : tuple of Progress or None
        Where the bar in each record's logs stands, in the records' order; may be shorter.
    estimate : float or None
        Seconds that are probably left.
    notices : tuple of str
        What holds things up, such as ``rate limited: next try in 12 s``.
    background : bool
        The cell has ended and the work goes on.
    """

    records: tuple[Record, ...]
    elapsed: float
    progress: tuple[Progress | None, ...] = ()
    estimate: float | None = None
    notices: tuple[str, ...] = ()
    background: bool = False


def live_html(view: LiveView) -> str:
    """The line, notices below it, and the folded tail of the log."""
    return str(html.block(_line(view), _notices(view), _log(view), style="line-height:1.6"))


def live_line_html(view: LiveView, *, with_model: bool = True) -> str:
    """The line and the notices, without the log; a list may name the model elsewhere."""
    line = _line(view, with_model=with_model)
    return str(html.block(line, _notices(view), style="line-height:1.6"))


def live_log_html(view: LiveView) -> str:
    """The tail of the log without anything to unfold; empty while there is none."""
    lines = _log_tail(view)
    return str(html.block(html.preformatted(lines))) if lines else ""


def live_text(view: LiveView) -> str:
    """The line as plain text, notices below it."""
    return "\n".join((joined((_state(view), *_facts(view))), *_all_notices(view)))


def _line(view: LiveView, *, with_model: bool = True) -> Html:
    # The bar stands first: what stands before it must not change its width all the time.
    model, *rest = _facts(view)
    return html.line(
        _bar(view),
        " ",
        html.dot(_colour(view)),
        html.dotted(html.strong(_state(view)), model if with_model else "", *map(html.muted, rest)),
    )


def _facts(view: LiveView) -> tuple[str, ...]:
    """Model, then failures, steps, elapsed time, what is left, and where it runs."""
    step = _only_progress(view)
    failed = sum(record.finished and not record.succeeded for record in view.records)
    return (
        words.models(view.records, short=True),
        f"{failed} failed" if failed and len(view.records) > 1 else "",
        f"step {step.step} of {step.total}" if step else "",
        elapsed(view.elapsed),
        time_left(view.estimate) if _running(view.records) else "",
        "in the background" if view.background else "",
    )


def _state(view: LiveView) -> str:
    """The state word, or how many of several are done."""
    if len(view.records) == 1:
        return words.state(view.records[0])
    done = sum(record.finished for record in view.records)
    return f"{done} of {len(view.records)} done"


def _colour(view: LiveView) -> str:
    """The colour of the record that is furthest on its way and not finished."""
    if view.notices:
        return html.AMBER
    running = _running(view.records)
    order = ("submitting", "starting", "processing", "downloading")
    leading = max(
        running or view.records,
        key=lambda record: order.index(record.status) if record.status in order else -1,
        default=None,
    )
    return words.colour(leading) if leading else html.GREY


def _running(records: Sequence[Record]) -> list[Record]:
    return [record for record in records if not record.finished]


def _progress(view: LiveView, index: int) -> Progress | None:
    found = view.progress[index] if index < len(view.progress) else None
    return found if found and found.total > 0 else None


def _only_progress(view: LiveView) -> Progress | None:
    """The steps of a single prediction, while it processes."""
    if len(view.records) != 1 or view.records[0].status != "processing":
        return None
    return _progress(view, 0)


def _bar(view: LiveView) -> Html:
    """The bar: filled by the log's progress, one segment for each of several predictions."""
    if len(view.records) == 1:
        record = view.records[0]
        return _frame(_fill(words.colour(record), _fraction(view, 0), timing.WIDTH))
    if len(view.records) > _SEGMENTS:
        return _frame(_shares(view.records))
    width = max(4, timing.WIDTH // max(1, len(view.records)) - 2)
    segments = (
        _segment(_fill(words.colour(record), _fraction(view, index), width), width)
        for index, record in enumerate(view.records)
    )
    return html.element("span", *segments, style="display:inline-block;margin:0 6px 0 0")


def _fraction(view: LiveView, index: int) -> float | None:
    """How much of a bar is filled; None when nobody knows."""
    record = view.records[index]
    if record.finished or record.status == "downloading":
        return 1.0
    step = _progress(view, index)
    if step is not None:
        return step.fraction
    return None if record.status == "processing" else 0.0


def _fill(colour: str, fraction: float | None, width: int) -> Html:
    if fraction is None:
        # Static output has no animation: even stripes say "works, length unknown".
        stripes = (
            html.element("span", style=f"flex:1;height:6px;background:{colour};margin:0 3px 0 0")
            for _ in range(max(1, width // 12))
        )
        return html.element("span", *stripes, style="display:flex;opacity:0.55")
    if fraction <= 0:
        return Html()
    return html.element(
        "span",
        style=f"display:block;width:{fraction * 100:.0f}%;height:6px;background:{colour}",
    )


def _shares(records: Sequence[Record]) -> Html:
    """Many predictions: finished, failed and running ones as shares of one bar."""
    amounts: dict[str, int] = {}
    for record in sorted(records, key=lambda record: not record.finished):
        shade = words.colour(record) if record.status not in ("submitting", "starting") else ""
        amounts[shade] = amounts.get(shade, 0) + 1
    shares = (
        html.element(
            "span",
            style=f"display:block;width:{amount / len(records) * 100:.1f}%;"
            f"height:6px;background:{shade}",
        )
        for shade, amount in amounts.items()
        if shade
    )
    return html.element("span", *shares, style="display:flex")


def _frame(*children: Html) -> Html:
    return html.element(
        "span",
        *children,
        style=f"display:inline-block;width:{timing.WIDTH}px;height:6px;border-radius:3px;"
        f"overflow:hidden;vertical-align:middle;background:{html.FAINT};margin:0 8px 2px 0",
    )


def _segment(fill: Html, width: int) -> Html:
    return html.element(
        "span",
        fill,
        style=f"display:inline-block;width:{width}px;height:6px;border-radius:2px;"
        f"overflow:hidden;vertical-align:middle;background:{html.FAINT};margin:0 2px 2px 0",
    )


def _all_notices(view: LiveView) -> tuple[str, ...]:
    now = tuple(one_line(notice, 300) for notice in view.notices[:8] if notice)
    return tuple(dict.fromkeys((*now, *words.notices(view.records))))


def _notices(view: LiveView) -> Html:
    return html.group(*map(html.notice, _all_notices(view)))


def _log(view: LiveView) -> Html:
    lines = _log_tail(view)
    if not lines:
        return Html()
    index = _log_index(view)
    label = "log" if len(view.records) == 1 else f"log of picture {index + 1}"
    return html.folded(label, html.preformatted(lines))


def _log_tail(view: LiveView) -> str:
    index = _log_index(view)
    return tail(view.records[index].state.logs, LOG_LINES) if view.records else ""


def _log_index(view: LiveView) -> int:
    """The first prediction that has log lines and still runs, else the last with lines."""
    logged = [index for index, record in enumerate(view.records) if record.state.logs]
    running = [index for index in logged if not view.records[index].finished]
    return (running[:1] or logged[-1:] or [0])[0]
