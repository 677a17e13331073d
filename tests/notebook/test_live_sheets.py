"""A sweep in a live cell: one output for each sheet, and no more messages than it needs."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from itertools import pairwise
from typing import Any

import pytest
from IPython.core.displaypub import CapturingDisplayPublisher
from IPython.core.events import EventManager, available_events
from support.png import png

from comet_jupyter.engine.prediction import Prediction
from comet_jupyter.engine.session import Session
from comet_jupyter.notebook.live import FASTEST, Appearance, LiveCell
from comet_jupyter.notebook.publish import Publisher
from comet_jupyter.record import Failure, FileRef, Record
from comet_jupyter.show import result
from comet_jupyter.show.axes import Axes, Axis
from comet_jupyter.wire.request import PredictionRequest
from comet_jupyter.wire.state import PredictionState

AXES = Axes(
    (Axis("seed", ("1", "2")), Axis("guidance", ("2", "5")), Axis("steps", ("4", "8", "9")))
)


class Outputs(CapturingDisplayPublisher):
    """Keeps what is published, and when."""

    def publish(self, data: Any, *args: Any, **kwargs: Any) -> None:
        """As the shell's publisher."""
        super().publish(data, *args, **kwargs)
        self.outputs[-1]["at"] = time.monotonic()


@dataclass
class Shell:
    """As much of a shell as a publisher needs, without a kernel."""

    events: EventManager
    display_pub: Outputs = field(default_factory=Outputs)


@dataclass
class Running:
    """A cell with predictions that end when the test says so."""

    session: Session
    shell: Shell
    predictions: list[Prediction]
    view: LiveCell
    done: list[Record]

    @property
    def outputs(self) -> list[dict[str, Any]]:
        """All messages of the cell so far."""
        return list(self.shell.display_pub.outputs)

    def sheets(self) -> list[dict[str, Any]]:
        """Those messages that show a sheet."""
        return [one for one in self.outputs if "Contact sheet" in one["data"]["text/plain"]]

    def end(self, *indexes: int) -> None:
        """These predictions end now."""
        for index in indexes:
            advance = self.predictions[index].advance
            self.session.background.call(lambda index=index, go=advance: go(self.done[index]))

    def wait(self, holds: Callable[[], bool]) -> None:
        """Returns when it holds."""
        deadline = time.monotonic() + 30
        while not holds():
            assert time.monotonic() < deadline, self.outputs
            time.sleep(0.01)


@pytest.fixture
def start(session: Session) -> Callable[..., Running]:
    """Starts a cell whose predictions run: ``start(Appearance(axes=AXES), failed=[3])``."""

    def started(appearance: Appearance, failed: list[int] | None = None) -> Running:
        colours = [(20 * number, 90, 120) for number in range(12)]
        files = [session.store.files.add(png(64, 64, one), "image/png") for one in colours]
        done = []
        for number, (sha256, _) in enumerate(files):
            record = Record(
                f"{number:032x}",
                PredictionRequest("a/b", {"prompt": f"a boat {number}", "seed": 7}),
                datetime.now(timezone.utc),
                state=PredictionState(id=f"id{number}", status="succeeded"),
                files=(FileRef(sha256, "image/png", 99, 64, 64),),
                finished=True,
            )
            if number in (failed or []):
                failure = Failure("PredictionFailedError", "flagged as sensitive", "")
                record = replace(record, files=(), failure=failure)
            done.append(record)
        predictions = [
            Prediction(
                replace(one, files=(), failure=None, finished=False, state=PredictionState()),
                open_file=session.keeper.open,
            )
            for one in done
        ]
        shell = Shell(EventManager(None, available_events))
        cell = Publisher(shell).cell()
        view = LiveCell(cell, session, predictions, appearance, buttons=False, late_outputs=True)
        view.start()
        return Running(session, shell, predictions, view, done)

    return started


def name(message: dict[str, Any]) -> str:
    """The display that a message makes or changes."""
    return str(message["transient"]["display_id"])


