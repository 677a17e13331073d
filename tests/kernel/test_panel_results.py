"""What can be done with pictures that are there: open, mark, find, compare, use again, delete."""

from __future__ import annotations

import pytest

MADE = """
from comet_jupyter import gather, submit
boat = submit("a paper boat", model="flux-schnell", seed=1)
gather(boat, submit("a lighthouse", model="flux-schnell", seed=2));
"""
NEWEST, OLDER = 0, 1
SEARCH = "search: words, model, seed"


@pytest.fixture
def shelf(page, foreign_service):
    """A panel with a lighthouse, the newest, and a boat; the lighthouse is open."""
    foreign_service.questions = 1
    cell = page.kernel.run(MADE)
    assert cell.ok, cell.error
    page.wait_until_shown("1–2 of 2")
    opened(page, NEWEST, "a lighthouse")
    return page


def opened(page, index, prompt):
    """Clicks a small picture, and returns when the one with this prompt is shown large."""
    page.press(page.thumbnail(index))
    page.wait_until(lambda: prompt in page.details, f"{prompt!r} is not open")


def test_a_click_on_a_picture_shows_all_that_is_known(shelf):
    """The picture, prompt, seed and id of that one; the form stays as it was."""
    before = shelf.cell
    opened(shelf, OLDER, "a paper boat")
    assert "data:image/" in shelf.details
    assert "foreign000000" in shelf.details
    assert "lighthouse" not in shelf.details
    assert shelf.cell == before


def test_a_favourite_is_marked_and_found(shelf):
    """The star stands on the small picture; the list of favourites holds that one only."""
    scope = shelf.id_of("DropdownModel", value="all")
    shelf.set(scope, index=2)
    shelf.wait_until_shown("no favourites yet")
    shelf.set(scope, index=0)
    shelf.wait_until_shown("1–2 of 2")
    opened(shelf, OLDER, "a paper boat")
    shelf.click(icon="star-o")
    starred = "★ a paper boat"
    shelf.wait_until(lambda: shelf.thumbnails == ["a lighthouse", starred], "no star is shown")
    shelf.set(scope, index=2)
    shelf.wait_until(lambda: shelf.thumbnails == [starred], "it is not among the favourites")
    shelf.click(icon="star")
    shelf.wait_until_shown("no favourites yet")


def test_a_search_finds_by_words_and_model(shelf):
    """What was typed narrows the gallery; without it everything is there again."""
    field = shelf.id_of("TextModel", placeholder=SEARCH)
    shelf.set(field, value="nothing like it")
    shelf.wait_until_shown("nothing in the history has these words")
    boat, light = "a paper boat", "a lighthouse"
    found = {"PAPER": [boat], "schnell": [light, boat], "house": [light], "": [light, boat]}
    for words, pictures in found.items():
        shelf.set(field, value=words)
        shelf.wait_until(
            lambda pictures=pictures: shelf.thumbnails == pictures, f"{words!r} is not found"
        )


def test_two_pictures_are_compared(shelf):
    """Side by side, not with itself; the next click opens one picture as before."""
    shelf.click(description="Compare")
    shelf.press(shelf.thumbnail(NEWEST))
    shelf.wait_until_shown("that is the same picture")
    shelf.press(shelf.thumbnail(OLDER))
    shelf.wait_until_shown("the buttons are for A")
    assert shelf.shows("lighthouse", "boat", "data:image/")
    opened(shelf, OLDER, "a paper boat")
    assert not shelf.shows("the buttons are for A")


def test_its_settings_go_into_the_form_when_asked(shelf, foreign_service):
    """Used again, prompt and seed are those of the picture, and Generate shows it again, free."""
    opened(shelf, OLDER, "a paper boat")
    shelf.click(description="Reuse")
    shelf.wait_until_shown("its settings are in the form")
    assert shelf.cell == "%%comet flux-schnell --seed 1\na paper boat"
    shelf.generate()
    shelf.wait_until_shown("from store")
    assert len(foreign_service.creates) == 2


def test_deleting_asks_first_and_then_keeps_nothing(shelf):
    """The answer counts for the picture that was asked about; that one is gone for good."""
    sure = shelf.id_of("ButtonModel", button_style="danger")
    opened(shelf, OLDER, "a paper boat")
    shelf.click(description="Delete", button_style="")
    opened(shelf, NEWEST, "a lighthouse")
    shelf.press(sure)  # a late click: another picture came between
    opened(shelf, OLDER, "a paper boat")
    assert shelf.thumbnails == ["a lighthouse", "a paper boat"]
    shelf.click(description="Delete", button_style="")
    shelf.press(sure)
    shelf.wait_until(lambda: shelf.thumbnails == ["a lighthouse"], "it is still there")
    assert "there is no prediction" in shelf.kernel.run("comet_jupyter.get(boat.id)").error
