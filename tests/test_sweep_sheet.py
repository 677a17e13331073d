"""The contact sheet of a sweep: headings, shapes, and what drawing it again costs."""

from __future__ import annotations

import io
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow
from PIL import ImageChops

from comet_jupyter.errors import InputError, StoreError
from comet_jupyter.images import ContactSheet, Headings, Image, Preview, Tile, stacked
from comet_jupyter.images.arrangement import Arrangement, Grid, Layout
from comet_jupyter.images.headings import Line
from comet_jupyter.images.lettering import MUTED

WIDTH, MARGIN, DENSITY = 1600, 32, 1.6
PROMPT = "a watercolor painting of a lighthouse on a cliff above a calm sea at dawn, soft light"


def picture(colour: str = "red", size: tuple[int, int] = (256, 256)) -> bytes:
    """A file of one colour."""
    file = io.BytesIO()
    Pillow.new("RGB", size, colour).save(file, "PNG")
    return file.getvalue()


def opened(preview: Preview) -> Pillow.Image:
    """The sheet's pixels."""
    with Pillow.open(io.BytesIO(preview.data)) as image:
        assert image.size == (preview.width, preview.height)
        return image.convert("RGB")


def heads(rows: Sequence[str], columns: Sequence[str], title: str = "") -> Headings:
    """Headings of seeds and guidances."""
    return Headings(tuple(rows), tuple(columns), "seed", "guidance", title)


def grid(headings: Headings, ratios: Sequence[float] = ()) -> Layout:
    """Where everything stands while nothing has landed."""
    amount = len(headings.rows) * len(headings.columns)
    shapes = list(ratios) or [1.0] * amount
    tiles = [Tile("", ratio=ratio) for ratio in shapes]
    return Grid(tiles, headings, WIDTH).layout([None] * amount)


def box(line: Line) -> tuple[float, float, float, float]:
    """The room that a line of text takes: left, top, right, bottom."""
    left, top, right, bottom = line.lettering.font.getbbox(line.text, anchor=line.anchor)
    x, y = line.at
    return left + x, top + y, right + x, bottom + y


def numbers(count: int) -> list[str]:
    """``1``, ``2``, ..."""
    return [str(number) for number in range(1, count + 1)]


SHAPES = [(1, 8), (8, 1), (4, 4), (8, 8), (2, 12), (1, 1), (16, 4), (4, 16), (2, 3)]


@pytest.mark.parametrize(("rows", "columns"), SHAPES)
@pytest.mark.parametrize("long", [False, True])
def test_nothing_overlaps_and_everything_is_on_the_sheet(
    rows: int, columns: int, long: bool
) -> None:
    """Whatever the grid, words and tiles have their own places inside of the margins."""
    texts = (lambda n: [f"{number} {PROMPT}" for number in range(n)]) if long else numbers
    layout = grid(heads(texts(rows), texts(columns), "steps 20"))
    boxes = [box(line) for line in layout.words.lines]
    boxes += [(p.left, p.top, p.left + p.width, p.top + p.height) for p in layout.places]
    for left, top, right, bottom in boxes:
        assert left >= MARGIN - 2
        assert top >= MARGIN - 12
        assert right <= layout.width - MARGIN + 2
        assert bottom <= layout.height - MARGIN + 6
    for number, one in enumerate(boxes):
        for other in boxes[number + 1 :]:
            apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1]
            assert apart or other[3] <= one[1]


@pytest.mark.parametrize(("rows", "columns"), SHAPES)
def test_a_grid_is_exactly_its_rows_and_columns(rows: int, columns: int) -> None:
    """Tiles of a row stand side by side, and the next row is below."""
    layout = grid(heads(numbers(rows), numbers(columns)))
    places = layout.places
    assert len({place.left for place in places}) == columns
    assert len({place.top for place in places}) == rows
    assert layout.width <= WIDTH
    assert all(place.width == places[0].width for place in places)


@pytest.mark.parametrize(("rows", "columns"), SHAPES)
def test_a_sheet_is_a_plain_picture_of_a_size_to_be_read(rows: int, columns: int) -> None:
    """One jpeg within the bytes; shown at its width, letters are at least 9 pixels high."""
    headings = heads(numbers(rows), numbers(columns))
    tiles = [Tile("", picture(), "done")] * (rows * columns)
    shown = ContactSheet(headings=headings).render(tiles)
    assert shown.media_type == "image/jpeg"
    assert shown.display_width == round(shown.width / DENSITY) <= 1000
    assert len(shown.data) <= 1_000_000
    sizes = [line.lettering.font.size for line in grid(headings).words.lines]
    assert min(sizes) / DENSITY >= 9