def test_each_sheet_is_one_output_that_fills_in(start: Callable[..., Running]) -> None:
    """With the first picture all sheets come, in order; in the end each is as it would be."""
    running = start(Appearance(axes=AXES))
    running.end(1)  # a picture of the second sheet
    running.wait(lambda: len(running.sheets()) == 3)
    first = running.sheets()
    for message, steps in zip(first, ("4", "8", "9"), strict=True):
        assert not message["update"]
        assert f"× steps {steps} " in message["data"]["text/plain"]
    running.end(*range(12))
    assert running.view.finished.wait(30)
    last = {name(message): message for message in running.sheets()}
    assert list(last) == [name(message) for message in first]
    expected = result.outputs(running.done, running.session.keeper.open, axes=AXES)[1:]
    for message, (data, metadata) in zip(last.values(), expected, strict=True):
        assert message["data"] == data
        assert message["metadata"] == metadata


def test_only_the_sheet_that_changed_is_sent_again(start: Callable[..., Running]) -> None:
    """A picture is one message of its own sheet; the others stay as they are."""
    running = start(Appearance(axes=AXES))
    running.end(0)
    running.wait(lambda: len(running.sheets()) == 3)
    running.end(5)  # of the third sheet
    running.wait(lambda: len(running.sheets()) == 4)
    running.end(3)  # of the first
    running.wait(lambda: len(running.sheets()) == 5)
    names = [name(message) for message in running.sheets()]
    assert names[3:] == [names[2], names[0]]
    running.end(*range(12))
    assert running.view.finished.wait(30)
    assert len(running.sheets()) == 8


def test_many_sheets_share_the_rate_of_one_cell(start: Callable[..., Running]) -> None:
    """While it runs, lines and sheets together are about four messages a second."""
    running = start(Appearance(axes=AXES))
    for number in range(11):
        seen = len(running.sheets())
        running.end(number)
        running.wait(lambda seen=seen: len(running.sheets()) > seen)  # type: ignore[misc]
    times = [message["at"] for message in running.outputs]
    begun = times[0]
    later = [at for at in times if at > begun + 2 * FASTEST]
    # A line and a sheet of one moment are followed by twice the pause.
    spans = [last - first for first, last in zip(later, later[4:], strict=False)]
    assert min(spans) > 2.8 * FASTEST
    running.end(11)
    assert running.view.finished.wait(30)


def test_a_failure_is_a_hole_and_the_rest_goes_on(start: Callable[..., Running]) -> None:
    """The sheet of the failed one says so, the other sheets are whole."""
    running = start(Appearance(axes=AXES), failed=[4])
    running.end(*range(12))
    assert running.view.finished.wait(30)
    last = {name(message): message["data"]["text/plain"] for message in running.sheets()}
    assert ["1 failed" in text for text in last.values()] == [False, True, False]
    assert any("seed 1 × guidance 5 × steps 8 failed: flagged" in text for text in last.values())


def test_each_picture_has_its_place_in_words(start: Callable[..., Running]) -> None:
    """One below the other in order; the failed one leaves a line where it would be."""
    running = start(Appearance(axes=AXES, each=True), failed=[4])
    running.end(*reversed(range(12)))
    assert running.view.finished.wait(30)
    texts = [message["data"]["text/plain"] for message in running.outputs]
    places = [text for text in texts if text.startswith("seed ")]
    assert [text.split(" — ")[0].split(" failed")[0] for text in places] == [
        AXES.words(number) for number in range(12)
    ]
    assert places[4] == "seed 1 × guidance 5 × steps 8 failed: flagged as sensitive"


def test_several_pictures_without_axes_are_one_sheet(start: Callable[..., Running]) -> None:
    """As before: one output that is replaced until the end."""
    running = start(Appearance())
    running.end(0)
    running.wait(lambda: len(running.sheets()) == 1)
    running.end(*range(12))
    assert running.view.finished.wait(30)
    sheets = running.sheets()
    assert len({name(message) for message in sheets}) == 1
    assert all(later["at"] > earlier["at"] for earlier, later in pairwise(sheets))
    assert sheets[-1]["data"]["text/plain"].startswith("Contact sheet of 12 pictures — 12 prompts")
