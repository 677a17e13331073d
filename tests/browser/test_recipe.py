"""The harness tells the truth in the real JupyterLab: outputs, themes, clicks, saved files."""

from __future__ import annotations

import asyncio
import base64
import re

import pytest
from playwright.sync_api import expect
from support.png import SIGNATURE, png, png_size
from support.storage import forget

PICTURE = base64.b64encode(png()).decode()
BACKGROUND = f"""
import threading
from IPython.display import display

go = threading.Event()
display({{"text/html": "<b class='probe'>before</b>", "text/plain": "before"}},
        raw=True, display_id="text")
display({{"text/plain": "no picture yet"}}, raw=True, display_id="picture");

def work():
    go.wait()
    display({{"text/html": "<b class='probe'>after</b>", "text/plain": "after"}},
            raw=True, display_id="text", update=True)
    display({{"image/png": "{PICTURE}", "text/plain": "picture"}},
            raw=True, display_id="picture", update=True)

threading.Thread(target=work, daemon=True).start()
"""


@pytest.mark.parametrize("where", ["doc/tree", "notebooks"], ids=["lab", "notebook7"])
def test_an_update_after_the_cell_is_shown_and_saved(notebook, where):
    """A thread's update lands in the ended cell by its display_id, and in the saved file."""
    notebook.new(BACKGROUND, "go.set()", where=where)
    notebook.run_cell(0)
    probe = notebook.output(0).locator(".probe")
    expect(probe).to_have_text("before")
    notebook.run_cell(1)
    expect(probe).to_have_text("after")
    expect(notebook.output(0).locator("img")).to_be_visible()
    assert notebook.shown() == [["text/html", "image/png"], []]
    text, picture = notebook.save().cells[0].outputs
    assert text.data["text/plain"] == "after"
    assert base64.b64decode(picture.data["image/png"]).startswith(SIGNATURE)


def test_a_new_display_with_the_parent_of_an_ended_cell_lands_there(notebook, gate):
    """display_data whose parent is an ended cell is shown in it and saved: the live model."""
    notebook.new(
        gate.code
        + """
import threading
kernel = get_ipython().kernel

def work(parent):
    pass_gate("go")
    content = {"data": {"text/plain": "late"}, "metadata": {}, "transient": {}}
    kernel.session.send(kernel.iopub_socket, "display_data", content, parent=parent)

threading.Thread(target=work, args=(get_ipython().get_parent(),), daemon=True).start()
""",
        "print('another cell')",
    )
    notebook.run_all()
    gate.open("go")
    expect(notebook.output(0)).to_contain_text("late")
    first, second = notebook.save().cells
    assert [o.data["text/plain"] for o in first.outputs] == ["late"]
    assert [o.text for o in second.outputs] == ["another cell\n"]


def test_the_kernel_of_a_page_has_the_environment_of_the_test(notebook, sandbox, home):
    """Home, key and service set by fixtures are those of the kernel behind the page."""
    notebook.new("")
    code = "import os; print(os.environ['HOME'], os.environ['COMETAPI_BASE_URL'])"
    assert notebook.execute(code).split() == [str(home), sandbox.url]


def test_the_page_asks_as_a_live_front_end(notebook):
    """JupyterLab and Notebook 7 send allow_stdin and a cellId."""
    notebook.new(
        "asked = get_ipython().get_parent()\n"
        "asked['content']['allow_stdin'], 'cellId' in asked['metadata']"
    )
    notebook.run_cell(0)
    expect(notebook.output(0)).to_contain_text("(True, True)")


def test_a_click_reaches_its_callback(notebook):
    """A button in an output can be clicked when the cell has ended."""
    notebook.new(
        "import ipywidgets\n"
        "button = ipywidgets.Button(description='press')\n"
        "button.on_click(lambda b: setattr(b, 'description', 'pressed'))\n"
        "button"
    )
    notebook.run_cell(0)
    # The widget's own channel to the kernel is made after it is shown.
    notebook.page.wait_for_timeout(500)
    notebook.output(0).get_by_role("button", name="press").click()
    expect(notebook.output(0).get_by_role("button", name="pressed")).to_be_visible()
    assert notebook.shown() == [["widget"]]


@pytest.mark.parametrize(("theme", "darkest", "lightest"), [("light", 200, 255), ("dark", 0, 60)])
def test_a_cell_is_photographed_in_either_theme(notebook, tmp_path, theme, darkest, lightest):
    """The page takes the theme, and the picture holds a cell taller than the view."""
    notebook.new("print('line\\n' * 100)")
    notebook.use_theme(theme)
    notebook.run_cell(0)
    colour = notebook.page.evaluate(
        "() => getComputedStyle(document.querySelector('.jp-NotebookPanel')).backgroundColor"
    )
    assert all(darkest <= int(part) <= lightest for part in re.findall(r"\d+", colour)[:3]), colour
    picture = notebook.screenshot_cell(0, tmp_path / "cell.png").read_bytes()
    assert png_size(picture)[1] > 1500
    assert notebook.page.viewport_size["height"] == 900


def test_a_loop_is_in_the_way_while_a_browser_is_open(browser):
    """asyncio.run is refused next to an open browser: the reason why it lives for one file."""
    coroutine = asyncio.sleep(0)
    with pytest.raises(RuntimeError, match="running event loop"):
        asyncio.run(coroutine)
    coroutine.close()


def test_no_page_sees_what_an_earlier_one_stored(page, lab):
    """Cookies, storage and pages that were opened are gone; control: a second page saw them."""
    stored = (
        "async () => [document.cookie.includes('kept=1'), localStorage.getItem('kept') === '1',"
        " (await indexedDB.databases()).some(one => one.name === 'kept')]"
    )
    page.goto(f"{lab.url}/api")
    page.evaluate(
        "() => new Promise(done => {"
        " document.cookie = 'kept=1; path=/'; localStorage.setItem('kept', '1');"
        " const opened = indexedDB.open('kept');"
        " opened.onsuccess = () => { opened.result.close(); done(); } })"
    )
    context = page.context
    second = context.new_page()
    second.goto(f"{lab.url}/api")
    assert second.evaluate(stored) == [True, True, True]
    forget(context)
    assert len(context.pages) == 1
    third = context.new_page()
    third.goto(f"{lab.url}/api")
    assert third.evaluate(stored) == [False, False, False]
