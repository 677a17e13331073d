"""What a sweep shows: its sheets as outputs, their words, and what the notebook keeps."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Pillow

from comet_jupyter import images
from comet_jupyter.record import Failure, FileRef, Record
from comet_jupyter.show import result
from comet_jupyter.show.axes import Axes, Axis
from comet_jupyter.show.bundle import image_bundle, sheet_alt_text, sheet_bundle
from comet_jupyter.show.sheets import Bundle, sheets

Make = Callable[..., Record]

SEEDS = Axis("seed", ("1", "2"))
GUIDANCE = Axis("guidance", ("2", "3.5", "5"))
STEPS = Axis("steps", ("20", "28"))
FLAGGED = Failure("PredictionFailedError", "flagged as sensitive", "Change the words")


def _opened(file: FileRef, size: tuple[int, int] = (64, 48)) -> images.OutputFile:
    """A picture for any reference, a small one."""
    data = io.BytesIO()
    Pillow.new("RGB", size, "teal").save(data, "PNG")
    return images.Image(
        media_type="image/png",
        sha256=file.sha256,
        size=len(data.getvalue()),
        path=Path("files") / f"{file.sha256[:4]}.png",
        load=data.getvalue,
        width=size[0],
        height=size[1],
    )


def _swept(make: Make, axes: Axes, failed: Sequence[int] = (), **fields: Any) -> list[Record]:
    """A finished record for each place; each has a picture of its own."""
    records = []
    for index in range(axes.size):
        file = FileRef(f"{index:064x}", "image/png", 9, 64, 48)
        record = make(key=f"{index:032x}", files=(file,), **fields)
        if index in failed:
            record = replace(
                make("failed", key=f"{index:032x}", **fields), files=(), failure=FLAGGED
            )
        records.append(record)
    return records


def _pictures(outputs: Sequence[Bundle]) -> list[Bundle]:
    """Those outputs that are pictures."""
    return [one for one in outputs if {"image/png", "image/jpeg"} & set(one[0])]


# -- sheets ------------------------------------------------------------------------------


def test_two_axes_are_one_plain_picture(make: Make) -> None:
    """The caption, then one picture that names both axes with their values."""
    axes = Axes((SEEDS, GUIDANCE))
    made = result.outputs(_swept(make, axes), _opened, axes=axes)
    assert len(made) == 2
    [(data, metadata)] = _pictures(made)
    assert "text/html" not in data
    first, *paths = data["text/plain"].splitlines()
    assert first == (
        "Contact sheet of 6 pictures"
        " — seed 1, 2 (rows) × guidance 2, 3.5, 5 (columns)"
        " — A paper boat floating on calm water at sunrise. — black-forest-labs/flux-dev"
    )
    assert metadata["image/jpeg"]["alt"] == first
    assert len(paths) == 6
    assert all(path.startswith("file: ") for path in paths)


def test_a_third_axis_is_one_picture_for_each_value(make: Make) -> None:
    """Each sheet has its own pictures, row by row, and says which value it is of."""
    axes = Axes((SEEDS, GUIDANCE, STEPS))
    made = _pictures(result.outputs(_swept(make, axes), _opened, axes=axes))
    assert len(made) == 2
    for layer, (data, metadata) in enumerate(made):
        assert f"(columns) × steps {STEPS.labels[layer]}" in data["text/plain"]
        keys = [note["key"] for note in metadata["comet"]["predictions"]]
        assert keys == [f"{index:032x}" for index in range(layer, 12, 2)]


def test_a_single_axis_labels_its_pictures(make: Make) -> None:
    """Without rows and columns each picture has its value below it."""
    axes = Axes((GUIDANCE,))
    [(data, _)] = _pictures(result.outputs(_swept(make, axes), _opened, axes=axes))
    assert "pictures — guidance 2, 3.5, 5 — A paper boat" in data["text/plain"]
    [plain] = _pictures(result.outputs(_swept(make, axes), _opened))
    assert plain[0]["image/jpeg"] != data["image/jpeg"]


def test_a_sheet_without_axes_is_as_it_was(make: Make) -> None:
    """Several pictures that nothing sets apart but the seed are one sheet, and no axes."""
    records = [make(seed=seed, key=f"{seed:032x}") for seed in (7, 8)]
    [(data, metadata)] = _pictures(result.outputs(records, _opened))
    assert data["text/plain"].startswith("Contact sheet of 2 pictures — A paper boat")
    assert list(metadata["comet"]) == ["predictions"]


@pytest.mark.parametrize("seed_axis", [True, False])
def test_the_seeds_are_said_once(make: Make, seed_axis: bool) -> None:
    """A sweep of seeds names them as an axis, another one by the seed that they share."""
    axes = Axes((SEEDS if seed_axis else STEPS, GUIDANCE))
    text = sheet_alt_text(_swept(make, axes, seed=7), axes)
    assert text.endswith("flux-dev" if seed_axis else "flux-dev, seed 7")


def test_prompts_of_one_template_are_named_by_it(make: Make) -> None:
    """Where the prompts differ, the words that the person typed say what they have in common."""
    axes = Axes((Axis("style", ("oil", "ink")),))
    records = [
        make(prompt=f"a boat in {style}", template="a boat in {{ style }}")
        for style in ("oil", "ink")
    ]
    assert " — a boat in {{ style }} — " in sheet_alt_text(records, axes)
    assert " — 2 prompts — " in sheet_alt_text(records)


def test_long_values_do_not_flood_the_text(make: Make) -> None:
    """Sixty-four prompts of any length give a text alternative that can be listened to."""
    axes = Axes((Axis("prompt", tuple(f"{n} " + "word " * 60 for n in range(64))),))
    text = sheet_alt_text(_swept(make, axes), axes)
    assert "(64 values)" in text
    assert len(text) < 600


# -- failures ----------------------------------------------------------------------------


def test_what_failed_is_said_in_a_small_table(make: Make) -> None:
    """States by row and column, and the cause with the place that it belongs to."""
    axes = Axes((SEEDS, GUIDANCE))
    [(data, _)] = _pictures(result.outputs(_swept(make, axes, [4]), _opened, axes=axes))
    lines = data["text/plain"].splitlines()
    assert lines[0].startswith("Contact sheet of 6 pictures, 1 failed — seed 1, 2 (rows)")
    assert lines[1:5] == [
        "seed \\ guidance  2   3.5     5",
        "1                ok  ok      ok",
        "2                ok  failed  ok",
        "seed 2 × guidance 3.5 failed: flagged as sensitive",
    ]


def test_a_cause_that_many_share_stands_once(make: Make) -> None:
    """Five failures for one reason are one line that names some of the places."""
    axes = Axes((SEEDS, GUIDANCE))
    [(data, _)] = _pictures(result.outputs(_swept(make, axes, range(5)), _opened, axes=axes))
    [line] = [line for line in data["text/plain"].splitlines() if "flagged" in line]
    assert line.endswith("and 2 more failed: flagged as sensitive")
    assert line.count("×") == 3


def test_a_single_axis_has_a_table_too(make: Make) -> None:
    """One state a line."""
    axes = Axes((GUIDANCE,))
    [(data, _)] = _pictures(result.outputs(_swept(make, axes, [1]), _opened, axes=axes))
    assert "guidance  state\n2         ok\n3.5       failed\n5         ok\n" in data["text/plain"]


def test_a_failure_is_a_hole_in_its_place(make: Make) -> None:
    """The sheet is as large as without it, and differs."""
    axes = Axes((SEEDS, GUIDANCE))
    whole, holed = (
        _pictures(result.outputs(_swept(make, axes, failed), _opened, axes=axes))[0]
        for failed in ([], [4])
    )
    assert whole[1]["image/jpeg"]["width"] == holed[1]["image/jpeg"]["width"]
    assert whole[0]["image/jpeg"] != holed[0]["image/jpeg"]


def test_markup_in_values_and_causes_stays_text(make: Make) -> None:
    """Values and causes only ever reach plain text and the picture."""
    axes = Axes((Axis("style", ("<b>oil</b>\x1b[31m", "ink")), GUIDANCE))
    records = _swept(make, axes, [0])
    records[0] = replace(records[0], failure=Failure("X", "<script>alert(1)</script>", ""))
    made = result.outputs(records, _opened, axes=axes)
    for data, _ in _pictures(made):
        assert "text/html" not in data
        assert "\x1b" not in data["text/plain"]


# -- what the notebook keeps --------------------------------------------------------------


def test_the_metadata_says_what_was_swept(make: Make) -> None:
    """Names and values of the axes, and the records in the order of the grid."""
    axes = Axes((SEEDS, GUIDANCE))
    metadata = sheet_bundle("image/png", b"x", _swept(make, axes), axes=axes)[1]
    note = json.loads(json.dumps(metadata["comet"]))
    assert note["axes"] == [
        {"name": "seed", "values": ["1", "2"]},
        {"name": "guidance", "values": ["2", "3.5", "5"]},
    ]
    assert len(note["predictions"]) == 6


def test_the_metadata_of_a_sheet_tells_its_value_of_the_third_axis(make: Make) -> None:
    """A saved sheet is understood without the other ones."""
    axes = Axes((SEEDS, GUIDANCE, STEPS))
    made = _pictures(result.outputs(_swept(make, axes), _opened, axes=axes))
    third = [metadata["comet"]["axes"][2] for _, metadata in made]
    assert third == [{"name": "steps", "values": ["20"]}, {"name": "steps", "values": ["28"]}]


def test_a_large_sweep_stays_small_in_the_notebook(make: Make) -> None:
    """Eight sheets of 64 with endless prompts and logs: each cell's logs stay under 64 kB."""
    eight = tuple(str(number) for number in range(8))
    axes = Axes(
        (Axis("prompt", tuple("w" * 5_000 + n for n in eight)), Axis("a", eight), Axis("b", eight))
    )
    records = _swept(make, axes, prompt="p" * 20_000, state={"logs": "line\n" * 4_000})
    made = sheets(len(records), _opened, axes)
    assert len(made) == 8
    notes = [sheet.bundle(records, embed="none")[1]["comet"] for sheet in made]
    logs = [one["logs"] for note in notes for one in note["predictions"]]
    assert sum(map(len, logs)) < 64_000
    assert all(logs)
    assert all(len(json.dumps(note["axes"])) < 3_000 for note in notes)


