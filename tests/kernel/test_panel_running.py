"""What runs: clicks beside a busy cell, predictions of cells in the list, and how much is sent."""

from __future__ import annotations

import time

import ipykernel
import pytest

AREA = "import ipywidgets; area = ipywidgets.Widget.widgets[{!r}]"
BUSY = "pass_gate('busy'); print(area.value)"

FASTEST = 4
"""Messages a second that the list sends at most, however many predictions run."""

SECONDS = 3
SLACK = 6
"""Messages that come besides: of pictures that arrive, and at the edges of the time."""

TRIES = 3
"""Times two seconds in which small pictures may still arrive on a slow machine."""

TICKING = """
import threading, time
import ipywidgets

clock = ipywidgets.HTML()

def tick():
    while True:
        clock.value = str(time.monotonic())
        time.sleep(1)

threading.Thread(target=tick, daemon=True).start()
"""

NAIVE = """
from comet_jupyter.notebook.panel.running import Running

def paint_all(self):
    for row in self._rows.values():
        row.paint()
    return 1

Running.paint = paint_all
"""


@pytest.fixture
def busy(page, gate):
    """Starts a cell that runs until the gate ``busy`` opens, then prints the prompt it sees."""
    page.type_prompt("the first words")
    page.kernel.run(f"{gate.code}\n{AREA.format(page.prompt_id)}", live=True)

    def start():
        cell = page.kernel.start_cell(BUSY, live=True)
        gate.wait_reached("busy")
        return cell

    return start


def test_clicks_while_a_cell_runs_are_not_lost(page, foreign_service, busy, gate):
    """Without subshells they wait for its end: five make one create, with the words typed last."""
    prompt, button = page.prompt_id, page.generate_id
    cell = busy()
    page.set(prompt, value="the last words")
    for _ in range(5):
        page.press(button)
    gate.open("busy")
    assert page.kernel.finish(cell).text == "the first words\n"
    page.wait_until_shown("1–1 of 1")
    page.kernel.settle()
    (create,) = foreign_service.creates
    assert create.json["input"]["prompt"] == "the last words"


@pytest.mark.skipif(
    ipykernel.version_info < (7,), reason="ipykernel 6 has no subshells: clicks wait for the cell"
)
def test_a_click_acts_while_a_cell_runs(page, foreign_service, busy, gate):
    """As JupyterLab 4.4 and later send it: the picture is asked for before the cell has ended."""
    prompt, button = page.prompt_id, page.generate_id
    page.use_subshell()
    cell = busy()
    page.set(prompt, value="the last words")
    page.press(button)
    page.wait_until(lambda: foreign_service.creates, "nothing was sent while the cell ran")
    assert not cell.ended
    gate.open("busy")
    assert page.kernel.finish(cell).text == "the last words\n"
    (create,) = foreign_service.creates
    assert create.json["input"]["prompt"] == "the last words"


def test_the_prediction_of_a_cell_is_in_the_list(page, foreign_service, held):
    """One that a ``%%comet`` cell made stands there with its prompt, and then in the gallery."""
    cell = page.kernel.run("%%comet --seed 7\na lighthouse at night", live=True)
    assert cell.ok, cell.error
    page.wait_until_shown("1 picture on the way")
    page.wait_until_shown("seed 7 · <bdi>a lighthouse at night</bdi>")
    held.set()
    page.wait_until_shown("1–1 of 1")
    page.wait_until(lambda: not page.shows("on the way"), "it is still in the list")
    assert len(foreign_service.creates) == 1


# -- how much is sent -------------------------------------------------------------------


@pytest.fixture
def twenty(page, foreign_service):
    """A panel with twenty predictions in flight that do not end by themselves."""
    foreign_service.questions = 10**6
    page.set(page.id_of("BoundedIntTextModel", description="pictures"), value=20)
    page.type_prompt("a paper boat")
    page.generate()
    page.wait_until_shown("20 pictures on the way, 12 of them")
    page.wait_until(lambda: len(foreign_service.creates) == 20, "not all were sent")
    page.wait_until(lambda: page.value(page.generate_id, "description") != "Sending…", "no end")
    return page


def messages_sent(kernel, seconds):
    """How many messages widgets send to the page in that time."""
    kernel.settle()
    before = len(kernel.messages)
    end = time.monotonic() + seconds
    kernel.wait_for(lambda: time.monotonic() >= end)
    return sum(message["msg_type"] == "comm_msg" for message in kernel.messages[before:])


def test_twenty_predictions_send_a_few_messages(twenty):
    """At most four a second on average, and not none: the rows take turns."""
    assert 0 < messages_sent(twenty.kernel, SECONDS) <= FASTEST * SECONDS + SLACK


def test_showing_every_row_each_time_would_be_seen(twenty):
    """Control: a painter that shows all rows at each tick is over the bound."""
    twenty.kernel.run(NAIVE)
    assert messages_sent(twenty.kernel, SECONDS) > FASTEST * SECONDS + SLACK


@pytest.fixture
def ended(twenty, foreign_service):
    """The same panel when all twenty have ended and are in the gallery."""
    foreign_service.questions = 0
    twenty.wait_until_shown("1–18 of 20")
    twenty.wait_until(lambda: not twenty.shows("on the way"), "something is still in the list")
    twenty.wait_until(lambda: twenty.shows("20 pictures this session"), "not all are counted")
    return twenty


def falls_silent(kernel):
    """True when two seconds pass without a message; small pictures may come late before that."""
    return any(messages_sent(kernel, 2) == 0 for _ in range(TRIES))


def test_when_everything_has_ended_nothing_is_sent(ended):
    """The page hears no more: nothing asks, ticks or paints."""
    assert falls_silent(ended.kernel)


def test_a_clock_that_goes_on_would_be_seen(ended):
    """Control: one text that changes once a second keeps the page from falling silent."""
    ended.kernel.run(TICKING)
    assert not falls_silent(ended.kernel)
