"""The models of front ends are true: facts of real kernels, and the models against nbclient."""

from __future__ import annotations

import sys
import threading

import nbclient
import nbformat
import pytest

PUBLISHER = """
import threading
from IPython import get_ipython
from IPython.display import display

shell = get_ipython()
kernel = shell.kernel

def send(kind, text, parent, display_id=None):
    transient = {"display_id": display_id} if display_id else {}
    content = {"data": {"text/plain": text}, "metadata": {}, "transient": transient}
    ident = kernel.topic(kind) if hasattr(kernel, "topic") else None
    kernel.session.send(kernel.iopub_socket, kind, content, parent=parent, ident=ident)

def in_thread(function, *arguments):
    threading.Thread(target=function, args=arguments, daemon=True).start()
"""
"""Sends a message with an explicit parent, as background work has to."""


def texts(outputs):
    """The plain text of every display, the text of every stream."""
    return [o.get("text") or o["data"]["text/plain"] for o in outputs]


def wait_for_late(kernel, kind):
    """Returns when the message of the background thread has come."""
    kernel.wait_for(
        lambda: any(
            m["msg_type"] == kind and m["content"]["data"]["text/plain"] == "late"
            for m in kernel.messages
            if m["msg_type"].endswith("display_data")
        )
    )


@pytest.fixture
def cells(kernel, gate):
    """A kernel that can send messages with an explicit parent, from threads too."""
    kernel.run(PUBLISHER + gate.code, live=True)
    return kernel


def test_the_kernel_is_the_running_interpreter(kernel, home):
    """A kernel runs this interpreter with the test's environment, so it tests this package."""
    assert kernel.evaluate("__import__('sys').prefix") == sys.prefix
    assert kernel.evaluate("__import__('os').environ['HOME']") == str(home)


def test_a_live_cell_may_ask_and_says_which_cell_it_is(kernel):
    """A live request has allow_stdin and cellId, a headless one has neither."""
    ask = "p = get_ipython().get_parent(); p['content']['allow_stdin'], p['metadata'].get('cellId')"
    assert kernel.run(ask, live=True, cell_id="c-1").data("text/plain") == ["(True, 'c-1')"]
    assert kernel.run(ask).data("text/plain") == ["(False, None)"]


def test_input_is_answered_in_a_live_cell_only(kernel):
    """input() gets the next answer in a live cell and an error in a headless one."""
    kernel.answers.append("typed")
    assert kernel.run("print(input('? '))", live=True).text == "typed\n"
    assert "StdinNotImplementedError" in kernel.run("input('? ')").error


def test_an_interrupt_ends_the_cell(kernel, gate):
    """interrupt() raises KeyboardInterrupt in the running cell."""
    kernel.run(gate.code)
    cell = kernel.start_cell("pass_gate('for ever')")
    gate.wait_reached("for ever")
    kernel.interrupt()
    assert not kernel.finish(cell).ok
    assert "KeyboardInterrupt" in cell.error


def test_a_button_can_be_clicked(kernel):
    """A click sent to a button's comm runs its callback in the kernel."""
    kernel.run(
        "import ipywidgets; clicks = []; button = ipywidgets.Button()\n"
        "button.on_click(lambda _: setattr(button, 'description', 'clicked'))\nbutton",
        live=True,
    )
    [button] = kernel.widgets("ButtonModel")
    kernel.click(button)
    kernel.wait_for(lambda: kernel.comms[button].get("description") == "clicked")
    kernel.run("button.close()")
    assert kernel.widgets("ButtonModel") == []


def test_running_a_cell_again_replaces_its_outputs(kernel):
    """The outputs of an id are those of its last run."""
    kernel.run("print('old')", live=True, cell_id="same")
    again = kernel.run("print('new')", live=True, cell_id="same")
    assert texts(again.outputs) == ["new\n"]


def test_clear_output_clears_now_or_at_the_next_output(kernel):
    """clear_output empties the cell; with wait=True only when something new comes."""
    source = "from IPython.display import clear_output\nprint(1); clear_output(wait={}); {}"
    assert kernel.run(source.format(False, "None")).outputs == []
    assert texts(kernel.run(source.format(True, "None")).outputs) == ["1\n"]
    assert texts(kernel.run(source.format(True, "print(2)")).outputs) == ["2\n"]


BACKGROUND = """
me = shell.get_parent()
display({"text/plain": "first"}, raw=True, display_id="d")
def work():
    pass_gate("go")
    send("%s", "late", %s, %s)
in_thread(work)
"""


@pytest.mark.parametrize("live", [True, False], ids=["live", "headless"])
def test_an_update_with_the_old_parent_reaches_only_a_live_cell(cells, gate, live):
    """JupyterLab routes an update by its display_id; nbclient drops a parent that has ended."""
    a = cells.run(BACKGROUND % ("update_display_data", "me", "'d'"), live=live)
    b = cells.start_cell("pass_gate('b')", live=live)
    gate.wait_reached("b")
    gate.open("go")
    wait_for_late(cells, "update_display_data")
    gate.open("b")
    cells.finish(b)
    assert texts(a.outputs) == (["late"] if live else ["first"])
    assert b.outputs == []


