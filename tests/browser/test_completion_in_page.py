"""Tab in JupyterLab: what the list shows, and what choosing from it writes."""

from __future__ import annotations

import pytest

from comet_jupyter.notebook.options import CACHE

LOAD = "%load_ext comet_jupyter\nseedling = 'words'"


def press_tab(notebook, index: int) -> list[str]:
    """The texts of the list that opens at the end of a cell."""
    notebook.select(index)
    notebook.command("notebook:enter-edit-mode")
    notebook.page.keyboard.press("Control+End")
    notebook.page.keyboard.press("Tab")
    items = notebook.page.locator(".jp-Completer:visible .jp-Completer-item")
    items.first.wait_for()
    texts: list[str] = items.locator(".jp-Completer-match").all_inner_texts()
    return texts


def source(notebook, index: int) -> str:
    """What a cell holds now."""
    text: str = notebook.page.evaluate(
        "([index]) => window.jupyterapp.shell.currentWidget.content.widgets[index]"
        ".model.sharedModel.getSource()",
        [index],
    )
    return text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("%%comet --see", "%%comet --seed"),
        ("%%comet --no '🎨 é' --see", "%%comet --no '🎨 é' --seed"),
        ("%%comet flux-2-pro -p resolution=2", '%%comet flux-2-pro -p resolution="2 MP"'),
        ("%%comet\n🎨 {{ seedl", "%%comet\n🎨 {{ seedling"),
    ],
)
def test_what_is_chosen_is_written(notebook, before, after):
    """One Tab and Enter complete the word at the cursor and nothing else."""
    notebook.new(LOAD, before)
    notebook.run_cell(0)
    assert len(press_tab(notebook, 1)) == 1
    notebook.page.keyboard.press("Enter")
    notebook.page.locator(".jp-Completer:visible").wait_for(state="hidden")
    assert source(notebook, 1) == after


def test_help_stands_beside_an_option_on_one_line(notebook):
    """The words are those of the help, and the list is as high as its rows."""
    notebook.new(LOAD, "%%comet --max-cost 1 --")
    notebook.run_cell(0)
    assert "--dry-run" in press_tab(notebook, 1)
    rows = notebook.page.locator(".jp-Completer:visible .jp-Completer-item")
    row = rows.filter(has=notebook.page.get_by_text("--dry-run", exact=True))
    beside = row.locator(".jp-Completer-typeExtended")
    shown = beside.inner_text().replace("\N{NO-BREAK SPACE}", " ").replace("\N{WORD JOINER}", "")
    assert shown == "show the resolved requests and the price, send nothing"
    assert beside.evaluate("node => node.scrollHeight <= node.clientHeight + 1")
    assert row.bounding_box()["height"] < 40


def test_ours_come_first_and_in_their_order(notebook):
    """Where nothing is typed yet JupyterLab keeps the order, and adds words of the cell below."""
    notebook.new(LOAD, "%%comet --cache ")
    notebook.run_cell(0)
    assert press_tab(notebook, 1)[: len(CACHE)] == [*CACHE]
