"""Two models of front ends: which cell shows what, given the kernel's messages.

They take messages and keep outputs; they know no sockets. ``LiveFrontend`` is JupyterLab (and
Notebook 7, VS Code), ``HeadlessFrontend`` is nbclient (and nbconvert, papermill,
``jupyter execute``). ``tests/kernel/test_frontend_models.py`` holds the one against the real
nbclient, ``tests/browser/test_recipe.py`` the other against the real JupyterLab.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from nbformat.v4 import output_from_msg

Message = dict[str, Any]
Output = Any
"""An nbformat output: a dictionary whose entries are attributes too."""

_DISPLAYS = {"display_data", "execute_result", "update_display_data"}


@dataclass
class _Area:
    """The outputs of one cell, and which of them carries which display_id."""

    outputs: list[Output] = field(default_factory=list)
    displays: dict[str, list[int]] = field(default_factory=dict)
    clear_at_next_output: bool = False

    def receive(self, message: Message) -> None:
        """Appends an output, or clears."""
        if message["msg_type"] == "clear_output":
            if message["content"].get("wait"):
                self.clear_at_next_output = True
            else:
                self.clear()
            return
        if message["msg_type"] not in {"display_data", "execute_result", "stream", "error"}:
            return
        if self.clear_at_next_output:
            self.clear()
        output = output_from_msg(message)
        last = self.outputs[-1] if self.outputs else None
        if output.output_type == "stream" and last is not None and last.get("name") == output.name:
            last.text += output.text
            return
        display_id = _display_id(message)
        if display_id:
            self.displays.setdefault(display_id, []).append(len(self.outputs))
        self.outputs.append(output)

    def update(self, message: Message) -> None:
        """New data for every output with the message's display_id."""
        for index in self.displays.get(_display_id(message), ()):
            self.outputs[index].data = message["content"]["data"]
            self.outputs[index].metadata = message["content"]["metadata"]

    def clear(self) -> None:
        """Forgets the outputs and their ids."""
        self.outputs.clear()
        self.displays.clear()
        self.clear_at_next_output = False


class LiveFrontend:
    """JupyterLab: a cell listens to its request for as long as it is not run again.

    An update is routed by its display_id, whatever its parent says; anything else goes to the
    cell whose request is its parent, also after that cell has ended.
    """

    def __init__(self) -> None:
        self._areas: dict[str, _Area] = {}
        self._cell_of: dict[str, str] = {}

    def start_cell(self, cell_id: str, msg_id: str) -> None:
        """The cell runs (again): its old outputs go, its old request is heard no more."""
        self._cell_of = {msg: cell for msg, cell in self._cell_of.items() if cell != cell_id}
        self._cell_of[msg_id] = cell_id
        self._areas[cell_id] = _Area()

    def receive(self, message: Message) -> None:
        """Takes one message of the kernel."""
        kind = message["msg_type"]
        if kind in _DISPLAYS and _display_id(message):
            for area in self._areas.values():
                area.update(message)
        if kind == "update_display_data":
            return
        cell_id = self._cell_of.get(message["parent_header"].get("msg_id", ""))
        if cell_id is not None:
            self._areas[cell_id].receive(message)

    def outputs(self, cell_id: str) -> list[Output]:
        """What the cell shows now."""
        return self._areas[cell_id].outputs


class HeadlessFrontend:
    """nbclient: one cell at a time, and only messages of the running cell are read.

    What arrives in between, or with another cell's request as its parent, is thrown away. An
    update with the right parent reaches outputs of earlier cells too.
    """

    def __init__(self) -> None:
        self._areas: dict[str, _Area] = {}
        self._queue: list[tuple[str, str]] = []

    def start_cell(self, cell_id: str, msg_id: str) -> None:
        """The cell is sent; it is read as soon as those before it have ended."""
        self._areas[cell_id] = _Area()
        self._queue.append((cell_id, msg_id))

    def receive(self, message: Message) -> None:
        """Takes one message of the kernel."""
        if not self._queue or message["parent_header"].get("msg_id") != self._queue[0][1]:
            return
        kind, content = message["msg_type"], message["content"]
        if kind == "status" and content["execution_state"] == "idle":
            self._queue.pop(0)
            return
        if kind in _DISPLAYS and _display_id(message):
            for area in self._areas.values():
                area.update(message)
        self._areas[self._queue[0][0]].receive(message)

    def outputs(self, cell_id: str) -> list[Output]:
        """What the saved notebook would hold for the cell."""
        return self._areas[cell_id].outputs


def _display_id(message: Message) -> str:
    return (message["content"].get("transient") or {}).get("display_id") or ""
