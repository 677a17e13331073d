"""Record in JupyterLab, replay in JupyterLab: what somebody makes, and what a reader sees."""

from __future__ import annotations

import tempfile

import pytest
from playwright.sync_api import expect
from support.headless import PICTURE_TYPES

LOAD = "%load_ext comet_jupyter"
PICTURE = "img[src^='data:image/png'], img[src^='data:image/jpeg']"
CELLS = (
    LOAD,
    "%comet record kept",
    "%%comet --seed 7\na paper boat at sunrise",
    "%%comet --ar 16:9\na lighthouse at night",
    "%%comet -n 2 --seed 3\ntwo boats",
)
MADE = (2, 3, 4)


def pictures(notebook) -> list[str]:
    """The pictures of a saved notebook, in order."""
    return [
        output.data[media_type]
        for cell in notebook.cells
        for output in cell.outputs
        for media_type in PICTURE_TYPES
        if media_type in output.get("data", {})
    ]


def run(notebook, *cells: int) -> None:
    """Runs cells, and waits until each shows its picture and nothing is on its way."""
    for cell in cells:
        notebook.run_cell(cell)
        expect(notebook.output(cell).locator(PICTURE).last).to_be_visible()
        expect(notebook.output(cell)).to_contain_text("no charge")
        notebook.execute("%comet wait")  # a sheet is filled after the caption


@pytest.fixture
def folder(lab):
    """A folder of the server for one notebook."""
    made = tempfile.mkdtemp(dir=lab.root)
    return made.rpartition("/")[2]


@pytest.mark.parametrize("where", ["doc/tree", "notebooks"], ids=["lab", "notebook7"])
def test_what_was_made_in_the_page_is_replayed_in_the_page(
    notebook, lab, folder, sandbox, homes, monkeypatch, where
):
    """A reader without key, store and service runs all cells and has the same pictures.

    The maker ran one cell three times: the recording holds what the notebook shows.
    """
    name = f"{folder}/demo.ipynb"
    notebook.write(name, *CELLS)
    notebook.open(name, where=where)
    for cell in (0, 1):
        notebook.run_cell(cell)
    run(notebook, *MADE)
    first = pictures(notebook.save())
    run(notebook, 3, 3)
    made = pictures(notebook.save())
    assert len(made) == 3
    assert [a == b for a, b in zip(first, made, strict=True)] == [True, False, True]
    assert len(list((lab.root / folder / "kept").glob("*/request.json"))) == 4

    lab.end_kernels()
    for variable in ("COMETAPI_KEY", "COMETAPI_BASE_URL"):
        monkeypatch.delenv(variable)
    monkeypatch.setenv("COMET_JUPYTER_HOME", tempfile.mkdtemp(dir=homes))
    notebook.open(name, where=where)
    notebook.run_all()
    expect(notebook.output(1)).to_contain_text("There is no key, so everything is replayed")
    for cell in MADE:
        expect(notebook.output(cell)).to_contain_text("replayed")
    assert pictures(notebook.save()) == made


def test_what_a_restarted_kernel_left_is_resumed(notebook, held, foreign_service):
    """`%comet resume` brings the picture into its own cell, without a second create."""
    notebook.new(LOAD, "%%comet --seed 7\na boat", "%comet resume")
    notebook.run_cell(0)
    notebook.run_cell(1)
    foreign_service.wait_for_requests(2)
    notebook.restart()
    notebook.run_cell(0)
    notebook.run_cell(2)
    expect(notebook.output(2)).to_contain_text("followed again")
    held.set()
    expect(notebook.output(2).locator(PICTURE).last).to_be_visible()
    expect(notebook.output(2)).to_contain_text("seed 7")
    assert len(foreign_service.creates) == 1
    assert [sorted(one.data) for one in notebook.save().cells[2].outputs][-1] == [
        "image/png",
        "text/plain",
    ]
