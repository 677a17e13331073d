"""A cell at work in the real JupyterLab: the line, the bar, the Cancel button, the end."""

from __future__ import annotations

import base64
import re

import pytest
from playwright.sync_api import expect

LOAD = "%load_ext comet_jupyter"
CELL = "%%comet --seed 7\na boat"
# Not the timing picture of the caption, which is an SVG.
PICTURE = "img[src^='data:image/png'], img[src^='data:image/jpeg']"


def types(cell) -> list[list[str]]:
    """The media types in the saved file, output by output."""
    return [sorted(output.get("data", {})) or [output.output_type] for output in cell.outputs]


END = [["text/html", "text/plain"], ["image/png", "text/plain"]]


@pytest.mark.parametrize("where", ["doc/tree", "notebooks"], ids=["lab", "notebook7"])
def test_the_next_cell_runs_while_the_picture_is_on_its_way(notebook, held, where):
    """Line, then Cancel button, then caption and picture in the cell that asked; all saved."""
    notebook.new(LOAD, CELL, "print('meanwhile')", where=where)
    for index in range(3):
        notebook.run_cell(index)
    expect(notebook.output(2)).to_contain_text("meanwhile")
    expect(notebook.output(1).get_by_role("button", name="Cancel")).to_be_visible()
    expect(notebook.output(1)).to_contain_text(re.compile("starting|processing"))
    assert notebook.shown()[1] == ["widget"]
    held.set()
    expect(notebook.output(1).locator(PICTURE).last).to_be_visible()
    expect(notebook.output(1)).to_contain_text("seed 7")
    expect(notebook.output(1).get_by_role("button")).to_have_count(0)
    saved = notebook.save()
    assert types(saved.cells[1]) == END
    assert types(saved.cells[2]) == [["stream"]]
    assert "widget" not in str(saved.metadata)


def test_short_work_never_shows_a_widget(notebook, foreign_service):
    """Under a second there is a line, then the result: nothing flickers, no comm is opened."""
    notebook.new(LOAD, CELL)
    notebook.run_cell(0)
    notebook.execute("import ipywidgets; ipywidgets.Widget.close_all()")
    notebook.run_cell(1)
    expect(notebook.output(1).locator(PICTURE).last).to_be_visible()
    assert notebook.execute("print(len(ipywidgets.widgets.widget._instances))").strip() == "0"


@pytest.mark.parametrize("busy", [False, True], ids=["idle", "busy"])
def test_cancel_stops_waiting_and_says_what_it_means(notebook, held, gate, busy):
    """One click, also while another cell runs; honest words, and no button afterwards."""
    notebook.new(LOAD, CELL, gate.code + "pass_gate('busy')")
    notebook.run_cell(0)
    notebook.run_cell(1)
    button = notebook.output(1).get_by_role("button", name="Cancel")
    expect(button).to_be_visible()
    notebook.page.wait_for_timeout(500)  # the comm's subshell is made asynchronously
    if busy:
        notebook.start_cell(2)
        gate.wait_reached("busy")
    button.click()
    if busy:
        gate.open("busy")
    # The answer that was asked for is still held back: a cancel does not wait for it.
    expect(notebook.output(1)).to_contain_text("may still finish and be charged")
    expect(notebook.output(1).get_by_role("button")).to_have_count(0)
    assert types(notebook.save().cells[1]) == [["text/html", "text/plain"]]


def test_the_log_stays_open_while_it_grows(notebook, foreign_service):
    """What was unfolded stays so, is renewed, and Cancel keeps its place meanwhile."""
    foreign_service.questions = 10**6
    notebook.new(LOAD, "%%comet -o boat\na boat", "boat.cancel()")
    notebook.run_cell(0)
    notebook.run_cell(1)
    output = notebook.output(1)
    button = output.get_by_role("button", name="Cancel")
    log = output.locator("pre")
    expect(button).to_be_visible()
    output.get_by_text("log", exact=True).click()
    expect(log).to_be_visible()
    before, place = log.inner_text(), button.bounding_box()
    for _ in range(2):
        expect(log).not_to_have_text(before)
        before = log.inner_text()
        expect(log).to_be_visible()
    assert button.bounding_box() == place
    notebook.run_cell(2)
    expect(output).to_contain_text("may still finish")