@pytest.mark.parametrize("live", [True, False], ids=["live", "headless"])
def test_an_update_with_the_running_parent_reaches_both(cells, gate, live):
    """An update whose parent is the cell now running changes the earlier cell in both models."""
    cells.run(
        "now = {}; shell.events.register('pre_run_cell',"
        " lambda *_: now.update(parent=shell.get_parent()))"
    )
    a = cells.run(BACKGROUND % ("update_display_data", "now['parent']", "'d'"), live=live)
    b = cells.start_cell("pass_gate('b')", live=live)
    gate.wait_reached("b")
    gate.open("go")
    wait_for_late(cells, "update_display_data")
    gate.open("b")
    cells.finish(b)
    assert texts(a.outputs) == ["late"]
    assert b.outputs == []


@pytest.mark.parametrize("live", [True, False], ids=["live", "headless"])
def test_a_new_display_after_its_cell_is_kept_only_live(cells, gate, live):
    """display_data with the parent of an ended cell lands there in JupyterLab, else nowhere."""
    a = cells.run(BACKGROUND % ("display_data", "me", "None"), live=live)
    gate.open("go")
    wait_for_late(cells, "display_data")
    b = cells.run("", live=live)
    assert texts(a.outputs) == (["first", "late"] if live else ["first"])
    assert b.outputs == []


# -- a background display with two parents, six orders -----------------------------------

STORY = [
    PUBLISHER
    + """
def publish(n, parent):
    send("update_display_data", f"late {n}", parent, f"d{n}")

running, unheard = {}, []
def before(*_):
    running["parent"] = shell.get_parent()
    while TWO_PARENTS and unheard:
        publish(unheard.pop(0), running["parent"])
def after(*_):
    running.clear()
shell.events.register("pre_run_cell", before)
shell.events.register("post_run_cell", after)

def work(n, own):
    pass_gate(f"finish {n}")
    publish(n, running.get("parent", own) if TWO_PARENTS else own)
    if not running:
        unheard.append(n)
    pass_gate(f"finished {n}")
""",
    """
for n in range(1, 7):
    display({"text/plain": f"first {n}"}, raw=True, display_id=f"d{n}")
    in_thread(work, n, shell.get_parent())
pass_gate("in A")
""",
    "pass_gate('in B')",
    "pass_gate('in C')",
    "'a last cell'",
]
"""Prediction 1 finishes in A, 2 between A and B, 3 in B, 4 before C, 5 in C, 6 after C."""
BETWEEN = {1: 2, 2: 4, 3: 6}
"""After the cell with this index, this prediction finishes."""
FIRST = [f"first {n}" for n in range(1, 7)]
LATE = [f"late {n}" for n in range(1, 7)]


def story(gate, two_parents):
    """The cells of the story; with `two_parents` the publisher follows the running cell."""
    return [f"TWO_PARENTS = {two_parents}\n" + gate.code + STORY[0], *STORY[1:]]


def finish(gate, n):
    """Lets prediction n finish, and returns when its update is out."""
    gate.open(f"finish {n}")
    gate.wait_reached(f"finished {n}")


def finish_inside(gate):
    """Lets one prediction finish in each of A, B and C while the cell runs."""
    for name, n in (("in A", 1), ("in B", 3), ("in C", 5)):
        gate.wait_reached(name)
        finish(gate, n)
        gate.open(name)


@pytest.fixture
def inside(gate):
    """Somebody who lets predictions finish while cells run."""
    thread = threading.Thread(target=finish_inside, args=(gate,), daemon=True)
    thread.start()
    yield
    thread.join(30)


def play(kernel, gate, two_parents, live):
    """The story in a kernel; the outputs of A."""
    cells = []
    for index, source in enumerate(story(gate, two_parents)):
        cells.append(kernel.run(source, live=live))
        assert cells[-1].ok, cells[-1].error
        if index in BETWEEN:
            finish(gate, BETWEEN[index])
    assert [texts(c.outputs) for c in cells[2:]] == [[], [], ["'a last cell'"]]
    return texts(cells[1].outputs)


@pytest.mark.parametrize("two_parents", [True, False], ids=["running", "own"])
def test_the_headless_model_is_what_nbclient_saves(kernel, gate, inside, two_parents):
    """Six orders: all end right with the running cell as the parent, one with the own cell."""
    expected = LATE if two_parents else ["late 1", *FIRST[1:]]
    assert play(kernel, gate, two_parents, live=False) == expected


@pytest.mark.parametrize("two_parents", [True, False], ids=["running", "own"])
def test_nbclient_saves_what_the_headless_model_says(gate, inside, two_parents):
    """The real nbclient ends the same six orders with the same outputs as the model."""

    def between(cell, cell_index, **_):
        if cell_index in BETWEEN:
            finish(gate, BETWEEN[cell_index])

    cells = [nbformat.v4.new_code_cell(source) for source in story(gate, two_parents)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    nbclient.NotebookClient(notebook, kernel_name="python3", on_cell_executed=between).execute()
    expected = LATE if two_parents else ["late 1", *FIRST[1:]]
    assert [texts(cell.outputs) for cell in notebook.cells[1:]] == [
        expected,
        [],
        [],
        ["'a last cell'"],
    ]


@pytest.mark.parametrize("two_parents", [True, False], ids=["running", "own"])
def test_a_live_front_end_shows_every_order(kernel, gate, inside, two_parents):
    """JupyterLab routes by display_id, so all six orders end right whatever the parent."""
    assert play(kernel, gate, two_parents, live=True) == LATE
