"""Sweeps, the story, and the question before many pictures, in the real JupyterLab."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

ROOT = Path(__file__).parents[2]
STORY = ROOT / "notebooks" / "iterate.ipynb"
README = (ROOT / "README.md").read_text("utf-8")
ARTIFACTS = ROOT / "artifacts"
README_PICTURE = "notebooks/pictures/sweep.jpg"
LARGEST_PICTURE = 250_000
LOAD = "%load_ext comet_jupyter"
# Not the timing picture of the caption, which is an SVG.
PICTURE = "img[src^='data:image/png'], img[src^='data:image/jpeg']"
SWEEP = "%%comet flux-dev --sweep seed=1,2 --sweep guidance=2,3,4 -o grid\na boat"
MANY = "%%comet flux-schnell -n 17\na boat"


def axes(cell) -> list[list[tuple[str, list[str]]]]:
    """Name and values of the axes of each picture output in a saved cell."""
    notes = [o.metadata["comet"] for o in cell.outputs if "comet" in o.get("metadata", {})]
    return [[(axis["name"], axis["values"]) for axis in note["axes"]] for note in notes]


@pytest.mark.parametrize("where", ["doc/tree", "notebooks"], ids=["lab", "notebook7"])
def test_a_sweep_fills_in_and_stays_as_one_picture(notebook, held, where):
    """The sheet is there with the first results, and is one plain image in the saved file."""
    notebook.new(LOAD, SWEEP, where=where)
    notebook.run_cell(0)
    notebook.run_cell(1)
    output = notebook.output(1)
    expect(output.get_by_role("button", name="Cancel")).to_be_visible()
    sheet = output.locator(PICTURE)
    expect(sheet).to_have_count(1)
    before = sheet.get_attribute("src")
    held.set()
    expect(output).to_contain_text("6 pictures · seed × guidance")
    expect(sheet).not_to_have_attribute("src", before)
    expect(output.get_by_role("button")).to_have_count(0)
    expect(sheet).to_have_count(1)
    saved = notebook.save().cells[1]
    assert axes(saved) == [[("seed", ["1", "2"]), ("guidance", ["2", "3", "4"])]]
    assert "widget" not in str(saved)
    notebook.open("notebook.ipynb", kernel=False)
    expect(notebook.output(1).locator(PICTURE)).to_be_visible()


def test_the_sweep_of_the_readme(notebook, tmp_path):
    """The cell that the README shows makes the picture below it: three rows, three columns.

    With ``COMET_JUPYTER_PICTURES=1`` in the environment that picture is written anew.
    """
    cell = re.search(r"```\n(%%comet [^`]*--sweep[^`]*)\n```\n\n!\[[^]]*\]\(([^)]*)\)", README)
    assert cell is not None
    assert cell[2] == README_PICTURE
    notebook.new(f"{LOAD}\n%comet sandbox", cell[1])
    notebook.run_cell(0)
    notebook.run_cell(1)
    output = notebook.output(1)
    expect(output).to_contain_text("9 pictures", timeout=90_000)
    expect(output.get_by_role("button")).to_have_count(0)
    expect(output.locator(PICTURE)).to_have_count(1)
    [[rows, columns]] = axes(notebook.save().cells[1])
    assert rows == ("guidance", ["2", "3.5", "5"])
    assert columns == ("style", ["oil", "ink", "watercolor"])
    notebook.select(0)
    notebook.page.mouse.move(5, 5)
    shot = notebook.screenshot_cell(1, ARTIFACTS / "sweep.png")
    target = ROOT / README_PICTURE if WRITE_PICTURES else tmp_path / "sweep.jpg"
    with Image.open(shot) as picture:
        picture.convert("RGB").save(target, quality=88, subsampling=0, optimize=True)
    assert target.stat().st_size < LARGEST_PICTURE
    assert (ROOT / README_PICTURE).stat().st_size < LARGEST_PICTURE


def test_the_story_runs_at_one_go(notebook):
    """Cells return at once, and yet those that need a result of another one wait for it."""
    shutil.copy(STORY, notebook.write("iterate.ipynb"))
    notebook.open("iterate.ipynb")
    notebook.command("notebook:clear-all-cell-outputs")
    notebook.run_all()
    info = notebook.page.locator(".jp-Cell-outputArea", has_text="the cell that makes it again")
    expect(info).to_contain_text("evening.png", timeout=120_000)
    for index in (5, 7, 11, 13, 17, 19):
        expect(notebook.output(index).locator(PICTURE)).to_be_visible(timeout=60_000)
        expect(notebook.output(index).get_by_role("button")).to_have_count(0, timeout=60_000)
    saved = notebook.save()
    outputs = [o for c in saved.cells if c.cell_type == "code" for o in c.outputs]
    assert [o for o in outputs if o.output_type == "error"] == []
    assert "widget-view" not in str(outputs)


@pytest.mark.parametrize("answer", ["", "n", "y"])
def test_many_pictures_are_asked_for(notebook, foreign_service, answer):
    """The question says how many and what they cost; Enter alone sends nothing."""
    notebook.new(LOAD, MANY)
    notebook.run_cell(0)
    notebook.start_cell(1)
    output = notebook.output(1)
    question = output.locator(".jp-Stdin-input")
    expect(question).to_be_visible()
    expect(output).to_contain_text("Make 17 pictures, 17 × ~$0.003 = ~$0.051? [y/N]")
    assert foreign_service.creates == []
    question.press_sequentially(answer)
    question.press("Enter")
    if answer == "y":
        expect(output).to_contain_text("17 pictures", timeout=60_000)
        expect(output.locator(PICTURE)).to_be_visible()
        assert len(foreign_service.creates) == 17
    else:
        expect(output).to_contain_text("CostLimitError: nothing was sent")
        assert foreign_service.creates == []


# Asked for at import: the fixtures take every COMET variable out of the environment.
WRITE_PICTURES = bool(os.environ.get("COMET_JUPYTER_PICTURES"))