def test_headings_stand_where_their_pictures_are() -> None:
    """A column's heading is above its middle, a row's at the left of its middle."""
    layout = grid(heads(["10", "20"], ["a", "b", "c"]))
    found = {line.text: box(line) for line in layout.words.lines}
    for column, text in enumerate("abc"):
        place = layout.places[column]
        left, _, right, bottom = found[text]
        assert (left + right) / 2 == pytest.approx(place.left + place.width / 2, abs=2)
        assert 0 < place.top - bottom < 30
    for row, text in enumerate(["10", "20"]):
        place = layout.places[3 * row]
        _, top, right, bottom = found[text]
        assert (top + bottom) / 2 == pytest.approx(place.top + place.height / 2, abs=3)
        assert 0 < place.left - right < 30


def test_names_are_quieter_than_values_and_stand_once() -> None:
    """The names of the axes are muted and smaller, with a hairline below the columns' name."""
    layout = grid(heads(["1", "2"], ["2", "3.5"], "steps 20"))
    lines = {line.text: line for line in layout.words.lines}
    assert len(layout.words.lines) == len(lines) + 1  # "2" is a seed and a guidance
    for name in ("seed", "guidance"):
        assert lines[name].colour == MUTED
        assert lines[name].lettering.font.size < lines["3.5"].lettering.font.size
    assert lines["3.5"].colour != MUTED
    assert lines["steps 20"].lettering.font.size > lines["3.5"].lettering.font.size
    [(left, right, height)] = layout.words.rules
    assert (left, right) == (layout.places[0].left, layout.width - MARGIN)
    assert lines["guidance"].at[1] < height < lines["3.5"].at[1]


@pytest.mark.parametrize("columns", [3, 4, 8, 12])
def test_long_column_headings_wrap_and_are_cut(columns: int) -> None:
    """Eighty letters take three lines at most, and what is left out is an ellipsis."""
    layout = grid(heads(["1"], [PROMPT] * columns))
    name, *lines, seed, value = layout.words.lines
    assert (name.text, seed.text, value.text) == ("guidance", "seed", "1")
    per_column = [line.text for line in lines if abs(line.at[0] - lines[0].at[0]) < 1][::-1]
    assert 2 <= len(per_column) <= 3
    whole = " ".join(per_column) == PROMPT
    assert whole or per_column[-1].endswith("…")
    assert whole == (columns <= 4)


def test_lines_of_a_heading_are_about_as_long_as_each_other() -> None:
    """No word stands alone in the last line where the lines before have room to spare."""
    lines = grid(heads([PROMPT, PROMPT], ["1", "2"])).words.lines
    widths = [line.lettering.width_of(line.text) for line in lines if len(line.text) > 8]
    assert len(widths) >= 4
    assert min(widths) > 0.6 * max(widths)


@pytest.mark.parametrize("columns", [1, 3, 8])
def test_long_row_headings_take_a_fifth_of_the_sheet(columns: int) -> None:
    """However long the texts, the pictures keep four fifths; short ones take what they need."""
    long = grid(heads([PROMPT] * 4, numbers(columns))).places[0].left - MARGIN
    short = grid(heads(numbers(4), numbers(columns))).places[0].left - MARGIN
    assert long <= WIDTH / 5 + 24
    assert short < 80


def test_seeds_of_ten_digits_are_whole_above_twelve_columns() -> None:
    """What tells two seeds apart are their last digits: they are made smaller, not cut."""
    seeds = [str(2_093_847_561 + number) for number in range(12)]
    lines = grid(heads(["1", "2"], seeds)).words.lines
    assert {line.text for line in lines} >= set(seeds)


@given(
    st.lists(st.text(max_size=90), min_size=1, max_size=4),
    st.lists(st.text(max_size=90), min_size=1, max_size=4),
    st.text(max_size=60),
)
@settings(max_examples=40, deadline=None)
def test_any_text_makes_a_sheet(rows: list[str], columns: list[str], title: str) -> None:
    """Empty, endless or in any writing: the sheet is drawn."""
    headings = Headings(tuple(rows), tuple(columns), title, title, title)
    shown = ContactSheet(headings=headings).render([Tile("")] * (len(rows) * len(columns)))
    assert 0 < shown.width <= WIDTH


