"""A recorded notebook, run again elsewhere: no key, no network, the same bytes."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

import nbformat
import pytest
from support.headless import PICTURE_TYPES, write_notebook

NO_NETWORK = (sys.executable, str(Path(__file__).parents[1] / "support" / "no_network.py"))
RUNNERS = ("nbclient", "nbconvert", "papermill", "execute")

CELLS = (
    "%load_ext comet_jupyter",
    "%comet record kept",
    "%%comet --seed 7 -p megapixels=0.25\na paper boat at sunrise",
    "%%comet --ar 16:9 -p megapixels=0.25 -o boat\na paper boat at dusk",
    "%%comet --ar 16:9 -p megapixels=0.25\na paper boat at dusk",
    "%%comet -n 3 --seed +1 -p megapixels=0.25\na lighthouse, {{ boat.seed > 0 }}",
    "%%comet -n 2 --each -p output_format=png -p megapixels=0.25\na mountain lake",
    "boat.images[0]",
)
PICTURES = 7

REACH = """
import socket
try:
    socket.create_connection(({host!r}, {port}), timeout=5).close()
    print("reached")
except OSError as error:
    print("no network")
"""


def pictures(notebook):
    """The pictures of a notebook in order, as they stand in its outputs."""
    return [
        output.data[media_type]
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        for media_type in PICTURE_TYPES
        if media_type in output.get("data", {})
    ]


@pytest.fixture
def recorded(sandbox, execute_notebook, tmp_path):
    """A notebook with its recording beside it, executed."""
    done = execute_notebook(write_notebook(tmp_path / "made" / "demo.ipynb", *CELLS))
    assert done.ok, done.log
    assert len(pictures(done.notebook)) == PICTURES
    return done


@pytest.fixture
def elsewhere(recorded, tmp_path, homes, monkeypatch):
    """Only the notebook and its recording, on a machine without key, store and service."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    shutil.copytree(tmp_path / "made" / "kept", folder / "kept")
    shutil.copy(tmp_path / "made" / "demo.ipynb", folder / "demo.ipynb")
    for name in ("COMETAPI_KEY", "COMETAPI_BASE_URL"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("COMET_JUPYTER_HOME", tempfile.mkdtemp(dir=homes))
    return folder


@pytest.mark.parametrize("runner", RUNNERS)
def test_the_same_bytes_without_key_and_network(recorded, elsewhere, execute_notebook, runner):
    """Every picture of every cell, and each says that it was replayed."""
    done = execute_notebook(elsewhere / "demo.ipynb", runner=runner, wrapper=NO_NETWORK)
    assert done.ok, done.log
    assert pictures(done.notebook) == pictures(recorded.notebook)
    assert str(done.notebook).count("replayed") >= PICTURES - 1
    assert not list(Path(os.environ["COMET_JUPYTER_HOME"]).glob("files/*/*"))


@pytest.mark.parametrize("verb", ["%comet replay kept", "pass"])
def test_replay_is_chosen_or_found_beside_the_notebook(recorded, elsewhere, execute_notebook, verb):
    """With the verb, or without a word."""
    notebook = nbformat.read(elsewhere / "demo.ipynb", as_version=4)
    notebook.cells[1].source = verb
    nbformat.write(notebook, elsewhere / "demo.ipynb")
    done = execute_notebook(elsewhere / "demo.ipynb", wrapper=NO_NETWORK)
    assert done.ok, done.log
    assert pictures(done.notebook) == pictures(recorded.notebook)


def test_a_changed_cell_is_an_error_that_says_what_differs(elsewhere, execute_notebook):
    """Nothing else runs; the nearest recorded request is named."""
    notebook = nbformat.read(elsewhere / "demo.ipynb", as_version=4)
    notebook.cells[2].source = "%%comet --seed 8 -p megapixels=0.25\na paper boat at sunrise"
    nbformat.write(notebook, elsewhere / "demo.ipynb")
    done = execute_notebook(elsewhere / "demo.ipynb", wrapper=NO_NETWORK)
    assert not done.ok
    assert "NotRecordedError" in done.log
    assert "'a paper boat at sunrise', seed 8: this is not recorded in kept" in done.log
    assert "the nearest there is" in done.log
    assert "'a paper boat at sunrise', seed 7" in done.log


def test_no_network_means_no_network(sandbox, execute_notebook):
    """Control: the sandbox, which the test itself reaches, is out of reach there."""
    host, _, port = sandbox.url.rpartition("//")[2].partition(":")
    code = REACH.format(host=host, port=int(port))
    assert "reached" in str(execute_notebook(code).outputs(0))
    assert "no network" in str(execute_notebook(code, wrapper=NO_NETWORK).outputs(0))


def test_a_picture_that_somebody_changed_is_not_shown(elsewhere, execute_notebook):
    """The recording is checked when it is read; the error names the file."""
    changed = next((elsewhere / "kept").glob("*/0-*.png"))
    changed.write_bytes(changed.read_bytes()[:-1] + b"x")
    done = execute_notebook(elsewhere / "demo.ipynb", wrapper=NO_NETWORK)
    assert not done.ok
    assert changed.name in done.log
