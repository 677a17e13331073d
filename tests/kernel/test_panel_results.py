"""What can be done with pictures that are there: open, mark, find, compare, use again, delete."""

from __future__ import annotations

import pytest

SEARCH = "search: words, model, seed"


MADE = """
from comet_jupyter import gather, submit
boat = submit("a paper boat", model="flux-schnell", seed=1)
gather(boat, submit("a lighthouse at night", model="flux-schnell", seed=2));
"""


@pytest.fixture
def shelf(page, foreign_service):
    """A panel with a lighthouse (seed 2, the newest) and a boat (seed 1)."""
    foreign_service.questions = 1
    cell = page.kernel.run(MADE)
    assert cell.ok, cell.error
    page.wait_until_shown("1–2 of 2")
    return page


def labels(page):
    """What stands on the small pictures that are shown."""
    return page.kernel.evaluate(
        "[w.description for w in list(__import__('ipywidgets').Widget.widgets.values())"
        " if 'comet-thumb' in getattr(w, '_dom_classes', ()) and w.layout.display != 'none']"
    )


def open_thumbnail(page, index):
    """Clicks a small picture, and returns when its details are there."""
    page.press(page.thumbnail(index))
    page.wait_until_shown("saved as")


def test_a_click_on_a_picture_shows_all_that_is_known(shelf):
    """The picture, prompt, model, seed and times of that one, and the form stays as it was."""
    before = shelf.cell
    open_thumbnail(shelf, 1)
    assert shelf.shows("a paper boat")
    assert shelf.shows("data:image/")
    assert not shelf.shows("a lighthouse at night")
    assert shelf.cell == before


def test_a_favourite_is_marked_and_found(shelf):
    """The star stands on the small picture; the list of favourites holds that one only."""
    scope = shelf.id_of("DropdownModel", value="all")
    shelf.set(scope, index=2)
    shelf.wait_until_shown("no favourites yet")
    shelf.set(scope, index=0)
    shelf.wait_until_shown("1–2 of 2")
    open_thumbnail(shelf, 1)
    shelf.click(icon="star-o")
    shelf.wait_until(lambda: labels(shelf) == ["seed 2", "★ seed 1"], "no star is shown")
    shelf.set(scope, index=2)
    shelf.wait_until_shown("1–1 of 1")
    assert labels(shelf) == ["★ seed 1"]
    shelf.click(icon="star")
    shelf.wait_until_shown("no favourites yet")


def test_a_search_finds_by_words_and_model(shelf):
    """What was typed narrows the gallery; without it everything is there again."""
    field = shelf.id_of("TextModel", placeholder=SEARCH)
    shelf.set(field, value="nothing like it")
    shelf.wait_until_shown("nothing in the history has these words")
    both = ["seed 2", "seed 1"]
    for words, found in (
        ("PAPER", ["seed 1"]),
        ("schnell", both),
        ("night", ["seed 2"]),
        ("", both),
    ):
        shelf.set(field, value=words)
        shelf.wait_until(lambda found=found: labels(shelf) == found, f"{words!r} is not found")


def test_two_pictures_are_compared(shelf):
    """Side by side with what differs; a third click opens one picture as before."""
    open_thumbnail(shelf, 0)
    shelf.click(description="Compare with…")
    shelf.wait_until_shown("click the picture to compare it with")
    shelf.press(shelf.thumbnail(0))
    shelf.wait_until_shown("that is the same picture")
    shelf.press(shelf.thumbnail(1))
    shelf.wait_until_shown("the buttons are for A")
    assert shelf.shows("a paper boat")
    assert shelf.shows("a lighthouse at night")
    shelf.press(shelf.thumbnail(1))
    shelf.wait_until_shown("saved as")
    assert not shelf.shows("the buttons are for A")


def test_its_settings_go_into_the_form_when_asked(shelf, foreign_service):
    """Used again, prompt and seed are those of the picture, and Generate asks the same."""
    open_thumbnail(shelf, 1)
    shelf.click(description="Use these settings")
    shelf.wait_until_shown("its settings are in the form")
    assert shelf.cell == "%%comet flux-schnell --seed 1\na paper boat"
    shelf.generate()
    shelf.wait_until(lambda: len(foreign_service.creates) == 3, "nothing was sent")
    boat = [create.body for create in foreign_service.creates[:2] if b"boat" in create.body]
    assert [foreign_service.creates[2].body] == boat


def test_deleting_asks_first_and_then_keeps_nothing(shelf):
    """Kept when the answer is no; gone from gallery, history and favourites when it is yes."""
    open_thumbnail(shelf, 1)
    shelf.click(description="Delete…")
    shelf.click(description="Keep")
    assert labels(shelf) == ["seed 2", "seed 1"]
    shelf.click(description="Delete…")
    shelf.click(description="Delete", button_style="danger")
    shelf.wait_until_shown("1–1 of 1")
    assert labels(shelf) == ["seed 2"]
    assert not shelf.shows("saved as")
    assert "there is no prediction" in shelf.kernel.run("comet_jupyter.get(boat.id)").error
