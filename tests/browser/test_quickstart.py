"""The quickstart in the real JupyterLab: run, look, save, open again without a kernel."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from playwright.sync_api import expect
from support.headless import count_pictures

ROOT = Path(__file__).parents[2]
QUICKSTART = ROOT / "notebooks" / "quickstart.ipynb"
PICTURES = ROOT / "notebooks" / "pictures"
ARTIFACTS = ROOT / "artifacts"
PICTURE_CELLS = (5, 7, 10, 13)
SHEET = 7
# Not the timing picture of the caption, which is an SVG.
PICTURE = "img[src^='data:image/png'], img[src^='data:image/jpeg']"


def test_the_quickstart_runs_and_its_pictures_stay(notebook):
    """Run all, see every picture, save, reopen without a kernel: all are still there.

    The README's picture is the screenshot of this test: with ``COMET_JUPYTER_PICTURES=1`` in
    the environment it is written anew.
    """
    shutil.copy(QUICKSTART, notebook.write("quickstart.ipynb"))
    notebook.open("quickstart.ipynb")
    notebook.command("notebook:clear-all-cell-outputs")
    for index in PICTURE_CELLS:
        expect(notebook.output(index).locator(PICTURE)).to_have_count(0)
    notebook.run_all()
    for index in PICTURE_CELLS:
        expect(notebook.output(index).locator(PICTURE).last).to_be_visible(timeout=60_000)
    expect(notebook.output(SHEET)).to_contain_text("4 pictures", timeout=60_000)
    shot = notebook.screenshot_cell(SHEET, ARTIFACTS / "cell.png")
    if WRITE_PICTURES:
        PICTURES.mkdir(exist_ok=True)
        shutil.copy(shot, PICTURES / "cell.png")
    saved = notebook.save()
    assert count_pictures(saved) == len(PICTURE_CELLS)
    assert "widget-view" not in str(saved.cells)
    notebook.open("quickstart.ipynb", kernel=False)
    for index in PICTURE_CELLS:
        expect(notebook.output(index).locator(PICTURE).last).to_be_visible()


# Asked for at import: the fixtures take every COMET variable out of the environment.
WRITE_PICTURES = bool(os.environ.get("COMET_JUPYTER_PICTURES"))
