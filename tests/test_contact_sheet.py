"""The contact sheet: where tiles go, what they show, and what drawing again costs."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image as Pillow
from PIL import ImageChops

from comet_jupyter.errors import InputError
from comet_jupyter.images import ContactSheet, Preview, Tile, best_columns, contact_sheet
from comet_jupyter.images.lettering import Lettering


def picture(colour: str = "red", size: tuple[int, int] = (64, 64)) -> bytes:
    """A file of one colour."""
    file = io.BytesIO()
    Pillow.new("RGB", size, colour).save(file, "PNG")
    return file.getvalue()


def opened(preview: Preview) -> Pillow.Image:
    """The sheet's pixels."""
    with Pillow.open(io.BytesIO(preview.data)) as image:
        assert image.size == (preview.width, preview.height)
        return image.convert("RGB")


def share_of(image: Pillow.Image, colour: tuple[int, int, int]) -> float:
    """The share of the pixels that are about this colour."""
    away = ImageChops.difference(image, Pillow.new("RGB", image.size, colour)).convert("L")
    return sum(away.histogram()[:12]) / (image.width * image.height)


RED, BLUE = (255, 0, 0), (0, 0, 255)


@pytest.mark.parametrize(
    ("count", "columns"),
    [
        (1, 1),
        (2, 2),
        (3, 3),
        (4, 2),
        (5, 3),
        (6, 3),
        (7, 4),
        (8, 4),
        (9, 3),
        (10, 5),
        (12, 4),
        (16, 4),
        (25, 5),
        (64, 8),
    ],
)
def test_columns_suit_the_count(count: int, columns: int) -> None:
    """Four make two rows of two, six three columns, nine a square, and so on."""
    assert best_columns(count) == columns


@pytest.mark.parametrize("count", range(1, 65))
def test_no_row_stays_empty(count: int) -> None:
    """For every count the columns leave less than a row empty, and the sheet nearly square."""
    columns = best_columns(count)
    assert -count % columns < columns
    assert columns <= 9


@pytest.mark.parametrize("count", [1, 2, 7, 64])
def test_a_sheet_is_one_plain_picture(count: int) -> None:
    """Any number of tiles gives a single png or jpeg within width and bytes."""
    shown = contact_sheet(
        [Tile(f"seed {i}", picture(size=(400, 400)), "done") for i in range(count)]
    )
    assert shown.media_type == "image/jpeg"
    assert shown.width <= 1600
    assert shown.display_width == round(shown.width / 1.6)
    assert len(shown.data) <= 1_000_000
    assert share_of(opened(shown), RED) > 0.1


def test_waiting_tiles_alone_make_a_small_png() -> None:
    """Before the first picture the sheet is flat art, so it is a small png."""
    shown = contact_sheet([Tile(f"seed {i}") for i in range(9)])
    assert shown.media_type == "image/png"
    assert len(shown.data) < 60_000


@pytest.mark.parametrize("count", [0, 65])
def test_counts_that_make_no_sheet_are_refused(count: int) -> None:
    """No tiles, or more than 64, are an error that says what to do."""
    with pytest.raises(InputError, match="1 to 64"):
        contact_sheet([Tile("x")] * count)


@pytest.mark.parametrize("size", [(300, 100), (100, 300), (100, 100)])
def test_ratios_are_kept_and_centred(size: tuple[int, int]) -> None:
    """A picture among others of other shapes keeps its shape and stands in the middle."""
    tiles = [Tile("a", picture("red", size), "done"), Tile("b", picture("blue", (90, 90)), "done")]
    image = opened(contact_sheet(tiles))
    mask = ImageChops.difference(image, Pillow.new("RGB", image.size, RED)).convert("L")
    box = mask.point(lambda value: 255 if value < 40 else 0).getbbox()
    assert box is not None
    left, top, right, bottom = box
    assert (right - left) / (bottom - top) == pytest.approx(size[0] / size[1], rel=0.05)
    middle = 32 + (image.width - 2 * 32 - 24) / 4
    assert (left + right) / 2 == pytest.approx(middle, abs=3)


def test_small_pictures_are_enlarged_little() -> None:
    """A 64-pixel picture is not blown up beyond twice its size."""
    image = opened(contact_sheet([Tile("tiny", picture("red", (64, 64)), "done")]))
    assert share_of(image, RED) * image.width * image.height < 130 * 130


def test_a_failure_leaves_a_labelled_hole() -> None:
    """A failed tile keeps its place, and its cause is written there."""
    plain = [Tile("a", picture("blue"), "done"), Tile("b", None, "failed", "")]
    named = [plain[0], Tile("b", None, "failed", "flagged as sensitive (E005)")]
    one, other = opened(contact_sheet(plain)), opened(contact_sheet(named))
    assert one.size == other.size
    changed = ImageChops.difference(one, other).convert("L").point(lambda v: 255 * (v > 40))
    box = changed.getbbox()
    assert box is not None
    assert box[0] > one.width / 2