def test_without_pictures_the_words_are_all_there(make: Make) -> None:
    """``--embed none`` gives text and metadata only, with the axes and what failed."""
    axes = Axes((SEEDS, GUIDANCE))
    made = result.outputs(_swept(make, axes, [4]), _opened, embed="none", axes=axes)
    data, metadata = made[1]
    assert set(data) == {"text/plain"}
    assert "seed 2 × guidance 3.5 failed" in data["text/plain"]
    assert data["text/plain"].count("file: ") == 5
    assert len(metadata["comet"]["axes"]) == 2


# -- one below the other -------------------------------------------------------------------


def test_each_picture_names_its_place(make: Make) -> None:
    """With ``--each`` the text of each picture begins with its values; a failure is a line."""
    axes = Axes((SEEDS, GUIDANCE))
    made = result.outputs(_swept(make, axes, [4]), _opened, each=True, axes=axes)[1:]
    texts = [data["text/plain"] for data, _ in made]
    assert len(texts) == 6
    assert texts[1].startswith("seed 1 × guidance 3.5 — A paper boat")
    assert texts[4] == "seed 2 × guidance 3.5 failed: flagged as sensitive"
    assert made[1][1]["comet"]["place"] == "seed 1 × guidance 3.5"
    assert made[1][1]["image/png"]["alt"].startswith("seed 1 × guidance 3.5")


