"""Pictures of a cell on their way to a folder, beside predictions that go on."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from comet_jupyter.notebook.saves import Saves
from comet_jupyter.notebook.saving import Saved
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