def test_another_number_of_tiles_is_refused() -> None:
    """A grid has a place for each tile, and a tile for each place."""
    with pytest.raises(InputError, match="2 rows of 3 are not 5 pictures"):
        ContactSheet(headings=heads("12", "abc")).render([Tile("")] * 5)


# -- shapes ------------------------------------------------------------------------------


def test_shapes_by_column_stand_as_tall_as_each_other() -> None:
    """Square, wide and tall pictures side by side: columns as wide as their shape asks."""
    ratios = [1.0, 16 / 9, 9 / 16]
    places = grid(heads("12", ["1:1", "16:9", "9:16"]), ratios * 2).places
    heights = [place.picture_height for place in places]
    assert max(heights) - min(heights) <= 2
    assert places[1].width > places[0].width > places[2].width


def test_shapes_by_row_keep_the_columns() -> None:
    """Wide rows are low, tall rows are not endless, and every column has one width."""
    ratios = [16 / 9] * 3 + [9 / 16] * 3
    places = grid(heads(["16:9", "9:16"], "123"), ratios).places
    assert len({place.width for place in places}) == 1
    assert places[0].picture_height < places[0].width
    assert places[3].picture_height == pytest.approx(1.25 * places[3].width, abs=1)


@pytest.mark.parametrize("ratios", [[1.0, 16 / 9], [1.0, 1.78, 0.56, 1.5, 0.67], [0.56, 0.67]])
def test_shapes_of_a_single_axis_fill_their_rows(ratios: list[float]) -> None:
    """Without headings, too, pictures of a row are as tall as each other."""
    tiles = [Tile(f"{ratio}", ratio=ratio) for ratio in ratios]
    layout = Arrangement(tiles, 3, WIDTH).layout([None] * len(tiles))
    rows: dict[int, list[int]] = {}
    for place in layout.places:
        rows.setdefault(place.top, []).append(place.picture_height)
    assert all(max(heights) - min(heights) <= 2 for heights in rows.values())
    order = [(place.top, place.left) for place in layout.places]
    assert order == sorted(order)
    assert all(one != other for one, other in pairwise(order))


def test_pictures_of_one_shape_are_arranged_as_ever() -> None:
    """Equal ratios give equal places, whether they are expected or not."""
    told = Arrangement([Tile("a", ratio=1.0)] * 5, 3, WIDTH).layout([None] * 5)
    untold = Arrangement([Tile("a")] * 5, 3, WIDTH).layout([None] * 5)
    assert told == untold


# -- drawing -----------------------------------------------------------------------------


def test_a_failure_leaves_a_hole_in_its_place() -> None:
    """Only the failed tile's place differs, and its cause stands there."""
    headings = heads("12", "abc")
    done = Tile("", picture("blue"), "done", ratio=1.0)
    plain = [done] * 4 + [Tile("", None, "failed", "", 1.0), done]
    named = [done] * 4 + [Tile("", None, "failed", "flagged as sensitive (E005)", 1.0), done]
    one, other = (opened(ContactSheet(headings=headings).render(t)) for t in (plain, named))
    assert one.size == other.size
    changed = ImageChops.difference(one, other).convert("L").point(lambda v: 255 * (v > 40))
    left, top, right, bottom = changed.getbbox() or (0, 0, 0, 0)
    place = grid(headings).places[4]
    assert place.left < left < right < place.left + place.width
    assert place.top < top < bottom < place.top + place.height


def test_the_sheet_keeps_still_while_pictures_land() -> None:
    """With the shape expected, size and places are the same before and after."""
    headings = heads("12", "ab")
    sheet = ContactSheet(headings=headings)
    empty = sheet.render([Tile("", ratio=2.0)] * 4)
    landed = [Tile("", picture("red", (1600, 800)), "done", ratio=2.0)]
    half = sheet.render(landed + [Tile("", ratio=2.0)] * 3)
    assert empty.media_type == "image/png"
    assert (empty.width, empty.height) == (half.width, half.height)


