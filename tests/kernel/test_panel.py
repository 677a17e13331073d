"""The panel in a real kernel, driven as a page drives it: messages of widgets, no browser."""

from __future__ import annotations

import threading
import time

import pytest
from support.foreign_service import Fault

PANEL = "%load_ext comet_jupyter\nimport comet_jupyter\npanel = comet_jupyter.panel()\npanel"


@pytest.fixture
def held(foreign_service):
    """State questions are answered when the test says so."""
    hold = threading.Event()
    foreign_service.questions = 1
    foreign_service.break_next("GET", Fault(hold=hold))
    yield hold
    hold.set()


class Page:
    """The widgets of a panel by what a person knows them by."""

    def __init__(self, kernel) -> None:
        self.kernel = kernel

    def id_of(self, model: str, **members: object) -> str:
        """The comm id of the only open widget of this model with these members."""
        code = (
            "[w.model_id for w in list(__import__('ipywidgets').Widget.widgets.values())"
            f" if w._model_name == {model!r} and all(getattr(w, n, None) == v"
            f" for n, v in {members!r}.items())]"
        )
        (found,) = self.kernel.evaluate(code)
        return found

    def click(self, **members: object) -> None:
        """Clicks the button with these members."""
        self.kernel.click(self.id_of("ButtonModel", **members))

    def type_prompt(self, text: str) -> None:
        """Fills in the prompt."""
        area = self.id_of("TextareaModel", placeholder="What should be in the picture?")
        self.kernel.set_widget(area, value=text)

    def generate(self) -> None:
        """Clicks the button that spends."""
        self.click(button_style="primary")

    @property
    def cell(self) -> str:
        """The equivalent cell."""
        return self.kernel.evaluate("panel.cell")

    def shows(self, text: str) -> bool:
        """True when some HTML of the panel holds this text."""
        code = (
            f"any({text!r} in w.value for w in list(__import__('ipywidgets').Widget.widgets"
            ".values()) if w._model_name == 'HTMLModel')"
        )
        return bool(self.kernel.evaluate(code))

    def wait_until_shown(self, text: str, seconds: float = 20.0) -> None:
        """Returns when it does."""
        deadline = time.monotonic() + seconds
        while not self.shows(text):
            assert time.monotonic() < deadline, f"{text!r} is not shown"
            time.sleep(0.05)


@pytest.fixture
def page(foreign_service, kernel):
    """An open panel, in front of the foreign service."""
    cell = kernel.run(PANEL, live=True)
    assert cell.ok, cell.error
    return Page(kernel)


def open_widgets(kernel) -> int:
    """Widgets, layouts and styles that are alive."""
    return kernel.evaluate("len(__import__('ipywidgets').Widget.widgets)")


def test_it_is_a_widget_beside_a_line_of_text(page):
    """The output has a view, and a line that says how to open it again where there is none."""
    (output,) = page.kernel.cells[-1].outputs if hasattr(page.kernel, "cells") else [None]
    if output is not None:
        assert "application/vnd.jupyter.widget-view+json" in output["data"]


def test_a_click_makes_one_prediction(page, foreign_service):
    """The prompt as typed goes out once, and the picture comes into the gallery."""
    page.type_prompt("a paper boat")
    page.generate()
    foreign_service.wait_for_requests(1)
    page.wait_until_shown("1–1 of 1")
    (create,) = foreign_service.creates
    assert create.json["input"]["prompt"] == "a paper boat"


def test_clicks_in_one_moment_are_one(page, foreign_service):
    """A double click, and clicks that queued while the kernel was busy, create once."""
    page.type_prompt("a paper boat")
    for _ in range(5):
        page.generate()
    page.wait_until_shown("1–1 of 1")
    page.kernel.settle()
    assert len(foreign_service.creates) == 1


def test_a_later_click_makes_another(page, foreign_service):
    """The control: when the button is back, it works again, with a seed of its own."""
    page.type_prompt("a paper boat")
    page.generate()
    page.wait_until_shown("1–1 of 1")
    page.kernel.wait_for(lambda: True)
    time.sleep(0.9)
    page.generate()
    page.wait_until_shown("1–2 of 2")
    seeds = [create.json["input"]["seed"] for create in foreign_service.creates]
    assert len(set(seeds)) == 2


def test_without_a_prompt_nothing_is_sent(page, foreign_service):
    """The panel says what is missing."""
    page.generate()
    page.wait_until_shown("there is no prompt")
    assert foreign_service.creates == []


