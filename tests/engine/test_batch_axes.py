"""A batch as a grid: places, slices and how it shows itself."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from support.png import png

from comet_jupyter.engine import session as sessions
from comet_jupyter.engine.batch import Batch
from comet_jupyter.engine.prediction import Prediction
from comet_jupyter.images import Image
from comet_jupyter.record import FileRef, Record
from comet_jupyter.show.axes import Axes, Axis
from comet_jupyter.wire.request import PredictionRequest
from comet_jupyter.wire.state import PredictionState

SCHNELL = "black-forest-labs/flux-schnell"
SEEDS, GUIDANCE = Axis("seed", ("1", "2", "3", "4")), Axis("guidance", ("2", "3.5", "5"))
STEPS = Axis("steps", ("20", "28"))


def opened(file: FileRef) -> Image:
    """The file of any reference."""
    return Image(
        media_type=file.media_type,
        sha256=file.sha256,
        size=file.size,
        load=png,
        width=64,
        height=40,
    )


def make(*axes: Axis) -> Batch:
    """A batch with these axes, its predictions done."""
    grid = Axes(axes)
    records = [
        Record(
            f"{index:032x}",
            PredictionRequest(SCHNELL, {"prompt": grid.words(index), "seed": 7}),
            datetime(2026, 3, 12, tzinfo=timezone.utc),
            state=PredictionState(id=f"id{index}", status="succeeded"),
            files=(FileRef(f"{index:064x}", "image/png", 9, 64, 40),),
            finished=True,
        )
        for index in range(grid.size)
    ]
    batch = sessions.as_one([Prediction(record, open_file=opened) for record in records], grid)
    assert isinstance(batch, Batch)
    return batch


def prompts(what: Prediction | Batch) -> list[str]:
    """Which places these are."""
    each = [what] if isinstance(what, Prediction) else what
    return [one.record.request.prompt for one in each]


def test_two_indexes_are_row_and_column() -> None:
    """Each place is the prediction of its values, and negative indexes count from the end."""
    batch = make(SEEDS, GUIDANCE)
    assert batch.shape == (4, 3)
    assert batch.axes == Axes((SEEDS, GUIDANCE))
    assert prompts(batch[1, 2]) == ["seed 2 × guidance 5"]
    assert batch[-1, -3] is batch[3, 0]
    assert isinstance(batch[0, 0], Prediction)


def test_one_index_keeps_its_meaning() -> None:
    """A plain number, a slice, the length and the order are those of the flat sequence."""
    batch = make(SEEDS, GUIDANCE)
    assert len(batch) == 12
    assert batch[5] is batch[1, 2]
    assert batch[-1] is batch[3, 2]
    assert list(batch)[4] is batch[1, 1]
    assert prompts(batch[2:4]) == ["seed 1 × guidance 5", "seed 2 × guidance 2"]


def test_slices_in_any_place_give_a_batch() -> None:
    """A row, a column, a part: flat in row-major order, with the axes that are left."""
    batch = make(SEEDS, GUIDANCE, STEPS)
    row = batch[1, :, 0]
    assert isinstance(row, Batch)
    assert row.axes == Axes((GUIDANCE,))
    assert prompts(row)[1] == "seed 2 × guidance 3.5 × steps 20"
    part = batch[::3, 1:, :]
    assert isinstance(part, Batch)
    assert part.shape == (2, 2, 2)
    assert prompts(part[1, 0, 1]) == ["seed 4 × guidance 3.5 × steps 28"]
    last = batch[:, :, -1]
    assert isinstance(last, Batch)
    assert last.shape == (4, 3)
    assert all(text.endswith("steps 28") for text in prompts(last))


def test_a_flat_slice_keeps_the_axes_of_a_rectangle() -> None:
    """Whole rows are a grid again; a run over the edge of a row is a plain batch."""
    batch = make(SEEDS, GUIDANCE)
    assert batch[3:9].shape == (2, 3)
    assert prompts(batch[3:9][1, 0]) == ["seed 3 × guidance 2"]
    assert batch[2:4].axes is None
    assert batch[2:4].shape == (2,)
    assert len(batch[5:5]) == 0


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ((0, 0, 0), r"seed × guidance takes one index each, batch\[i, j\], not 3"),
        ((slice(None),), "not 1"),
        ((4, 0), "seed has 4 values: index 4 is out of range"),
        ((slice(None), -4), "guidance has 3 values: index -4 is out of range"),
    ],
)
def test_a_wrong_place_is_one_clear_line(place: Any, said: str) -> None:
    """The wrong number of indexes, and one that is out of range."""
    batch = make(SEEDS, GUIDANCE)
    with pytest.raises(IndexError, match=said) as caught:
        batch[place]
    assert "\n" not in str(caught.value)


def test_without_axes_there_is_one_place_each() -> None:
    """Its shape is its length, and more indexes are refused with what to type."""
    batch = Batch(tuple(make(GUIDANCE)))
    assert (batch.axes, batch.shape) == (None, (3,))
    assert batch[1,] is batch[1]
    with pytest.raises(IndexError, match=r"no axes: give batch\[i\], not 2 indexes"):
        batch[0, 0]


def test_axes_that_do_not_fit_are_refused() -> None:
    """A grid without a prediction for each place is a mistake."""
    with pytest.raises(ValueError, match="12 places do not fit 3 predictions"):
        Batch(tuple(make(GUIDANCE)), Axes((SEEDS, GUIDANCE)))


def test_a_sweep_of_one_is_a_batch() -> None:
    """``batch[i, j]`` works however many values there are; control: one alone is itself."""
    batch = make(Axis("seed", ("1",)), Axis("guidance", ("2",)))
    assert batch.shape == (1, 1)
    assert sessions.as_one([batch[0, 0]]) is batch[0, 0]
    data, _ = batch._repr_mimebundle_()
    assert "seed 1 × guidance 2 — " in data["text/plain"]
    assert {"image/png", "image/jpeg"} & set(data)


def test_the_repr_says_what_varies() -> None:
    """Names and numbers of values, then how they stand; without axes as ever."""
    batch = make(SEEDS, GUIDANCE)
    assert repr(batch) == "<Batch of 12 (seed 4 × guidance 3): 12 succeeded>"
    assert repr(batch[:, 0]) == "<Batch of 4 (seed 4): 4 succeeded>"
    assert repr(Batch(tuple(batch))) == "<Batch of 12: 12 succeeded>"


def test_it_shows_itself_as_the_sheet() -> None:
    """One plain picture with the words of its axes, a part with those of the part."""
    batch = make(SEEDS, GUIDANCE)
    data, metadata = batch._repr_mimebundle_()
    assert "text/html" not in data
    assert "seed 1, 2, 3, 4 (rows) × guidance 2, 3.5, 5 (columns)" in data["text/plain"]
    assert [axis["name"] for axis in metadata["comet"]["axes"]] == ["seed", "guidance"]
    column = batch[:, 1]
    assert isinstance(column, Batch)
    assert " — seed 1, 2, 3, 4 — " in column._repr_mimebundle_()[0]["text/plain"]
