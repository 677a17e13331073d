"""The line that stands in a cell while predictions run."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from comet_jupyter.record import Failure, Record
from comet_jupyter.show import LiveView, html, live_html, live_line_html, live_log_html, live_text
from comet_jupyter.wire.state import Progress

Make = Callable[..., Record]
Read = Callable[[str], Any]

FAILURE = Failure("PredictionFailedError", "out of memory", "Try again")


def widths(markup: str, colour: str) -> list[str]:
    """The widths of the bars of this colour, in their order."""
    return re.findall(rf"width:([\d.]+%);height:6px;background:{colour}", markup)


def test_the_line_says_state_model_steps_time_and_estimate(make: Make, read: Read) -> None:
    """One line tells all that is known, the same in HTML and in plain text."""
    view = LiveView((make("processing"),), 4.2, (Progress(14, 28),), estimate=2.4, background=True)
    said = "processing · flux-dev · step 14 of 28 · 4 s · about 3 s left · in the background"
    assert live_text(view) == said
    assert read(live_line_html(view)).text.strip() == said


def test_what_is_unknown_is_left_out(make: Make) -> None:
    """Without progress and estimate there are no empty places and no stray separators."""
    view = LiveView((make("starting", state={"id": ""}),), float("nan"))
    assert live_text(view) == "submitting · flux-dev"
    assert "· <" not in live_html(view).replace("· <span", "")


@pytest.mark.parametrize(
    ("progress", "width"), [(Progress(1, 4), "25%"), (Progress(9, 4), "100%"), (Progress(0, 4), "")]
)
def test_the_bar_follows_the_log(make: Make, progress: Progress, width: str) -> None:
    """The filled part is the share of steps done, never more than all."""
    view = LiveView((make("processing"),), 1.0, (progress,))
    assert widths(live_html(view), html.BLUE) == ([width] if width else [])


@pytest.mark.parametrize("progress", [(), (None,), (Progress(3, 0),)])
def test_a_bar_of_unknown_length_is_striped(
    make: Make, progress: tuple[Progress | None, ...]
) -> None:
    """Work without progress shows even stripes, which claim no share."""
    markup = live_html(LiveView((make("processing"),), 1.0, progress))
    assert markup.count("flex:1;") > 5
    assert widths(markup, html.BLUE) == []


def test_a_bar_is_empty_before_the_work_begins(make: Make) -> None:
    """In the queue nothing is filled and nothing striped."""
    markup = live_html(LiveView((make("starting"),), 1.0))
    assert "flex:1;" not in markup
    assert widths(markup, html.GREY) == []


def test_a_batch_has_a_segment_for_each_prediction(make: Make) -> None:
    """Segments are coloured by state, in order, and the text counts what is done and failed."""
    records = (
        make(),
        make("failed", failure=FAILURE),
        make("processing"),
        make("starting"),
    )
    view = LiveView(records, 4.2, (None, None, Progress(1, 2)))
    markup = live_html(view)
    assert live_text(view) == "2 of 4 done · flux-dev · 1 failed · 4 s"
    assert widths(markup, html.GREEN) == ["100%"]
    assert widths(markup, html.RED) == ["100%"]
    assert widths(markup, html.BLUE) == ["50%"]
    assert markup.count(f"background:{html.FAINT}") == 4


@pytest.mark.parametrize("amount", [33, 1_000])
def test_a_large_batch_is_one_bar_of_shares(make: Make, amount: int) -> None:
    """Too many for segments: one bar, its parts as wide as their share, small whatever n is."""
    done = amount // 3
    records = (*[make()] * done, *[make("starting")] * (amount - done))
    view = LiveView(records, 9.0)
    assert widths(live_html(view), html.GREEN) == [f"{done / amount * 100:.1f}%"]
    assert len(live_html(view)) < 3_000


def test_notices_stand_below_the_line(make: Make, read: Read) -> None:
    """What holds things up is said once, and the dot takes the colour of attention."""
    record = make("processing", notices=("rate limited: next try in 12 s", "older"))
    view = LiveView((record,), 1.0, notices=("rate limited: next try in 12 s",))
    assert live_text(view).splitlines()[1:] == ["rate limited: next try in 12 s", "older"]
    markup = live_html(view)
    assert read(markup).text.count("next try in 12 s") == 1
    assert f"background:{html.AMBER}" in markup


def test_the_log_is_folded_and_can_be_had_by_itself(make: Make, read: Read) -> None:
    """The last twelve lines are folded below the line; line and log also come apart."""
    lines = [f"line {n}" for n in range(40)]
    view = LiveView((make("processing", state={"logs": "\n".join(lines)}),), 1.0)
    for markup in (live_html(view), live_log_html(view)):
        assert "line 39" in read(markup).text
        assert "line 28" in read(markup).text
        assert "line 27" not in read(markup).text
    assert "details" in read(live_html(view)).tags
    assert "details" not in read(live_log_html(view)).tags
    assert "line 39" not in live_line_html(view)


def test_the_log_of_a_batch_is_that_of_a_running_one(make: Make, read: Read) -> None:
    """The first prediction that runs and has logged is shown, by its number."""
    records = (make(), make("starting"), make("processing", state={"logs": "third"}))
    text = read(live_html(LiveView(records, 1.0))).text
    assert "log of picture 3" in text
    assert "third" in text


def test_no_log_no_fold(make: Make) -> None:
    """Nothing is there to unfold while there are no lines."""
    view = LiveView((make("starting"),), 1.0)
    assert "<details" not in live_html(view)
    assert live_log_html(view) == ""


def test_a_status_that_nobody_knows_is_shown_raw(make: Make) -> None:
    """The service's own word stands there when it is none of the known ones."""
    view = LiveView((make("processing", state={"status": "warming-up"}),), 1.0)
    assert live_text(view).startswith("warming-up · ")


def test_the_same_view_makes_the_same_markup(make: Make) -> None:
    """Equal views give equal texts, so that unchanged state causes no update."""
    one, two = (LiveView((make("processing"),), 4.2, (Progress(1, 2),)) for _ in range(2))
    assert live_html(one) == live_html(two)
