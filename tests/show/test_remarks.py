"""Remarks in one line, and what a dry run shows."""

from __future__ import annotations

from pathlib import Path

from comet_jupyter.show import remarks
from comet_jupyter.wire.request import PredictionRequest


def _requests(*inputs: dict[str, object]) -> list[PredictionRequest]:
    return [PredictionRequest("a/model", {"prompt": "a boat", **values}) for values in inputs]


def test_a_dry_run_shows_as_many_as_fit_on_a_sheet() -> None:
    """Each body on a line of its own below its model; of a hundred the rest in a line."""
    text = remarks.dry_run(_requests(*({"seed": n} for n in range(7, 107))))["text/plain"]
    head, route, *bodies, rest = text.split("\n")
    assert head == "dry run: 100 predictions, nothing was sent, price not known"
    assert route == "POST /models/a/model/predictions"
    assert len(bodies) == remarks.SHOWN
    assert bodies[0] == '{"input": {"prompt": "a boat", "seed": 7}}'
    assert rest == "and 36 more, up to seed 106"


def test_a_dry_run_names_each_model_once() -> None:
    """And says first what varies."""
    requests = [PredictionRequest(f"a/{name}", {"prompt": "a boat"}) for name in "bbc"]
    text = remarks.dry_run(requests, varied="seed 2 × model 2")["text/plain"]
    assert [line for line in text.split("\n") if not line.startswith("{")] == [
        "dry run: 3 predictions, nothing was sent, price not known",
        "seed 2 × model 2",
        "POST /models/a/b/predictions",
        "POST /models/a/c/predictions",
    ]


def test_one_request_is_followed_by_nothing() -> None:
    """A dry run of one picture ends with the request."""
    assert remarks.dry_run(_requests({}))["text/plain"].endswith("}")


def test_saved_files_are_named_and_counted() -> None:
    """Of many the first and the last; what was there already; troubles in lines of their own."""
    paths = [Path(f"/out/{number}.png") for number in range(9)]
    text = remarks.saved(paths, paths[:2], ["not saved as x: disk full"])["text/plain"]
    first, second = text.split("\n")
    assert first.startswith("saved 9 pictures: /out/0.png, /out/1.png")
    assert first.endswith("…, /out/8.png (2 there already)")
    assert second == "not saved as x: disk full"
    assert remarks.saved([], [], [])["text/plain"] == "no picture was saved"


def test_a_cell_is_selected_by_one_click_and_says_so() -> None:
    """Its words are not broken in the middle; no text makes no markup."""
    markup = remarks.cell("%%comet --seed 7\na <boat>")
    assert "the same as a notebook cell: click to select it, then copy" in markup
    assert "a &lt;boat&gt;" in markup
    assert "user-select:all" in markup
    assert "word-break:normal" in markup
    assert remarks.cell("") == ""
