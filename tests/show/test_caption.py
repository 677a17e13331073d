"""The caption of a finished cell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from comet_jupyter.record import Failure, FileRef, Record
from comet_jupyter.show import caption, html

Make = Callable[..., Record]
Read = Callable[[str], Any]

FAILURE = Failure("ModerationError", "the picture was flagged", "Change the prompt")


def four(make: Make, **fields: Any) -> list[Record]:
    """Four predictions with seeds 7 to 10 and ids of their own."""
    return [
        make(seed=7 + n, run=3.0 + n, state={"id": f"id{n}", "logs": ""}, **fields)
        for n in range(4)
    ]


def test_one_prediction_in_two_lines(make: Make) -> None:
    """Model, seed, size; times, cost, id: each once, in this order."""
    assert caption([make()])["text/plain"].splitlines() == [
        "black-forest-labs/flux-dev · seed 7 · 1024 × 768",
        "queue 0.40 s · run 3.1 s · download 0.35 s · total 4.0 s · $0.025"
        " · id q4chw5rey9rmt0cww76t4h3ma4",
    ]


def test_html_and_plain_text_say_the_same(make: Make, read: Read) -> None:
    """Every fact of the plain text stands in the HTML."""
    for records in ([make()], four(make), [make(origin="replay")], [make(notices=("late",))]):
        bundle = caption(records)
        shown = read(bundle["text/html"]).text
        for line in bundle["text/plain"].splitlines():
            for fact in line.removeprefix("ids ").replace(", ", " · ").split(" · "):
                assert fact.removeprefix("id ") in shown


def test_the_timing_picture_has_a_text_alternative(make: Make, read: Read) -> None:
    """The picture says its phases to those who do not see it."""
    (image,) = read(caption([make()])["text/html"]).images
    assert image["src"].startswith("data:image/svg+xml;base64,")
    assert image["alt"] == "Timing: queue 0.40 s, run 3.1 s, download 0.35 s"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"cost": 0.003}, " · $0.003 · "),
        ({"cost": 0.003, "cost_estimated": True}, " · ~$0.003 · "),
        ({"origin": "store"}, " · no charge · "),
        ({"origin": "replay"}, " · no charge · "),
        ({"state": {"source": "sandbox"}}, " · no charge · "),
    ],
)
def test_cost_is_honest(make: Make, fields: dict[str, Any], said: str) -> None:
    """Estimates are marked, and what was kept or drawn locally costs nothing."""
    assert said in caption([make(**fields)])["text/plain"]


def test_an_unknown_cost_is_left_out(make: Make) -> None:
    """No price, no word about money."""
    text = caption([make(cost=None)])["text/plain"]
    assert "$" not in text
    assert "charge" not in text


def test_costs_add_up_and_admit_gaps(make: Make) -> None:
    """A batch names its sum; with an unknown price in it the sum is a lower bound."""
    records = four(make)
    assert " · $0.10" in caption(records)["text/plain"]
    records[0] = replace(records[0], cost=None)
    assert " · at least $0.075" in caption(records)["text/plain"]
    records[1] = replace(records[1], cost_estimated=True, origin="store")
    assert " · at least $0.05" in caption(records)["text/plain"]


@pytest.mark.parametrize(("origin", "label"), [("store", "from store"), ("replay", "replayed")])
def test_results_that_were_kept_are_labelled(make: Make, origin: str, label: str) -> None:
    """A badge says where it came from, and its times are those of when it was made."""
    bundle = caption([make(origin=origin)])
    assert bundle["text/plain"].splitlines()[0].endswith(f" · {label}")
    assert "made in 4.0 s · no charge" in bundle["text/plain"]
    assert f"border:1px solid {html.TEAL}" in bundle["text/html"]


@pytest.mark.parametrize("origin", ["sandbox", "store", "replay"])
def test_the_sandbox_never_passes_for_a_model(make: Make, origin: str) -> None:
    """What was drawn locally says so first and names no model, replayed or not."""
    bundle = caption([make(origin=origin, state={"source": "sandbox"})])
    assert bundle["text/plain"].startswith("sandbox · drawn locally · ")
    assert "flux" not in bundle["text/plain"] + bundle["text/html"]


def test_a_batch_has_one_caption(make: Make, read: Read) -> None:
    """Amount, range of seeds, ranges of times; the ids are folded, the picture has a row each."""
    bundle = caption(four(make))
    assert bundle["text/plain"].splitlines()[:2] == [
        "black-forest-labs/flux-dev · 4 pictures · seeds 7–10 · 1024 × 768",
        "queue 0.40 s · run 3.0–6.0 s · download 0.35 s · total 3.9–6.9 s · $0.10",
    ]
    seen = read(bundle["text/html"])
    assert seen.tags.count("details") == 1
    assert [f"id{n}" in seen.text for n in range(4)] == [True] * 4
    assert len(seen.images) == 1


def test_a_batch_of_different_prompts_lists_them(make: Make, read: Read) -> None:
    """In a sweep over words the folded list says which picture is which."""
    records = [make(prompt=f"a {animal}") for animal in ("cat", "dog")]
    assert "a dog" in read(caption(records)["text/html"]).text
    assert "a cat" not in read(caption(records[:1] * 2)["text/html"]).text


def test_failures_in_a_batch_are_named(make: Make) -> None:
    """What failed among several is counted and its cause said, with its number and seed."""
    records = [*four(make)[:3], make("failed", seed=10, failure=FAILURE)]
    text = caption(records)["text/plain"]
    assert "3 pictures · 1 failed · seeds 7–10" in text
    assert "picture 4 (seed 10): the picture was flagged" in text


def test_the_same_cause_is_said_once(make: Make) -> None:
    """Where all fail for one reason there is one line, and no word of zero pictures."""
    lines = caption([make("failed", seed=n, failure=FAILURE) for n in (7, 8)])["text/plain"]
    assert lines.splitlines()[0].startswith("black-forest-labs/flux-dev · 2 failed · seeds 7–8")
    assert lines.count(FAILURE.cause) == 1
    assert f"2 pictures: {FAILURE.cause}" in lines


def test_different_models_and_sizes_are_counted(make: Make) -> None:
    """A comparison names no model as the one of all."""
    other = FileRef("cd" * 32, "image/png", 10, 512, 512)
    records = [make(), make(model="stability-ai/sdxl", files=(other,))]
    first = caption(records)["text/plain"].splitlines()[0]
    assert first == "2 models · 2 pictures · seed 7 · several sizes"


def test_a_file_that_is_no_picture_is_told(make: Make, read: Read) -> None:
    """Name, media type, size and path stand there as text."""
    video = FileRef("cd" * 32, "video/mp4", 3_456_789, url="https://replicate.delivery/x/clip.mp4")
    bundle = caption([make(files=(video,))], {video.sha256: "~/comet/cd  cd.mp4"})
    line = "clip.mp4 · video/mp4 · 3.5 MB · ~/comet/cd  cd.mp4"
    assert line in bundle["text/plain"].splitlines()
    assert line in read(bundle["text/html"]).text
    assert " · 1 file · " in bundle["text/plain"]


def test_the_filled_prompt_is_shown_only_where_the_cell_has_a_template(make: Make) -> None:
    """The prompt as sent stands there when the cell shows something else."""
    assert "“a red cat”" in caption([make(prompt="a red cat", template="a {{ c }}")])["text/plain"]
    assert "a red cat" not in caption([make(prompt="a red cat")])["text/plain"]


def test_a_seed_drawn_by_the_service_is_read_from_the_log(make: Make) -> None:
    """Without a seed in the request the one in the log is shown, else none."""
    assert "seed 60392" in caption([make(seed=None)])["text/plain"]
    assert "seed" not in caption([make(seed=None, state={"logs": ""})])["text/plain"]


@pytest.mark.parametrize(
    ("seeds", "said"),
    [
        ([7, 7], "seed 7"),
        ([3, 9], "seeds 3, 9"),
        ([1, 2, 3], "seeds 1–3"),
        ([10**12 + n * n for n in range(9)], "9 seeds"),
    ],
)
def test_seeds_are_said_shortly(make: Make, seeds: list[int], said: str) -> None:
    """Equal seeds once, a run as a range, few as a list, many as a number."""
    assert f" · {said} · " in caption([make(seed=seed) for seed in seeds])["text/plain"]


def test_a_bundle_is_plain_text(make: Make) -> None:
    """Values are exact `str` objects, for whichever packer sends them."""
    assert {type(value) for value in caption([make()]).values()} == {str}