def test_a_key_in_the_prompt_is_not_sent(page, foreign_service):
    """It is refused like in a cell, and does not come back in any text."""
    page.type_prompt(f"a boat {foreign_service.key}")
    page.generate()
    page.wait_until_shown("an API key stands in the form")
    assert foreign_service.creates == []
    assert not page.shows(foreign_service.key)


def test_the_equivalent_cell_makes_the_same_request(page, foreign_service):
    """Run in the notebook, it sends what a click on Generate sends."""
    page.kernel.set_widget(page.id_of("DropdownModel", description="aspect ratio"), index=1)
    page.kernel.set_widget(page.id_of("TextModel", description="seed"), value="7")
    page.type_prompt('a "paper" boat\nwith {{ braces }}')
    page.kernel.settle()
    page.kernel.evaluate("__import__('time').sleep(0.3)")
    text = page.cell
    assert text.splitlines()[0] == "%%comet flux-schnell --seed 7 --ar 16:9"
    page.generate()
    page.wait_until_shown("1–1 of 1")
    cell = page.kernel.run(text)
    assert cell.ok, cell.error
    first, second = foreign_service.creates
    assert [first.path, first.body] == [second.path, second.body]


def test_closing_leaves_nothing_and_reopening_shows_the_same(page, foreign_service):
    """No widget, layout or style stays; the form comes back as it was."""
    page.type_prompt("a paper boat")
    page.kernel.settle()
    before = page.cell
    page.kernel.run("panel.close()", live=True)
    assert open_widgets(page.kernel) == 0
    page.kernel.run("panel = comet_jupyter.panel(); panel", live=True)
    assert page.cell == before
    assert "a paper boat" in before


def test_a_hundred_panels_leave_nothing(page):
    """Opened and closed a hundred times: no widget, no thread and no descriptor more."""
    count = "(threading.active_count(), len(os.listdir('/proc/self/fd')))"
    turns = (
        "import ipywidgets, os, threading\n"
        "for _ in range({}):\n"
        "    get_ipython().run_line_magic('comet', 'panel')\n"
        "    assert len(ipywidgets.Widget.widgets) > 50\n"
        "    get_ipython().run_line_magic('comet', 'panel close')\n"
    )
    page.kernel.run("panel.close()", live=True)
    page.kernel.run(turns.format(20), live=True)  # opens what stays open, the database for one
    before = page.kernel.evaluate(count)
    cell = page.kernel.run(turns.format(100), live=True)
    assert cell.ok, cell.error
    assert open_widgets(page.kernel) == 0
    assert page.kernel.evaluate(count) == before


def test_predictions_go_on_when_it_is_closed(page, foreign_service, held):
    """Closing takes away the view, not the work: the picture is there when it opens again."""
    page.type_prompt("a paper boat")
    page.generate()
    foreign_service.wait_for_requests(2)
    page.kernel.run("panel.close()", live=True)
    held.set()
    page.kernel.run("%comet wait", live=True)
    page.kernel.run("panel = comet_jupyter.panel(); panel", live=True)
    page.wait_until_shown("1–1 of 1")


def test_unloading_closes_it(page):
    """Nothing of the panel stays when the extension goes."""
    page.kernel.run("%unload_ext comet_jupyter", live=True)
    assert open_widgets(page.kernel) == 0


def test_a_headless_run_shows_a_line_and_makes_no_widget(foreign_service, kernel):
    """An executor saves what the panel was and how to open it, and no view."""
    cell = kernel.run(PANEL)
    assert cell.ok, cell.error
    (output,) = cell.outputs
    assert set(output["data"]) == {"text/html", "text/plain"}
    assert "%comet panel" in output["data"]["text/plain"]
    assert open_widgets(kernel) == 0


def test_a_cancel_in_the_list_is_honest(page, foreign_service, held):
    """The row says what a cancel means; dismissed, it is gone."""
    page.type_prompt("a paper boat")
    page.generate()
    foreign_service.wait_for_requests(2)
    page.wait_until_shown("1 picture on the way")
    page.click(description="Cancel")
    page.wait_until_shown("may still finish and be charged")
    page.click(tooltip="Take this line away")
    deadline = time.monotonic() + 10
    while page.shows("may still finish"):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_failure_shows_cause_and_remedy(page, foreign_service):
    """What the service said stands in the list until it is dismissed."""
    foreign_service.failure = "NSFW content detected"
    page.type_prompt("a paper boat")
    page.generate()
    page.wait_until_shown("NSFW content detected")