def test_a_picture_alone_has_no_place(make: Make) -> None:
    """Without axes text and metadata are those of a single picture."""
    data, metadata = image_bundle("image/png", b"x", make())
    assert data["text/plain"].startswith("A paper boat")
    assert "place" not in metadata["comet"]


# -- filling in ----------------------------------------------------------------------------


def _waiting(record: Record) -> Record:
    return replace(record, finished=False, files=(), failure=None)


def test_only_the_sheet_with_news_is_drawn_again(make: Make) -> None:
    """A picture changes its own sheet; with the first one all sheets are shown, in order."""
    axes = Axes((SEEDS, GUIDANCE, STEPS))
    done = _swept(make, axes)
    records = list(map(_waiting, done))
    made = sheets(len(records), _opened, axes)
    assert not any(sheet.news(records) for sheet in made)
    records[1] = done[1]  # of the second sheet
    assert all(sheet.news(records) for sheet in made)
    for sheet in made:
        sheet.bundle(records)
    assert not any(sheet.news(records) for sheet in made)
    records[3] = done[3]
    assert [sheet.news(records) for sheet in made] == [False, True]


def test_the_sheet_keeps_still_while_results_land(make: Make) -> None:
    """With the shape in the input, size and places do not move until the end."""
    axes = Axes((SEEDS, Axis("aspect_ratio", ("4:3", "4:3"))))
    done = _swept(make, axes)
    done = [
        replace(one, request=replace(one.request, input={"prompt": "a", "aspect_ratio": "4:3"}))
        for one in done
    ]
    [sheet] = sheets(4, lambda file: _opened(file, (800, 600)), axes)
    sizes = set()
    for landed in range(1, 5):
        records = done[:landed] + list(map(_waiting, done[landed:]))
        shown = sheet.preview(records)
        sizes.add((shown.width, shown.height))
    assert len(sizes) == 1


