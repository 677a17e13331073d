"""Axes: where a picture stands, which sheets there are, and how values read on little room."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comet_jupyter.images import MOST_TILES
from comet_jupyter.show.axes import MOST_IN_A_ROW, Axes, Axis


def axes(*shape: int) -> Axes:
    """Axes of so many values: seed, guidance, steps."""
    names = ("seed", "guidance", "steps")
    return Axes(
        tuple(
            Axis(name, tuple(str(value) for value in range(1, amount + 1)))
            for name, amount in zip(names, shape, strict=False)
        )
    )


shapes = st.lists(st.integers(1, 9), min_size=1, max_size=3).map(tuple)


@given(shapes)
def test_the_order_is_row_major(shape: tuple[int, ...]) -> None:
    """The last axis runs fastest, and a place and its flat index name the same picture."""
    grid = axes(*shape)
    places = list(product(*map(range, shape)))
    assert grid.shape == shape
    assert grid.size == len(places)
    assert [grid.index(*place) for place in places] == list(range(grid.size))
    assert [grid.place(index) for index in range(grid.size)] == places


def test_negative_indexes_count_from_the_end() -> None:
    """As in Python, in each place by itself."""
    grid = axes(2, 3, 4)
    assert grid.index(-1, -1, -1) == 23
    assert grid.index(0, -3, 1) == grid.index(0, 0, 1)


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ((2, 0), "seed has 2 values: index 2 is out of range"),
        ((0, -4), "guidance has 3 values: index -4 is out of range"),
        ((0,), r"seed × guidance takes one index each, batch\[i, j\], not 1"),
        ((0, 0, 0), "not 3"),
    ],
)
def test_a_place_that_there_is_not_is_named(place: tuple[int, ...], said: str) -> None:
    """An index out of range, and a wrong number of indexes, are one clear line."""
    with pytest.raises(IndexError, match=said) as caught:
        axes(2, 3).index(*place)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "given", [(), (Axis("seed", ()),), tuple(Axis(name, ("1",)) for name in "abcd")]
)
def test_axes_that_make_no_grid_are_refused(given: tuple[Axis, ...]) -> None:
    """None, more than three, or one without values."""
    with pytest.raises(ValueError, match="one to three axes"):
        Axes(given)


# -- parts -----------------------------------------------------------------------------


def test_an_int_takes_its_axis_away_and_a_slice_keeps_it() -> None:
    """As with arrays; the axes that are left have the labels that were chosen."""
    grid = axes(2, 3, 4)
    indexes, rest = grid.select(1, slice(None), slice(None, None, 2))
    assert indexes == (12, 14, 16, 18, 20, 22)
    assert rest == Axes((Axis("guidance", ("1", "2", "3")), Axis("steps", ("1", "3"))))
    assert grid.select(1, 2, -1) == ((23,), None)
    assert grid.select(slice(0, 0), 0, 0) == ((), None)


@given(shapes, st.data())
def test_slices_choose_as_nested_lists_do(shape: tuple[int, ...], data: st.DataObject) -> None:
    """Any slices give the places that the same slices of each range give, in that order."""
    slices = [data.draw(st.slices(amount)) for amount in shape]
    grid = axes(*shape)
    chosen = [range(amount)[one] for amount, one in zip(shape, slices, strict=True)]
    indexes, rest = grid.select(*slices)
    assert indexes == tuple(grid.index(*place) for place in product(*chosen))
    assert rest == (grid.part(indexes) if indexes else None)


def test_only_a_rectangle_has_axes() -> None:
    """Whole rows and parts of one row keep their labels; a run over the edge has none."""
    grid = axes(4, 3)
    two_rows = grid.part(range(3, 9))
    assert two_rows is not None
    assert two_rows.axes[0].labels == ("2", "3")
    in_one_row = grid.part([4, 5])
    assert in_one_row is not None
    assert in_one_row.shape == (1, 2)
    backwards = grid.part(range(11, -1, -1))
    assert backwards is not None
    assert backwards.axes[1].labels == ("3", "2", "1")
    assert grid.part([2, 3]) is None
    assert grid.part([0, 0]) is None
    assert grid.part([]) is None


# -- sheets ----------------------------------------------------------------------------


def test_two_axes_are_one_sheet_of_rows_and_columns() -> None:
    """The first axis is rows, the second columns, and nothing stands above."""
    grid = axes(4, 3)
    [plan] = grid.sheets()
    assert plan.title == ""
    assert plan.indexes == tuple(range(12))
    assert (plan.rows, plan.columns) == grid.axes


def test_a_third_axis_makes_a_sheet_for_each_value() -> None:
    """Each sheet names its value and has the pictures of that value, row by row."""
    grid = axes(2, 3, 2)
    first, second = grid.sheets()
    assert (first.title, second.title) == ("steps 1", "steps 2")
    assert first.indexes == (0, 2, 4, 6, 8, 10)
    assert second.indexes == (1, 3, 5, 7, 9, 11)
    assert second.columns == grid.axes[1]


def test_a_single_axis_has_neither_rows_nor_columns() -> None:
    """Its pictures fill the sheet, each with its own words."""
    [plan] = axes(5).sheets()
    assert (plan.title, plan.rows, plan.columns) == ("", None, None)
    assert plan.indexes == (0, 1, 2, 3, 4)


@pytest.mark.parametrize(
    "shape", [(64,), (65,), (8, 8), (2, 12), (10, 10), (64, 1), (3, 64), (64, 2, 2), (1, 17)]
)
def test_sheets_stay_within_their_limits_and_lose_nothing(shape: tuple[int, ...]) -> None:
    """Each picture is on exactly one sheet, none has more than 64 or rows that are too long."""
    grid = axes(*shape)
    plans = grid.sheets()
    shown = [index for plan in plans for index in plan.indexes]
    assert sorted(shown) == list(range(grid.size))
    for plan in plans:
        assert len(plan.indexes) <= MOST_TILES
        part = grid.part(plan.indexes)
        assert part is not None
        assert len(part.sheets()) == 1
        if plan.rows is not None and plan.columns is not None:
            assert part.axes[:2] == (plan.rows, plan.columns)
            assert max(part.shape[:2]) <= MOST_IN_A_ROW
    sizes = [len(plan.indexes) for plan in plans]
    assert max(sizes) <= 2 * min(sizes)


# -- words -----------------------------------------------------------------------------


def test_a_picture_is_named_by_its_values() -> None:
    """Name and value; a prompt speaks for itself, and what is long is cut."""
    grid = Axes((Axis("prompt", ("a boat", "w" * 200)), Axis("guidance", ("2", "3.5"))))
    assert grid.words(1) == "“a boat” × guidance 3.5"
    assert len(grid.words(3)) < 70
    assert grid.names == "prompt × guidance"


LIGHTHOUSE = "a watercolor painting of a lighthouse on a cliff above a calm sea at {}, soft light"


@pytest.mark.parametrize(
    ("labels", "shown"),
    [
        (("2", "3.5"), ("2", "3.5")),
        (("a boat at dawn", "a boat at night"), ("a boat at dawn", "a boat at night")),
        (
            tuple(LIGHTHOUSE.format(time) for time in ("dawn", "late dusk")),
            ("… at dawn, soft …", "… at late dusk, soft …"),
        ),
        (
            (
                "oil on canvas, a quiet harbour in the morning",
                "ink, a quiet harbour in the morning",
            ),
            ("oil on canvas, a …", "ink, a …"),
        ),
        (("word " * 20, "word " * 20), ("word " * 19 + "word",) * 2),
        (("a long line\nof a prompt \x1b[31m with odd letters in it",), None),
    ],
)
def test_long_values_show_what_they_do_not_share(
    labels: tuple[str, ...], shown: tuple[str, ...] | None
) -> None:
    """Short ones stay as they are; of long ones the part that tells them apart is left."""
    found = Axis("style", labels).headings
    assert found == (shown or ("a long line of a prompt with odd letters in it",))


@given(st.lists(st.lists(st.sampled_from("abc"), min_size=1, max_size=40), min_size=2, max_size=4))
def test_values_that_differ_still_differ(texts: list[list[str]]) -> None:
    """Whatever the values share, shortening never makes two of them the same."""
    labels = tuple(dict.fromkeys(" ".join(text) for text in texts))
    shown = Axis("style", labels).headings
    assert len(set(shown)) == len(labels)
    assert all(shown)
