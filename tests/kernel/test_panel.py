"""The panel in a real kernel, driven as a page drives it: messages of widgets, no browser."""

from __future__ import annotations

import time

from support.panel import PANEL, PanelPage


def test_it_is_a_widget_beside_a_line_of_text(page):
    """The output has a view, and a line that says how to open it again where there is none."""
    cell = page.kernel.run("panel", live=True)
    (output,) = cell.outputs
    kinds = {"application/vnd.jupyter.widget-view+json", "text/html", "text/plain"}
    assert set(output["data"]) == kinds
    assert "%comet panel" in output["data"]["text/plain"]


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
    page.wait_until(lambda: page.value(page.generate_id, "description") != "Sending…", "no end")
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
    page.set(page.id_of("DropdownModel", description="aspect ratio"), index=1)
    page.set(page.id_of("TextModel", description="seed"), value="7")
    page.type_prompt('a "paper" boat\nwith {{ braces }}')
    page.kernel.settle()
    page.kernel.evaluate("__import__('time').sleep(0.3)")
    text = page.cell
    assert text.splitlines()[0] == "%%comet flux-schnell --seed 7 --ar 16:9"
    page.generate()
    page.wait_until_shown("1–1 of 1")
    served = page.kernel.run(text)
    assert served.ok, served.error
    assert "from store" in str(served.outputs)
    page.kernel.run("%config CometMagics.cache = 'refresh'")
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
    assert page.open_widgets() == 0
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
    cell = page.kernel.run(turns.format(100), live=True, timeout=240)
    assert cell.ok, cell.error
    assert page.open_widgets() == 0
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
    assert page.open_widgets() == 0


def test_a_headless_run_shows_a_line_and_makes_no_widget(foreign_service, kernel):
    """An executor saves what the panel was and how to open it, and no view."""
    cell = kernel.run(PANEL)
    assert cell.ok, cell.error
    (output,) = cell.outputs
    assert set(output["data"]) == {"text/html", "text/plain"}
    assert "%comet panel" in output["data"]["text/plain"]
    assert PanelPage(kernel).open_widgets() == 0


def test_a_cancel_in_the_list_is_honest(page, foreign_service, held):
    """The row says what a cancel means; dismissed, it is gone."""
    page.type_prompt("a paper boat")
    page.generate()
    foreign_service.wait_for_requests(2)
    page.wait_until_shown("1 picture on the way")
    page.click(description="Cancel")
    page.wait_until_shown("may still finish and be charged")
    page.click(description="Dismiss")
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
