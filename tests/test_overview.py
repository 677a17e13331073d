"""The overview: many small pictures on one plain picture."""

from __future__ import annotations

import io
import random

import pytest
from PIL import Image, ImageChops
from support.png import png

from comet_jupyter.errors import InputError
from comet_jupyter.images import Preview
from comet_jupyter.images.overview import MOST, Thumbnail, balanced_columns, overview

RED, GREEN, BLUE = (200, 30, 30), (20, 160, 60), (30, 60, 200)
PLACE, STEP, MARGIN = 256, 276, 28


def opened(shown: Preview) -> Image.Image:
    """The sheet as pixels."""
    return Image.open(io.BytesIO(shown.data)).convert("RGB")


def alike(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """True for colours that jpeg may have made of each other."""
    return all(abs(a - b) < 16 for a, b in zip(one, other, strict=True))


def pixel(sheet: Image.Image, at: tuple[int, int]) -> tuple[int, ...]:
    """A colour."""
    found = sheet.getpixel(at)
    assert isinstance(found, tuple)
    return found


def reddish(sheet: Image.Image) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what is red."""
    red, _, blue = sheet.split()
    found = ImageChops.subtract(red, blue).point(lambda value: 255 * (value > 60)).getbbox()
    assert found is not None
    return found


def noise(seed: int) -> bytes:
    """A picture that compresses badly."""
    draw = random.Random(seed)
    image = Image.frombytes("RGB", (256, 256), draw.randbytes(256 * 256 * 3))
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize(
    ("count", "columns"), [(1, 1), (5, 5), (6, 6), (7, 4), (8, 4), (13, 5), (24, 6), (25, 5)]
)
def test_rows_are_few_and_of_one_length(count: int, columns: int) -> None:
    """Six in a row at most, and no row with a single one below full ones."""
    assert balanced_columns(count) == columns
    shown = overview([Thumbnail("a", png(8, 8, RED))] * count)
    assert shown.width == 2 * MARGIN + columns * STEP - 20


def test_pictures_stand_in_reading_order() -> None:
    """Left to right, then the next row; each in the middle of its place."""
    colours = [RED, GREEN, BLUE, GREEN, RED, BLUE, RED]
    sheet = opened(overview([Thumbnail("a", png(300, 300, colour)) for colour in colours]))
    for index, colour in enumerate(colours):
        row, column = divmod(index, 4)
        at = (MARGIN + column * STEP + PLACE // 2, MARGIN + row * (PLACE + 86) + PLACE // 2)
        assert alike(pixel(sheet, at), colour), index


@pytest.mark.parametrize(
    ("size", "drawn"),
    [((100, 100), (200, 200)), ((2000, 200), (256, 26)), ((200, 2000), (26, 256))],
)
def test_any_shape_fits_its_place(size: tuple[int, int], drawn: tuple[int, int]) -> None:
    """Whole, never cropped, in the middle; small ones are enlarged twice at most."""
    sheet = opened(overview([Thumbnail("", png(*size, RED)), Thumbnail("", png(256, 256, BLUE))]))
    box = reddish(sheet)
    assert (box[2] - box[0], box[3] - box[1]) == pytest.approx(drawn, abs=4)
    middle = MARGIN + PLACE / 2
    assert ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2) == pytest.approx((middle, middle), abs=4)


@pytest.mark.parametrize("size", [(1, 1), (3000, 1), (1, 3000)])
def test_a_picture_of_next_to_nothing_does_no_harm(size: tuple[int, int]) -> None:
    """Its place and its neighbour are there."""
    sheet = opened(overview([Thumbnail("", png(*size, RED)), Thumbnail("", png(256, 256, BLUE))]))
    assert alike(pixel(sheet, (MARGIN + STEP + 128, MARGIN + 128)), BLUE)


def test_a_row_of_wide_pictures_is_not_as_tall_as_wide() -> None:
    """It takes the room that its pictures need."""
    wide = overview([Thumbnail("a", png(1600, 900, RED))] * 3)
    assert wide.height == 2 * MARGIN + PLACE * 9 // 16 + 66


@pytest.mark.parametrize("data", [None, b"", b"no picture", png(64, 64, RED)[:-8]])
def test_what_cannot_be_shown_is_a_hole_among_the_others(data: bytes | None) -> None:
    """Its neighbours are there, it is not, and its place is."""
    sheet = opened(overview([Thumbnail("a", data), Thumbnail("b", png(256, 256, BLUE))]))
    assert alike(pixel(sheet, (MARGIN + 20, MARGIN + 20)), (248, 236, 234))
    assert alike(pixel(sheet, (MARGIN + STEP + 128, MARGIN + 128)), BLUE)


def test_what_stands_at_a_picture_is_drawn() -> None:
    """Name, remark, text, star, badges and the reason of a hole each change the sheet."""
    bare = Thumbnail("", png(256, 256, BLUE))
    sheets = [
        overview([one]).data
        for one in (
            bare,
            Thumbnail("q4chw5re", bare.data),
            Thumbnail("", bare.data, remark="3 d"),
            Thumbnail("", bare.data, text="a paper boat"),
            Thumbnail("", bare.data, badges=("sandbox",)),
            Thumbnail("", bare.data, badges=("sandbox", "1 of 4")),
            Thumbnail("", bare.data, starred=True),
            Thumbnail("", None),
            Thumbnail("", None, reason="the original is no longer there"),
        )
    ]
    assert len(set(sheets)) == len(sheets)
    assert overview([bare]).data == sheets[0]


def test_texts_of_any_length_and_writing_stay_in_their_place() -> None:
    """The neighbour's place is as it was; nothing fails."""
    calm = Thumbnail("b", png(256, 256, BLUE), text="calm")
    before = opened(overview([Thumbnail("a", png(256, 256, RED), text="x"), calm]))
    for text in ("wide " * 200, "قارب ورقي", "山と湖の夜明け", "🚀" * 40, "\x00\u202e\ud800", ""):
        loud = Thumbnail(text, png(256, 256, RED), text, text, (text[:60],), True)
        after = opened(overview([loud, calm]))
        box = (MARGIN + STEP, 0, after.width, after.height)
        changes = ImageChops.difference(after.crop(box), before.crop(box))
        assert changes.convert("L").point(lambda value: 255 * (value > 15)).getbbox() is None, text


def test_the_sheet_stays_small_enough_for_a_notebook() -> None:
    """Quality gives way first where pictures compress badly; fine displays get their pixels."""
    pictures = [Thumbnail("a", noise(number)) for number in range(24)]
    generous, tight = overview(pictures, max_bytes=10**7), overview(pictures, max_bytes=900_000)
    assert len(tight.data) < len(generous.data)
    assert (tight.width, tight.height) == (generous.width, generous.height)
    assert 1.6 < tight.width / tight.display_width < 1.8


@pytest.mark.parametrize("count", [0, MOST + 1])
def test_there_is_a_least_and_a_most(count: int) -> None:
    """An empty sheet and one without end are refused."""
    with pytest.raises(InputError, match="1 to 96"):
        overview([Thumbnail("a")] * count)
