"""``%comet resume`` in a real kernel, after another real kernel was killed (SIGKILL)."""

from __future__ import annotations

import os
import threading
from base64 import b64decode
from datetime import datetime, timezone
from pathlib import Path

import pytest
from support.foreign_service import Fault

from comet_jupyter.record import Record
from comet_jupyter.store import Store
from comet_jupyter.wire.request import PredictionRequest
from comet_jupyter.wire.state import PredictionState

LOAD = "%load_ext comet_jupyter"


@pytest.fixture
def leave(start_kernel, foreign_service, held):
    """Has a kernel submit, and kills it as soon as the service was asked for the state."""

    def leave(*cells: str) -> list[str]:
        kernel = start_kernel()
        kernel.run(LOAD)
        for cell in cells or ("%%comet --seed 7 --bg\na boat",):
            assert kernel.run(cell).ok
        while not any(one.method == "GET" for one in foreign_service.requests):
            foreign_service.wait_for_requests(len(foreign_service.requests) + 1)
        kernel.kill()
        held.set()
        return list(foreign_service.predictions)

    return leave


def plain(cell) -> str:
    """All that the cell says, as plain text."""
    return "\n".join(cell.data("text/plain"))


def test_a_killed_kernels_picture_is_fetched(start_kernel, foreign_service, leave):
    """Once: the picture, no create; the second time nothing is left."""
    [name] = leave()
    kernel = start_kernel()
    kernel.run(LOAD)
    cell = kernel.run("%comet resume")
    assert cell.ok, cell.error
    assert "1 followed again: no new prediction, no cost" in plain(cell)
    assert [b64decode(one) for one in cell.pictures] == [foreign_service.picture(name)]
    assert plain(kernel.run("%comet resume")) == "nothing was left unfinished"
    assert len(foreign_service.creates) == 1


def test_a_live_cell_returns_and_fills_in(start_kernel, foreign_service, leave):
    """The kernel is free meanwhile."""
    leave()
    hold = threading.Event()
    foreign_service.break_next("GET", Fault(hold=hold))
    kernel = start_kernel()
    kernel.run(LOAD, live=True)
    cell = kernel.run("%comet resume", live=True)
    assert cell.ok, cell.error
    assert cell.pictures == []
    hold.set()
    kernel.wait_for(lambda: cell.pictures)
    assert len(foreign_service.creates) == 1


def test_an_interrupt_leaves_it_in_flight(start_kernel, foreign_service, leave):
    """The cell stops, the prediction goes on, and the next cell has its picture."""
    [name] = leave()
    hold = threading.Event()
    foreign_service.break_next("GET", Fault(hold=hold))
    kernel = start_kernel()
    kernel.run(LOAD)
    so_far = len(foreign_service.requests)
    cell = kernel.start_cell("%comet resume")
    foreign_service.wait_for_requests(so_far + 1)
    kernel.interrupt()
    kernel.finish(cell)
    assert not cell.ok
    assert "goes on" in cell.error
    hold.set()
    shown = kernel.run(f"%comet resume {name}")
    assert [b64decode(one) for one in shown.pictures] == [foreign_service.picture(name)]
    assert len(foreign_service.creates) == 1


def test_a_create_without_an_answer_is_listed_with_the_choice(start_kernel, foreign_service):
    """What may have been charged, what can be done about it, and its cell; nothing is sent."""
    hold = threading.Event()
    foreign_service.break_next("POST", Fault(hold=hold))
    first = start_kernel()
    first.run(LOAD)
    first.run("%%comet --seed 7 --bg\na boat")
    foreign_service.wait_for_requests(1)
    first.kill()
    hold.set()
    kernel = start_kernel()
    kernel.run(LOAD)
    for _ in range(2):
        cell = kernel.run("%comet resume")
        assert cell.ok, cell.error
        assert "1 of unknown outcome, perhaps charged" in plain(cell)
        assert "%comet forget" in plain(cell)
        assert "%%comet" in plain(cell)
    assert len(foreign_service.creates) == 1