def test_a_prediction_with_several_pictures_has_one_place(make: Make) -> None:
    """On a grid its first picture stands for it, with a word about the others."""
    axes = Axes((SEEDS, GUIDANCE))
    records = _swept(make, axes)
    files = tuple(FileRef(f"{n:064x}", "image/png", 9, 64, 48) for n in (90, 91, 92))
    records[2] = replace(records[2], files=files)
    [sheet] = sheets(6, _opened, axes)
    plain = sheets(6, _opened, axes)[0].preview(_swept(make, axes))
    shown = sheet.preview(records)
    assert shown.width == plain.width
    assert shown.height > plain.height  # room for the words


def test_more_pictures_than_a_sheet_has_places_are_one_for_each_prediction(make: Make) -> None:
    """Twenty predictions of four pictures are twenty tiles, not an error."""
    files = tuple(FileRef(f"{n:064x}", "image/png", 9, 64, 48) for n in range(4))
    records = [make(key=f"{n:032x}", seed=n, files=files) for n in range(20)]
    [(_, metadata)] = _pictures(result.outputs(records, _opened))
    assert len(metadata["comet"]["predictions"]) == 20


# -- a handle at the end of a cell ------------------------------------------------------------


def test_several_sheets_are_one_picture_for_a_handle(make: Make) -> None:
    """One output has all sheets below each other, and the words of all."""
    axes = Axes((SEEDS, GUIDANCE, STEPS))
    records = _swept(make, axes, [5])
    data, metadata = result.representation(records, _opened, axes)
    assert set(data) == {"image/jpeg", "text/plain"}
    assert "× steps 20, 28" in data["text/plain"]
    assert "seed 1 × guidance 5 × steps 28 failed" in data["text/plain"]
    assert len(metadata["comet"]["predictions"]) == 12
    alone, _ = result.representation(records[::2], _opened, Axes((SEEDS, GUIDANCE)))
    assert len(data["image/jpeg"]) > len(alone["image/jpeg"])


def test_what_is_left_out_is_said_with_what_to_type(make: Make) -> None:
    """Beyond what is drawn quickly there is a line that names the next part."""
    eight = tuple(str(number) for number in range(8))
    axes = Axes((Axis("seed", eight), Axis("guidance", eight), Axis("steps", eight[:4])))
    records = _swept(make, axes)
    data, metadata = result.representation(records, _opened, axes)
    assert "2 more sheets, the next with batch[:, :, 2]" in data["text/plain"]
    first = sheets(256, _opened, axes)[0].preview(records)
    assert metadata["image/jpeg"]["height"] > 2 * first.display_height


@pytest.mark.parametrize(
    ("shape", "part"),
    [((40, 8), "batch[16:24, :]"), ((170,), "batch[113:170]")],
)
def test_the_next_part_is_named_by_its_rows(make: Make, shape: tuple[int, ...], part: str) -> None:
    """A sweep that is too long for its sheets goes on with rows, a single axis with numbers."""
    axes = Axes(
        tuple(
            Axis(name, tuple(map(str, range(amount))))
            for name, amount in zip("ab", shape, strict=False)
        )
    )
    data, _ = result.representation(_swept(make, axes), _opened, axes)
    assert f"the next with {part}" in data["text/plain"]


def test_many_predictions_without_axes_are_shown_too(make: Make) -> None:
    """A batch of a hundred that nothing sets apart is drawn on two sheets."""
    records = [
        make(key=f"{n:032x}", seed=n, files=(FileRef(f"{n:064x}", "image/png", 9, 64, 48),))
        for n in range(100)
    ]
    data, _ = result.representation(records, _opened)
    assert "image/jpeg" in data
    assert len(_pictures(result.outputs(records, _opened))) == 2
