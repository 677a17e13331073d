"""A cell at work in the real JupyterLab: the line, the bar, the Cancel button, the end."""

from __future__ import annotations

import re
import threading
from pathlib import Path

import pytest
from playwright.sync_api import expect
from support.foreign_service import Fault

ARTIFACTS = Path(__file__).parents[2] / "artifacts"
LOAD = "%load_ext comet_jupyter"
DRAW = "%load_ext comet_jupyter\n%comet sandbox"


def test_look(notebook):
    """Exploration."""
    notebook.page.set_viewport_size({"width": 1100, "height": 1300})
    notebook.new(DRAW, "%%comet flux-dev --seed 3\na city at night in the rain [slow]", "%%comet flux-dev -n 4\na whale under a rainbow")
    for i in range(3):
        notebook.run_cell(i)
    for i in range(6):
        notebook.page.wait_for_timeout(1500)
        notebook.page.screenshot(path=ARTIFACTS / f"look-{i}.png")
    print(notebook.shown())
    notebook.output(1).get_by_text("log", exact=True).click()
    notebook.page.wait_for_timeout(1500)
    notebook.use_theme("dark")
    notebook.page.screenshot(path=ARTIFACTS / "look-dark.png")
    notebook.output(1).get_by_role("button", name="Cancel").click()
    notebook.page.wait_for_timeout(1500)
    notebook.page.screenshot(path=ARTIFACTS / "look-cancel.png")
    print(notebook.shown())