def test_what_a_living_kernel_follows_stays_with_it(start_kernel, foreign_service, held):
    """It is named; asked for by its id it is looked on, and both show the picture."""
    first = start_kernel()
    first.run(LOAD)
    first.run("%%comet --seed 7 --bg -o cat\na boat")
    foreign_service.wait_for_requests(2)
    [name] = foreign_service.predictions
    second = start_kernel()
    second.run(LOAD)
    assert "1 followed by another kernel" in plain(second.run("%comet resume"))
    looking = second.start_cell(f"%comet resume {name}")
    asked = len(foreign_service.requests)
    held.set()
    second.finish(looking)
    assert [b64decode(one) for one in looking.pictures] == [foreign_service.picture(name)]
    assert first.evaluate("len(cat.images)") == 1
    assert [one.path for one in foreign_service.requests[asked:]] == [f"/files/{name}.png"]
    assert len(foreign_service.creates) == 1


def test_several_are_taken_up_together(start_kernel, foreign_service, leave):
    """One sheet of all, each kept; what had ended is not touched."""
    names = leave("%%comet -n 3 --seed 7 --bg\na boat")
    kernel = start_kernel()
    kernel.run(LOAD)
    cell = kernel.run("%comet resume")
    assert cell.ok, cell.error
    assert len(cell.pictures) == 1
    shown = kernel.evaluate(
        "[len(__import__('comet_jupyter').get(one).images) for one in " + repr(names) + "]"
    )
    assert shown == [1] * len(names)
    assert len(foreign_service.creates) == 3


def test_a_picture_that_could_not_be_fetched_is_fetched(foreign_service, kernel):
    """What was paid for and only not downloaded is taken up while its link lives."""
    foreign_service.questions = 1
    kernel.run(LOAD)
    foreign_service.break_next("FILE", Fault(200, body=b"<html><body>no picture</body></html>"))
    assert not kernel.run("%%comet --seed 7\na boat").ok
    cell = kernel.run("%comet resume")
    assert cell.ok, cell.error
    assert len(cell.pictures) == 1
    assert plain(kernel.run("%comet resume")) == "nothing was left unfinished"
    assert len(foreign_service.creates) == 1


def test_what_was_made_elsewhere_is_told_once(foreign_service, kernel):
    """One notice for all of them, and no word that nothing was left."""
    store = Store(Path(os.environ["COMET_JUPYTER_HOME"]))
    store.put(
        *(
            Record(
                f"{number:032x}",
                PredictionRequest("a/b", {"prompt": "x"}),
                datetime.now(timezone.utc),
                PredictionState(id=f"id{number:024d}", status="processing"),
                root="https://gateway.example/team-a/replicate/v1",
            )
            for number in range(30)
        )
    )
    store.close()
    kernel.run(LOAD)
    cell = kernel.run("%comet resume")
    assert len(cell.outputs) == 1
    assert "29 more" in plain(cell)
    assert "nothing was left" not in plain(cell)


def test_the_extension_loaded_anew_goes_on_replaying(foreign_service, kernel):
    """A miss stays an error: nothing is spent where nothing would have been."""
    foreign_service.questions = 1
    kernel.run(LOAD)
    assert kernel.run("%comet record kept").ok
    assert kernel.run("%%comet --seed 7\na boat").ok
    assert kernel.run("%comet replay kept").ok
    assert kernel.run("%reload_ext comet_jupyter").ok
    assert "NotRecordedError" in kernel.run("%%comet --seed 8\na boat").error
    assert len(foreign_service.creates) == 1


FORK = """
import os
reading, writing = os.pipe()
child = os.fork()
if child == 0:
    try:
        comet_jupyter.submit("another boat", seed=9)
        said = "sent"
    except BaseException as error:
        said = type(error).__name__
    os.write(writing, said.encode())
    os._exit(0)
os.waitpid(child, 0)
os.read(reading, 100).decode()
"""


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_fork_goes_on_replaying(foreign_service, kernel):
    """The child of a kernel that replays does not spend either."""
    foreign_service.questions = 1
    kernel.run(f"import comet_jupyter, warnings\nwarnings.simplefilter('ignore')\n{LOAD}")
    assert kernel.run("%comet record kept").ok
    assert kernel.run("%%comet --seed 7\na boat").ok
    assert kernel.run("%comet replay kept").ok
    cell = kernel.run(FORK)
    assert cell.ok, cell.error
    assert "NotRecordedError" in str(cell.outputs)
    assert len(foreign_service.creates) == 1
