"""The timing picture: proportions, axis, valid SVG."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comet_jupyter.record import Record
from comet_jupyter.show import timing

Make = Callable[..., Record]
Read = Callable[[str], Any]

SVG = "{http://www.w3.org/2000/svg}"
seconds = st.floats(min_value=0, max_value=1e7)


def test_widths_are_in_proportion(make: Make) -> None:
    """Queue, run and download take their share of the whole, one after the other."""
    record = make(queue=1.0, run=2.0, download_time=1.0, total_time=4.0)
    quarter = timing.WIDTH / 4
    assert timing.spans([record]) == (
        timing.Span(0, "queue", 0.0, quarter),
        timing.Span(0, "run", quarter, 2 * quarter),
        timing.Span(0, "download", 3 * quarter, quarter),
    )


def test_time_that_nobody_explains_stays_empty(make: Make) -> None:
    """When the total is longer than its phases, the rest of the bar is not filled."""
    spans = timing.spans([make(queue=1.0, run=1.0, download_time=0.0, total_time=4.0)])
    assert sum(span.width for span in spans) == timing.WIDTH / 2


def test_a_moment_can_be_seen(make: Make) -> None:
    """A phase of a few milliseconds is still drawn, one of none is not."""
    spans = timing.spans([make(queue=0.005, run=60.0, download_time=0.0)])
    assert [span.phase for span in spans] == ["queue", "run"]
    assert spans[0].width == 1.5


def test_several_share_one_axis(make: Make) -> None:
    """Rows begin where their prediction was submitted, to the same scale."""
    first = make(queue=0.0, run=2.0, download_time=0.0, total_time=2.0)
    second = make(queue=0.0, run=2.0, download_time=0.0, total_time=2.0, at=2.0)
    assert timing.spans([first, second]) == (
        timing.Span(0, "run", 0.0, timing.WIDTH / 2),
        timing.Span(1, "run", timing.WIDTH / 2, timing.WIDTH / 2),
    )


def test_what_was_kept_does_not_stretch_the_axis(make: Make) -> None:
    """A result of last week starts with the others instead of a week before them."""
    new = make(run=3.0)
    old = replace(make(run=3.0, origin="store"), submitted_at=new.submitted_at - timedelta(days=7))
    rows = [
        [(s.phase, s.x, s.width) for s in timing.spans([old, new]) if s.row == n] for n in (0, 1)
    ]
    assert rows[0] == rows[1]


@settings(max_examples=60, deadline=None)
@given(times=st.lists(st.tuples(seconds, seconds, seconds), min_size=1, max_size=30))
def test_nothing_is_drawn_outside(make: Make, times: list[tuple[float, float, float]]) -> None:
    """Whatever the times are, every part lies within the picture."""
    records = [
        make(queue=queue, run=run, download_time=download, total_time=None)
        for queue, run, download in times
    ]
    for span in timing.spans(records):
        assert span.x >= -0.01
        assert span.x + span.width <= timing.WIDTH + 0.02
        assert 0 <= span.row < timing.ROWS


@pytest.mark.parametrize("amount", [1, 4, 9, 500])
def test_the_data_uri_is_a_valid_svg(make: Make, read: Read, amount: int) -> None:
    """It parses as XML, has the size that the element says, and no script or reference."""
    markup = timing.picture([make(at=0.1 * n) for n in range(amount)])
    (image,) = read(markup).images
    data = base64.b64decode(image["src"].removeprefix("data:image/svg+xml;base64,"), validate=True)
    root = ElementTree.fromstring(data)
    assert root.tag == f"{SVG}svg"
    assert (root.get("width"), root.get("height")) == (image["width"], image["height"])
    assert int(image["height"]) <= 100
    assert {element.tag for element in root.iter()} == {
        f"{SVG}{name}" for name in ("svg", "title", "clipPath", "g", "rect")
    }
    assert root.findtext(f"{SVG}title") == image["alt"]
    assert len(markup) < 16_000


@pytest.mark.parametrize("fields", [{}, {"total_time": 0.0}, {"total_time": float("nan")}])
def test_without_times_there_is_no_picture(make: Make, fields: dict[str, Any]) -> None:
    """Nothing known, nothing drawn: no empty image and no division by zero."""
    record = make("starting", **fields)
    assert timing.svg([record]) == ""
    assert timing.picture([record]) == ""
    assert timing.picture([]) == ""
