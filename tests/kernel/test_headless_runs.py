"""Notebooks run without a person: the saved file holds every picture, and the page shows it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import nbformat
import pytest
from support.headless import PICTURE_TYPES, count_html_pictures, count_pictures

QUICKSTART = Path(__file__).parents[2] / "notebooks" / "quickstart.ipynb"
PANEL = QUICKSTART.with_name("panel.ipynb")
PICTURES = 4
RUNNERS = ("nbclient", "nbconvert", "papermill", "execute")


@pytest.mark.parametrize("runner", RUNNERS)
def test_the_quickstart_holds_its_pictures(execute_notebook, export_html, tmp_path, runner):
    """Without a key it starts the sandbox itself, and every picture is in file and page."""
    path = Path(shutil.copy(QUICKSTART, tmp_path / "quickstart.ipynb"))
    done = execute_notebook(path, runner=runner)
    assert done.ok, done.log
    assert done.pictures == PICTURES
    assert count_html_pictures(export_html(done.path)) == PICTURES
    assert "sandbox" in str(done.notebook)


@pytest.mark.parametrize(("path", "pictures"), [(QUICKSTART, PICTURES), (PANEL, 0)])
def test_a_committed_notebook_is_executed_and_clean(path, pictures):
    """What GitHub shows: every picture, no error, no widget, no path or address of a machine."""
    notebook = nbformat.read(path, as_version=4)
    outputs = [o for c in notebook.cells if c.cell_type == "code" for o in c.outputs]
    assert count_pictures(notebook) == pictures
    assert all(c.execution_count for c in notebook.cells if c.cell_type == "code")
    assert not [o for o in outputs if o.output_type == "error"]
    texts = [
        str({k: v for k, v in o.get("data", {}).items() if k not in PICTURE_TYPES}) for o in outputs
    ]
    texts += [str(o.get("metadata", {})) for o in outputs]
    for forbidden in ("widget", "/home/", "/root", "/tmp", "127.0.0.1", "sk-"):
        assert not [text for text in texts if forbidden in text], forbidden
    assert path.stat().st_size < 1_500_000


@pytest.mark.parametrize("path", [QUICKSTART, PANEL])
def test_the_pictures_that_a_notebook_names_are_there(path):
    """A reader without a kernel sees them."""
    named = re.findall(r"\]\((pictures/[^)]*)\)", path.read_text("utf-8"))
    assert [name for name in named if not (path.parent / name).is_file()] == []
    assert bool(named) is (path == PANEL)


def test_the_panel_notebook_runs_without_a_page(execute_notebook, tmp_path):
    """In place of the panel it holds a line that says how to open it, and no widget."""
    path = Path(shutil.copy(PANEL, tmp_path / "panel.ipynb"))
    done = execute_notebook(path, runner="nbclient")
    assert done.ok, done.log
    assert "run this cell" in str(done.notebook)
    assert "widget-view" not in str(done.notebook)


@pytest.mark.parametrize("runner", RUNNERS)
def test_a_failure_stops_the_run(sandbox, execute_notebook, runner):
    """The cells after it do not run, and the file says why."""
    done = execute_notebook(
        "%load_ext comet_jupyter", "%%comet\na boat [fail]", "print('not reached')", runner=runner
    )
    assert not done.ok
    assert "PredictionFailedError" in done.log
    assert "not reached" not in str(done.outputs(2))


@pytest.mark.parametrize("runner", RUNNERS)
def test_background_cells_end_right_when_the_notebook_waits(sandbox, execute_notebook, runner):
    """``--bg`` in a headless run: `%comet wait` brings the pictures into their own cells."""
    done = execute_notebook(
        "%load_ext comet_jupyter",
        "%%comet --bg -n 2 --seed 1\na boat",
        "%%comet --bg --seed 3\na forest",
        "%comet wait",
        runner=runner,
    )
    assert done.ok, done.log
    assert [len(done.outputs(index)) for index in (1, 2)] == [2, 2]
    assert done.pictures == 2
