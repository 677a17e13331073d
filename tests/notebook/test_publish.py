"""Updates of displays in the order in which they were made, from whichever thread."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

from comet_jupyter.notebook.publish import Publisher


class Wire:
    """A kernel's session that can be made to stand still in the middle of a message."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.stop_at = ""
        self.reached = threading.Event()
        self.go_on = threading.Event()

    def send(self, socket: Any, kind: str, content: Any, **more: Any) -> None:
        """Takes one message down."""
        text = content["data"]["text/plain"]
        if text == self.stop_at:
            self.reached.set()
            self.go_on.wait(10)
        self.sent.append(text)


def test_a_remembered_update_does_not_overtake_a_newer_one() -> None:
    """While a cell starts and repeats what came before it, the end of the work is sent last."""
    wire = Wire()
    kernel = SimpleNamespace(session=wire, iopub_socket=None, ident="test")
    events = SimpleNamespace(register=lambda *_: None, unregister=lambda *_: None)
    parent = {"header": {"msg_id": "1"}}
    shell = SimpleNamespace(kernel=kernel, events=events, get_parent=lambda: parent)
    publisher = Publisher(shell)
    publisher._after()
    publisher.update(parent, ({"text/plain": "running"}, {}), "line")
    wire.stop_at = "running"
    starting = threading.Thread(target=publisher._before)
    starting.start()
    assert wire.reached.wait(10)
    ending = threading.Thread(
        target=publisher.update, args=(parent, ({"text/plain": "done"}, {}), "line")
    )
    ending.start()
    ending.join(0.3)
    wire.go_on.set()
    starting.join()
    ending.join()
    assert wire.sent == ["running", "running", "done"]
