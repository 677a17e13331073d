"""Pictures of a cell on their way to a folder, beside predictions that go on."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

from comet_jupyter.notebook import new_files
from comet_jupyter.notebook.saves import Saves
from comet_jupyter.notebook.saving import Saved, SaveTemplate
from comet_jupyter.show.axes import Axes, Axis
from comet_jupyter.wire.request import PredictionRequest

REQUEST = PredictionRequest("black-forest-labs/flux-schnell", {"prompt": "a boat", "seed": 7})


class SlowDisk:
    """A template that is as slow as a disk may be."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.go_on = threading.Event()

    def save(self, *_: Any) -> Saved:
        """Waits until the test says so."""
        self.reached.set()
        self.go_on.wait(60)
        return Saved(troubles=("too slow",))


def test_a_slow_disk_keeps_no_name_from_being_looked_up(foreign_service, session, held):
    """Nobody could connect meanwhile, and creates would fail that were never sent."""
    disk = SlowDisk()
    saves = Saves(disk, session.submit(REQUEST), None)  # type: ignore[arg-type]
    told: list[Saved] = []
    looked_up, reported = threading.Event(), threading.Event()
    display = threading.Event()

    def report(saved: Saved) -> None:
        told.append(saved)
        reported.set()

    async def look_up() -> None:
        await asyncio.get_running_loop().getaddrinfo("localhost", 80)
        looked_up.set()

    try:
        saves.start(session, report, display)
        held.set()
        assert disk.reached.wait(30)
        session.background.spawn(look_up)
        assert looked_up.wait(30)
        disk.go_on.set()
        assert saves.wait().troubles == ("too slow",)
        looked_up.clear()
        session.background.spawn(look_up)  # while the report waits for the display
        assert looked_up.wait(10)
        assert told == []
        display.set()
        assert reported.wait(30)
        assert told[0].troubles == ("too slow",)
    finally:
        disk.go_on.set()
        display.set()


def test_a_session_that_ends_meanwhile_leaves_nobody_waiting(foreign_service, session, held):
    """The cell that waits for its files goes on."""
    saves = Saves(SlowDisk(), session.submit(REQUEST), None)  # type: ignore[arg-type]
    saves.start(session)
    session.close()
    assert saves.wait() == Saved()


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("x", ["x-1", "x-2", "x-3", "x-4"]),
        ("{model}-{seed}", [f"flux-schnell-{seed}-{n}" for n, seed in enumerate("7788", 1)]),
        ("{seed}-{steps}", ["7-1", "7-2", "8-1", "8-2"]),
        ("{index} {steps}", ["1 1", "2 2", "3 1", "4 2"]),
    ],
)
def test_names_follow_the_order_of_the_cell(foreign_service, session, tmp_path, text, names):
    """Not that in which the pictures arrive: a name says which one it is."""
    axes = Axes((Axis("seed", ("7", "8")), Axis("steps", ("1", "2"))))
    model = REQUEST.model
    requests = [
        PredictionRequest(model, {"prompt": "a", "seed": seed, "num_inference_steps": steps})
        for seed in (7, 8)
        for steps in (1, 2)
    ]
    predictions = session.submit(*requests)
    for prediction in reversed(predictions):
        prediction.result()
    template = SaveTemplate.read(text, tmp_path, ("seed", "steps"))
    for _ in range(2):  # again: they are there already
        saves = Saves(template, predictions, axes)
        saves.start(session)
        assert [path.stem for path in saves.wait().paths] == names
    assert len(list(Path(tmp_path).iterdir())) == 4


def test_whatever_ends_the_writing_leaves_no_half_file(tmp_path):
    """Also what no disk is to blame for, such as an interrupt."""
    path = tmp_path / "boat.png"
    with pytest.raises(TypeError):
        new_files._write(path, "no bytes")  # type: ignore[arg-type]
    assert not path.exists()
    new_files._write(path, b"bytes")
    assert path.read_bytes() == b"bytes"
