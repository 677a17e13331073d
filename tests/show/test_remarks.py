"""Remarks in one line, and what a dry run shows."""

from __future__ import annotations

from comet_jupyter.show import remarks
from comet_jupyter.wire.request import PredictionRequest


def _requests(*inputs: dict[str, object]) -> list[PredictionRequest]:
    return [PredictionRequest("a/model", {"prompt": "a boat", **values}) for values in inputs]


def test_a_dry_run_shows_one_of_those_that_differ_in_the_seed() -> None:
    """A hundred seeds are one request and a line, not a hundred requests."""
    text = remarks.dry_run(_requests(*({"seed": n} for n in range(7, 107))))["text/plain"]
    assert text.startswith("dry run: 100 predictions, nothing was sent")
    assert text.count("POST /models/a/model/predictions") == 1
    assert text.endswith("and 99 more like it, up to seed 106")


def test_a_dry_run_shows_all_that_differ_otherwise() -> None:
    """Two requests with other inputs are both there in full."""
    text = remarks.dry_run(_requests({"seed": 1, "go_fast": True}, {"seed": 1}))["text/plain"]
    assert text.count("POST ") == 2
    assert "more like it" not in text


def test_one_request_is_followed_by_nothing() -> None:
    """A dry run of one picture ends with the request."""
    assert remarks.dry_run(_requests({}))["text/plain"].endswith("}")


def test_a_cell_is_selected_by_one_click_and_says_so() -> None:
    """Its words are not broken in the middle; no text makes no markup."""
    markup = remarks.cell("%%comet --seed 7\na <boat>")
    assert "the same as a notebook cell: click to select it, then copy" in markup
    assert "a &lt;boat&gt;" in markup
    assert "user-select:all" in markup
    assert "word-break:normal" in markup
    assert remarks.cell("") == ""
