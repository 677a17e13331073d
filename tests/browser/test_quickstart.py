"""The quickstart in the real JupyterLab: run, look, save, open again without a kernel."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect

ROOT = Path(__file__).parents[2]
QUICKSTART = ROOT / "notebooks" / "quickstart.ipynb"
PICTURE_CELLS = (5, 7, 10, 13)
ARTIFACTS = ROOT / "artifacts"


@pytest.fixture
def pictures():
    """Where screenshots go; kept for whoever wants to look."""
    ARTIFACTS.mkdir(exist_ok=True)
    return ARTIFACTS


def count_pictures(notebook) -> int:
    """Plain PNG and JPEG outputs of a saved notebook."""
    return sum(
        media_type in ("image/png", "image/jpeg")
        for cell in notebook.cells
        for output in cell.get("outputs", ())
        for media_type in output.get("data", ())
    )


def test_the_quickstart_runs_and_its_pictures_stay(notebook, lab, pictures):
    """Run all, see every picture, save, reopen without a kernel: all are still there."""
    notebook.page.set_viewport_size({"width": 1200, "height": 4200})
    path = notebook.write("quickstart.ipynb")
    shutil.copy(QUICKSTART, path)
    notebook.open("quickstart.ipynb")
    notebook.command("notebook:clear-all-cell-outputs") if False else None
    notebook.run_all()
    for index in PICTURE_CELLS:
        expect(notebook.output(index).locator("img[src^='data:image/']").last).to_be_visible(
            timeout=60_000
        )
    notebook.page.wait_for_timeout(1500)
    notebook.page.screenshot(path=pictures / "quickstart-light.png")
    saved = notebook.save()
    assert count_pictures(saved) == len(PICTURE_CELLS)
    assert not [o for c in saved.cells for o in c.get("outputs", ()) if "widget" in str(o.get("data"))]
    notebook.open("quickstart.ipynb", kernel=False)
    for index in PICTURE_CELLS:
        expect(notebook.output(index).locator("img[src^='data:image/']").last).to_be_visible()