def test_no_widget_is_left_after_many_cells(notebook, foreign_service):
    """Layouts and styles are closed too: a widget left behind would stay for ever."""
    foreign_service.questions = 10**6
    notebook.new(
        LOAD, "%%comet -o a\na boat", "%%comet -o b -n 2\na boat", "a.cancel(), b.cancel()"
    )
    for index in range(3):
        notebook.run_cell(index)
    expect(notebook.output(2).get_by_role("button", name="Cancel")).to_be_visible()
    open_widgets = "print(len(__import__('ipywidgets').widgets.widget._instances))"
    assert int(notebook.execute(open_widgets)) > 4
    notebook.run_cell(3)
    expect(notebook.output(1)).to_contain_text("may still finish")
    expect(notebook.output(2)).to_contain_text("may still finish")
    for _ in range(50):  # the last message of a strip closes its widgets
        left = int(notebook.execute(open_widgets))
        if not left:
            break
        notebook.page.wait_for_timeout(100)
    assert left == 0


def test_after_a_reload_show_brings_the_result_back(notebook, held, foreign_service):
    """A page that was loaded anew hears no updates; `%comet show` asks the store."""
    notebook.new(LOAD, CELL, "%comet status", "%comet show foreign")
    for index in range(2):
        notebook.run_cell(index)
    foreign_service.wait_for_requests(2)
    notebook.save()
    notebook.reload()
    held.set()
    notebook.run_cell(2)
    expect(notebook.output(2)).to_contain_text("foreign0")
    notebook.run_cell(3)
    expect(notebook.output(3).locator(PICTURE).last).to_be_visible()
    assert len(foreign_service.creates) == 1


def test_hostile_text_stays_text(notebook, foreign_service):
    """Markup in prompt, logs, error and model runs nowhere in the user's own session."""
    attack = '<img src=x onerror="window.attacked=1"><script>window.attacked=1</script>'
    foreign_service.failure = f"bad {attack} $x^2$"
    notebook.new(
        LOAD,
        f"%%comet --no-raise-error\n{attack}",
        f"%%comet --logs\n{attack}",
        "%comet status",
    )
    notebook.run_cell(0)
    notebook.run_cell(1)
    expect(notebook.output(1)).to_contain_text("onerror=")
    foreign_service.failure = ""
    notebook.run_cell(2)
    expect(notebook.output(2).locator(PICTURE).last).to_be_visible()
    notebook.run_cell(3)
    expect(notebook.output(3)).to_contain_text("onerror=")
    assert notebook.page.evaluate("() => window.attacked === undefined")
    assert notebook.page.locator("mjx-container, .MathJax").count() == 0
    control = f"display({{'text/html': {attack!r}, 'text/plain': ''}}, raw=True)"
    notebook.execute("0")
    notebook.new(f"from IPython.display import display\n{control}")
    notebook.run_cell(0)
    notebook.page.wait_for_function("() => window.attacked === 1")


def test_a_saved_notebook_shows_its_pictures_without_a_kernel(notebook, sandbox):
    """Single picture and sheet are plain images in the file, also for an untrusted reader."""
    notebook.new(LOAD, CELL, "%%comet -n 4 --seed 7\na boat")
    for index in range(3):
        notebook.run_cell(index)
    for index in (1, 2):
        expect(notebook.output(index).locator(PICTURE).last).to_be_visible()
    expect(notebook.output(2)).to_contain_text("seeds 7–10")
    saved = notebook.save()
    for index in (1, 2):
        picture = base64.b64decode(saved.cells[index].outputs[1].data["image/jpeg"])
        assert picture.startswith(b"\xff\xd8")
    notebook.open("notebook.ipynb", kernel=False)
    for index in (1, 2):
        expect(notebook.output(index).locator(PICTURE).last).to_be_visible()
        expect(notebook.output(index)).to_contain_text("sandbox · drawn locally")