def test_a_damaged_picture_is_a_hole_too() -> None:
    """A file that cannot be decoded is shown as a failure with its cause, not raised."""
    broken = contact_sheet([Tile("a", b"<html>", "done"), Tile("b", picture(), "done")])
    told = contact_sheet(
        [
            Tile("a", None, "failed", "the file is of type text/html, not a picture"),
            Tile("b", picture(), "done"),
        ]
    )
    assert broken.data == told.data


def test_expected_ratios_keep_the_sheet_still() -> None:
    """Given the ratio to come, size and places do not move when pictures land."""
    sheet = ContactSheet()
    empty = sheet.render([Tile("a", ratio=2.0), Tile("b", ratio=2.0)])
    half = sheet.render([Tile("a", picture("red", (1600, 800)), "done"), Tile("b", ratio=2.0)])
    assert (empty.width, empty.height) == (half.width, half.height)


def test_a_landing_picture_shapes_the_places_still_empty() -> None:
    """Without an expected ratio, waiting tiles take the shape of the pictures that are there."""
    sheet = ContactSheet()
    shown = sheet.render([Tile("a", picture("red", (1600, 800)), "done"), Tile("b")])
    assert shown.height < shown.width / 2.5


def test_drawing_again_equals_drawing_at_once() -> None:
    """Whatever the order in which tiles change, the sheet ends as if drawn in one go."""
    done = [Tile(f"seed {i}", picture(c, (200, 100)), "done", "1 s") for i, c in enumerate(COLOURS)]
    sheet = ContactSheet()
    tiles = [Tile(tile.label, ratio=1.0) for tile in done]
    for index in (2, 0, 3, 1):
        tiles[index] = Tile(done[index].label, None, "running", "40 %", ratio=1.0)
        sheet.render(tiles)
        tiles[index] = done[index]
        shown = sheet.render(tiles)
    assert shown.data == contact_sheet(done).data


COLOURS = ["red", "green", "blue", "black"]


def test_nothing_new_costs_nothing() -> None:
    """Equal tiles give the very same preview again."""
    sheet = ContactSheet()
    first = sheet.render([Tile("a", picture(), "done")])
    assert sheet.render([Tile("a", picture(), "done")]) is first
    assert sheet.render([Tile("b", picture(), "done")]) is not first


def test_each_file_is_decoded_once() -> None:
    """While a sheet fills, pictures that landed are kept; control: a new sheet makes its own."""
    files = [picture(colour) for colour in COLOURS]
    sheet, seen = ContactSheet(), dict[Any, Any]()
    for landed in range(1, 5):
        tiles = [Tile(f"{i}", files[i] if i < landed else None) for i in range(4)]
        sheet.render(tiles)
        assert len(sheet._pictures) == landed
        assert all(sheet._pictures[key] is kept for key, kept in seen.items())
        seen = dict(sheet._pictures)
    other = ContactSheet()
    other.render(tiles)
    assert other._pictures.keys() == seen.keys()
    assert not any(other._pictures[key] is kept for key, kept in seen.items())


def test_previews_that_are_gone_are_forgotten() -> None:
    """A sheet holds pictures for its present tiles only."""
    sheet = ContactSheet()
    for colour in COLOURS:
        sheet.render([Tile("a", picture(colour), "done")])
    assert len(sheet._pictures) == 1


def test_grain_stays_within_the_byte_budget() -> None:
    """Sixteen noisy pictures are encoded more thriftily until the sheet fits."""
    noise = Pillow.effect_noise((512, 512), 120).convert("RGB")
    file = io.BytesIO()
    noise.save(file, "PNG")
    tiles = [Tile(f"{i}", file.getvalue(), "done") for i in range(16)]
    assert len(ContactSheet().render(tiles).data) <= 1_000_000


# -------------------------------------------------------------------------- lettering


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("guidance 3.5 · seed 4", "guidance 3.5 · seed 4"),
        ("1024 \u2212 3 \u2018x", "1024 - 3 'x"),
        ("a\nb\x1b[31m\u202ec", "a b[31mc"),
        ("", ""),
    ],
)
def test_text_is_written_in_one_plain_line(text: str, written: str) -> None:
    """Line breaks, escapes and direction marks never reach the picture."""
    assert Lettering.of(text, 20).text == written


@pytest.mark.parametrize("text", ["\U0001f600 boat", "\U00013000\U00013001", "x \ue000 y"])
def test_what_no_font_has_becomes_an_ellipsis(text: str) -> None:
    """Characters without a glyph give no empty boxes."""
    lettering = Lettering.of(text, 20)
    box = lettering.font.getmask("\uffff")
    for letter in lettering.text.replace(" ", ""):
        drawn = lettering.font.getmask(letter)
        assert (drawn.size, bytes(drawn)) != (box.size, bytes(box))


@pytest.mark.parametrize("width", [5, 60, 200, 1000])
@pytest.mark.parametrize("text", ["a prompt of several words that goes on", "W" * 200, "x", ""])
def test_lines_fit_and_lose_nothing_silently(text: str, width: int) -> None:
    """Lines fit the width, words stay whole where they can, and a cut shows an ellipsis."""
    lettering = Lettering.of(text, 20)
    lines = lettering.lines(width, 2)
    assert len(lines) <= 2
    assert all(lettering.width_of(line) <= max(width, 30) for line in lines)
    complete = "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert complete or lines[-1].endswith("…")