def test_drawing_again_equals_drawing_at_once() -> None:
    """In whatever order tiles change, headings and pictures end as if drawn in one go."""
    headings = heads("12", "ab", "steps 20")
    done = [Tile("", picture(c), "done", ratio=1.0) for c in ("red", "green", "blue", "black")]
    sheet = ContactSheet(headings=headings)
    tiles = [Tile("", ratio=1.0)] * 4
    for index in (2, 0, 3, 1):
        tiles[index] = Tile("", None, "running", "40 %", ratio=1.0)
        sheet.render(tiles)
        tiles[index] = done[index]
        shown = sheet.render(tiles)
    assert shown.data == ContactSheet(headings=headings).render(done).data


class Reading:
    """A file that counts how often it is read."""

    def __init__(self, data: bytes) -> None:
        self.data, self.times = data, 0

    def __call__(self) -> bytes:
        self.times += 1
        return self.data


def kept(reading: Reading, number: int) -> Image:
    """The file as the store gives it."""
    return Image(
        media_type="image/png",
        sha256=f"{number:064x}",
        size=len(reading.data),
        load=reading,
        width=256,
        height=256,
    )


def test_a_kept_file_is_read_once_while_the_sheet_fills() -> None:
    """A picture that is drawn is not read again; control: another sheet reads it anew."""
    readings = [Reading(picture(colour)) for colour in ("red", "green", "blue", "black")]
    files = [kept(reading, number) for number, reading in enumerate(readings)]
    headings = heads("12", "ab")
    sheet = ContactSheet(headings=headings)
    for landed in range(5):
        done = [Tile("", file, "done", ratio=1.0) for file in files[:landed]]
        sheet.render(done + [Tile("", ratio=1.0)] * (4 - landed))
    assert [reading.times for reading in readings] == [1, 1, 1, 1]
    ContactSheet(headings=headings).render([Tile("", file, "done", ratio=1.0) for file in files])
    assert [reading.times for reading in readings] == [2, 2, 2, 2]


def test_a_file_that_is_gone_is_a_hole_that_says_so() -> None:
    """What cannot be read is drawn as a failure with the reason."""

    def gone() -> bytes:
        raise StoreError("the file is gone", "Make it again")

    file = Image(media_type="image/png", sha256="0" * 64, size=1, load=gone, width=1, height=1)
    others = [Tile("", picture(), "done", ratio=1.0)] * 3
    lost = ContactSheet(headings=heads("12", "ab")).render([Tile("", file, "done"), *others])
    reason = str(StoreError("the file is gone", "Make it again"))
    told = ContactSheet(headings=heads("12", "ab")).render(
        [Tile("", None, "failed", reason), *others]
    )
    assert lost.data == told.data


def test_the_edge_is_seen_on_white_and_on_dark_pages() -> None:
    """A hairline around the sheet differs from the paper, which is neither white nor black."""
    image = opened(ContactSheet(headings=heads("1", "a")).render([Tile("")]))
    edge, paper = image.getpixel((0, 0)), image.getpixel((12, 12))
    assert edge == (0xDE, 0xDE, 0xD9)
    assert paper == (0xF5, 0xF5, 0xF3)


# -- several -------------------------------------------------------------------------------


def test_sheets_below_each_other_are_one_picture() -> None:
    """Each stands whole in its place, with one edge around all and the remark at the end."""
    sheets = [
        ContactSheet(headings=heads("12", "ab", title)).render(
            [Tile("", picture(colour), "done", ratio=1.0)] * 4
        )
        for title, colour in (("steps 1", "red"), ("steps 2", "blue"))
    ]
    plain, remarked = stacked(sheets), stacked(sheets, "1 more sheet")
    assert plain.height == sum(sheet.height for sheet in sheets)
    assert remarked.height > plain.height
    image, first = opened(plain), opened(sheets[0])
    middle = (image.width // 2 + 100, sheets[0].height)
    assert abs(sum(image.getpixel(middle)) - 3 * 0xF4) < 30  # no edge between them
    inner = (40, 120, first.width - 40, first.height - 40)
    away = ImageChops.difference(image.crop(inner), first.crop(inner)).convert("L")
    assert sum(away.histogram()[24:]) < 0.01 * away.width * away.height


def test_sheets_without_pictures_stay_a_small_png() -> None:
    """Flat art below flat art is flat art."""
    empty = ContactSheet(headings=heads("12", "ab")).render([Tile("")] * 4)
    shown = stacked([empty, empty])
    assert shown.media_type == "image/png"
    assert len(shown.data) < 60_000
