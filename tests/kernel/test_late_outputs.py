"""Outputs of cells that do not wait as usual: captured, interrupted, late, unloaded."""

from __future__ import annotations

import threading

import pytest
from support.foreign_service import Fault

LOAD = "%load_ext comet_jupyter"


@pytest.fixture
def loaded(foreign_service, kernel):
    """A kernel with the extension, and a service that answers quickly."""
    assert kernel.run(LOAD, live=True).ok
    return kernel


def updates(kernel) -> list[dict]:
    """The content of every update of a display, in order."""
    return [m["content"] for m in kernel.messages if m["msg_type"] == "update_display_data"]


@pytest.mark.parametrize("option", ["", "--wait ", "--bg "])
@pytest.mark.parametrize("live", [True, False], ids=["live", "headless"])
def test_a_captured_cell_shows_nothing(loaded, foreign_service, live, option):
    """What is captured is in the variable: caption and picture, unless ``--bg`` waits for none."""
    line = f"%%capture taken\n%comet run {option}-o cat a boat"
    cell = loaded.run(line, live=live)
    assert cell.ok
    assert loaded.evaluate("len(cat.images)") == 1
    loaded.run("%comet wait", live=live)
    loaded.settle()
    assert cell.outputs == []
    kinds = loaded.evaluate("[sorted(o.data) for o in taken.outputs]")
    assert kinds == (
        [] if option == "--bg " else [["text/html", "text/plain"], ["image/png", "text/plain"]]
    )


def test_each_picture_is_sent_once(loaded, foreign_service):
    """``--bg --each`` in an executor: while others run, what is there is not sent again."""
    hold = threading.Event()
    foreign_service.questions = 1
    foreign_service.break_next("POST", Fault(), Fault(hold=hold))
    source = "%%comet --bg --each -n 2 --seed 7 -o two\na boat"
    cell = loaded.run(source)
    one_done = "while not any(p.done() for p in two): time.sleep(0.02)"  # whichever came first
    other = loaded.start_cell(f"import time\n{one_done}\ntime.sleep(3)\ntwo.progress")
    loaded.finish(other)
    hold.set()
    loaded.run("%comet wait")
    loaded.settle()
    pictures = [u for u in updates(loaded) if "image/png" in u["data"]]
    shown = [u["transient"]["display_id"] for u in pictures]
    # Once when it came, and once more when the next cell started, for executors.
    assert max(shown.count(name) for name in shown) <= 2
    assert len(cell.pictures) == 2


def test_a_placeholder_does_not_stay_when_there_is_no_picture(loaded, foreign_service):
    """A failure in the background of an executor leaves nothing "on its way"."""
    foreign_service.failure = "CUDA out of memory"
    cell = loaded.run("%%comet --bg -o cat\na boat")
    loaded.run("cat.wait()")
    loaded.run("%comet wait")
    loaded.run("'last'")
    assert "CUDA out of memory" in cell.data("text/plain")[0]
    assert not any("on its way" in text for text in cell.data("text/plain"))


def test_a_failure_after_an_interrupt_says_why(loaded, foreign_service):
    """The cell that would have raised it is gone, so its line tells the cause."""
    hold = threading.Event()
    foreign_service.failure = "CUDA out of memory"
    foreign_service.questions = 1
    foreign_service.break_next("GET", Fault(hold=hold))
    cell = loaded.start_cell("%%comet --wait -o cat\na boat", live=True)
    foreign_service.wait_for_requests(2)
    loaded.interrupt()
    loaded.finish(cell)
    assert cell.reply["ename"] == "WaitInterrupted"
    hold.set()
    loaded.run("cat.wait()", live=True)
    loaded.wait_for(lambda: "CUDA out of memory" in str(cell.data("text/plain")), 15)


def test_each_shows_all_pictures_of_one_prediction(sandbox, kernel):
    """A model's own ``num_outputs`` with ``--each``: one below the other, live or not."""
    kernel.run(LOAD)
    source = "%%comet --each -o cat -p num_outputs=3 -p megapixels=0.25 --seed 7\na boat"
    cell = kernel.run(source)
    assert len(cell.pictures) == 3
    late = kernel.run(source.replace("7", "8"), live=True)
    kernel.run("cat.wait()", live=True)
    kernel.run("%comet wait", live=True)
    assert len(late.pictures) == 3


def test_an_unloaded_magic_leaves_no_settings(loaded, foreign_service):
    """``%config CometMagics`` ends with the extension."""
    loaded.run("%config CometMagics.model = 'somebody/else'")
    loaded.run("%unload_ext comet_jupyter")
    model = "__import__('comet_jupyter.engine.session').engine.session.current().settings.model"
    assert loaded.evaluate(f"{model}.value") != "somebody/else"
