"""Pictures as notebook outputs, and the record that travels with them."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from comet_jupyter.record import FileRef, Record
from comet_jupyter.show import bundle, image_bundle, notebook_record, sheet_bundle
from comet_jupyter.wire.request import PredictionRequest

Make = Callable[..., Record]

PICTURE = b"\x89PNG not really"


def size(value: Any) -> int:
    """Bytes of the value in a notebook file; raises for what is no JSON."""
    return len(json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8"))


def test_a_picture_comes_without_html(make: Make) -> None:
    """The picture and its text, nothing that a front end would prefer to the picture."""
    data, metadata = image_bundle("image/png", PICTURE, make(), width=512, path_text="~/a b.webp")
    assert set(data) == {"image/png", "text/plain"}
    assert base64.b64decode(data["image/png"]) == PICTURE
    assert data["text/plain"].splitlines() == [
        "A paper boat floating on calm water at sunrise."
        " — black-forest-labs/flux-dev, seed 7, 1024 × 768",
        "~/a b.webp",
    ]
    assert metadata["image/png"] == {"alt": data["text/plain"].splitlines()[0], "width": 512}


def test_the_metadata_is_the_record(make: Make) -> None:
    """The record reads back from the notebook as it was, without what the service forgets."""
    record = make(state={"outputs": ("https://replicate.delivery/x?signature=1",)})
    _, metadata = image_bundle("image/jpeg", PICTURE, record, index=0)
    note = metadata["comet"]
    assert note["image"] == 0
    assert "signature" not in json.dumps(note)
    back = Record.from_dict(json.loads(json.dumps(note)))
    nameless = tuple(replace(file, url="") for file in record.files)
    assert back == replace(record, files=nameless, state=replace(record.state, outputs=()))


def test_a_contact_sheet_carries_every_record(make: Make) -> None:
    """The sheet's text says how many, and its metadata lists them in order."""
    records = [make(seed=seed) for seed in (7, 8, 9)]
    data, metadata = sheet_bundle("image/png", PICTURE, records, width=640, height=480)
    assert data["text/plain"] == (
        "Contact sheet of 3 pictures — A paper boat floating on calm water at sunrise."
        " — black-forest-labs/flux-dev, seeds 7–9"
    )
    assert metadata["image/png"]["height"] == 480
    seeds = [note["input"]["seed"] for note in metadata["comet"]["predictions"]]
    assert seeds == [7, 8, 9]


def test_the_sandbox_is_named_in_the_text(make: Make) -> None:
    """Those who hear the alternative text learn too that no model drew it."""
    text = bundle.alt_text(make(state={"source": "sandbox"}))
    assert "sandbox · drawn locally" in text
    assert "flux" not in text


def test_one_of_several_pictures_is_numbered(make: Make) -> None:
    """A prediction with two pictures says which one this is."""
    files = tuple(FileRef(f"{n}" * 64, "image/webp", 9, 10 * n, 10) for n in (1, 2))
    record = make(files=files)
    assert "picture 2 of 2 — " in bundle.alt_text(record, 1)
    assert bundle.alt_text(record, 1).endswith("20 × 10")
    assert bundle.alt_text(make(files=()), 0).endswith("seed 7")


@pytest.mark.parametrize("amount", [1, 4, 64])
def test_metadata_is_small_whatever_the_service_says(make: Make, amount: int) -> None:
    """Logs stay under 64 kB in all, and the rest does not grow with prompt, files or metrics."""
    hostile = make(
        prompt="p" * 200_000,
        state={
            "logs": "█" * 64_000,
            "metrics": {f"metric {n}": "m" * 5_000 for n in range(2_000)},
            "extra": {"unknown": ["x" * 10_000] * 500},
            "output": "data:image/png;base64," + "A" * 5_000_000,
        },
        notices=tuple("n" * 1_000 for _ in range(500)),
    )
    notes = sheet_bundle("image/png", b"", [hostile] * amount)[1]["comet"]["predictions"]
    assert sum(len(note["logs"].encode()) for note in notes) < 64_000
    assert size(notes) < 30_000 + 6_000 * amount


def test_what_was_left_out_is_named(make: Make) -> None:
    """Cut members are listed, and an ordinary record is not cut at all."""
    record = make()
    assert "shortened" not in notebook_record(record)
    inline = "data:image/png;base64," + "A" * 100_000
    request = PredictionRequest(record.model, {"prompt": "a", "image": inline})
    note = notebook_record(replace(record, request=request))
    assert note["shortened"] == ["input"]
    assert note["input"]["image"].startswith("data:image/png;base64,…")
    assert note["input"]["prompt"] == "a"
    long = notebook_record(make(state={"logs": "line\n" * 10_000}))
    assert long["shortened"] == ["logs"]
    assert long["logs"].endswith("line\n")


@pytest.mark.parametrize("odd", [float("nan"), float("inf"), "\ud800", "\x00"])
def test_metadata_can_always_be_saved(make: Make, odd: Any) -> None:
    """NaN, infinity and half characters never reach a notebook file."""
    record = make(
        download_time=odd,
        state={"metrics": {"odd": odd, "nested": [odd]}, "logs": f"a{odd}"},
        notices=(f"{odd}",),
    )
    assert size(notebook_record(record)) < 5_000
