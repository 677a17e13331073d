"""The right message to the right cell, from any thread.

A background thread must not use ``print``, ``display`` or the shell's publisher: on ipykernel 7
such output lands in whatever cell ran last, on 6 it may vanish, and ``%%capture`` of a later
cell steals it. So late messages are built here, each with an explicit parent:

- an update of a display goes out under the request that is executing now, because executors
  such as nbclient read only messages of the running cell, while JupyterLab and VS Code find the
  display by its id whatever the parent;
- a new output goes out under the request of its own cell, where it lands even after that cell
  has ended.

Updates sent while nothing runs are sent again when the next cell starts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any

from IPython.core.displaypub import CapturingDisplayPublisher

from ..engine.occurrences import NOWHERE, Place

Bundle = tuple[Mapping[str, Any], Mapping[str, Any]]
"""Data by media type, and metadata, of one output."""

LATE_UPDATES = 64
"""Displays whose last update is remembered for the next cell."""


@dataclass(frozen=True, slots=True)
class Mode:
    """Whether a cell may return before its pictures are there, and why."""

    live: bool
    why: str


def mode(parent: Mapping[str, Any], override: str = "auto") -> Mode:
    """Live or headless, by the request that runs the cell.

    Live front ends (JupyterLab, Notebook 7, VS Code) can ask for input and name the cell;
    nbclient, nbconvert, papermill and Voila cannot, and keep only what is there when the cell
    ends. Colab does not show late outputs. Waiting too much costs time, not waiting loses
    pictures, so everything unknown waits.

    Parameters
    ----------
    parent : mapping
        The execute request; empty outside a kernel.
    override : str
        ``auto``, ``always`` (wait) or ``never``.
    """
    if override == "always":
        return Mode(False, 'CometMagics.wait is "always"')
    if override == "never":
        return Mode(True, 'CometMagics.wait is "never"')
    if not parent:
        return Mode(False, "no Jupyter kernel")
    metadata = parent.get("metadata") or {}
    if "colab" in metadata:
        return Mode(False, "Colab shows no late outputs")
    if not (parent.get("content") or {}).get("allow_stdin"):
        return Mode(False, "the notebook is executed without a person (no input allowed)")
    if not metadata.get("cellId"):
        return Mode(False, "the front end does not name its cells")
    return Mode(True, "a live front end")


def in_voila(environment: Mapping[str, str]) -> bool:
    """True in a kernel of Voila, which executes like a headless run and then shows a page.

    It names itself in the kernel's environment; for kernels that it starts before anybody asks
    only the second name is there.
    """
    named = environment.get("SERVER_SOFTWARE", "").startswith("voila/")
    return named or "VOILA_PREHEAT" in environment


class Publisher:
    """Knows which cell is executing, and sends messages for any cell.

    Parameters
    ----------
    shell : InteractiveShell
        With a kernel (ipykernel) or without (terminal and others).
    """

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._lock = Lock()
        self._late: dict[str, Bundle] = {}
        self._running: Mapping[str, Any] | None = self.parent()
        shell.events.register("pre_run_cell", self._before)
        shell.events.register("post_run_cell", self._after)

    def close(self) -> None:
        """Stops watching cells."""
        for event, callback in (("pre_run_cell", self._before), ("post_run_cell", self._after)):
            try:
                self._shell.events.unregister(event, callback)
            except ValueError:  # somebody cleared the events
                continue

    def parent(self) -> Mapping[str, Any]:
        """The request now executing; empty without a kernel."""
        if getattr(self._shell, "kernel", None) is None:
            return {}
        get_parent = getattr(self._shell, "get_parent", None)
        parent = get_parent() if get_parent is not None else self._shell.parent_header
        return parent if isinstance(parent, Mapping) else {}

    def place(self) -> Place:
        """The cell now executing, by the front end's name for it, and this run of it."""
        parent = self.parent()
        cell = (parent.get("metadata") or {}).get("cellId")
        run = (parent.get("header") or {}).get("msg_id")
        return Place(cell, run) if isinstance(cell, str) and isinstance(run, str) else NOWHERE

    @property
    def captured(self) -> bool:
        """True while ``%%capture`` takes what the running cell shows."""
        return isinstance(self._shell.display_pub, CapturingDisplayPublisher)

    def cell(self) -> Cell:
        """The cell now executing; called on the main thread, in the cell."""
        return Cell(self, self.parent())

    def show(self, bundle: Bundle, display_id: str = "") -> None:
        """A new output of the cell now executing, as ``display`` does it."""
        data, metadata = bundle
        transient = {"display_id": display_id} if display_id else {}
        self._shell.display_pub.publish(
            data=dict(data), metadata=dict(metadata), transient=transient
        )

    def append(self, parent: Mapping[str, Any], bundle: Bundle, display_id: str = "") -> None:
        """A new output of the cell that `parent` ran; from any thread."""
        if parent:
            self._send("display_data", parent, bundle, display_id)
        else:
            self.show(bundle, display_id)

    def update(self, parent: Mapping[str, Any], bundle: Bundle, display_id: str) -> None:
        """Replaces an output, wherever it is shown; from any thread."""
        if not parent:
            data, metadata = bundle
            self._shell.display_pub.publish(
                data=dict(data),
                metadata=dict(metadata),
                transient={"display_id": display_id},
                update=True,
            )
            return
        with self._lock:  # around the sending as well: an older update must not come later
            running = self._running
            if running is None:
                self._late.pop(display_id, None)
                self._late[display_id] = bundle
                while len(self._late) > LATE_UPDATES:
                    self._late.pop(next(iter(self._late)))
            self._send("update_display_data", running or parent, bundle, display_id)

    def _before(self, info: Any = None) -> None:
        parent = self.parent()
        with self._lock:
            self._running = parent
            late, self._late = self._late, {}
            for display_id, bundle in late.items():
                self._send("update_display_data", parent, bundle, display_id)

    def _after(self, result: Any = None) -> None:
        with self._lock:
            self._running = None

    def _send(self, kind: str, parent: Mapping[str, Any], bundle: Bundle, display_id: str) -> None:
        data, metadata = bundle
        kernel = self._shell.kernel
        kernel.session.send(
            kernel.iopub_socket,
            kind,
            {
                "data": dict(data),
                "metadata": dict(metadata),
                "transient": {"display_id": display_id} if display_id else {},
            },
            parent=dict(parent),
            ident=f"kernel.{kernel.ident}.display_data".encode(),
        )


@dataclass(frozen=True, slots=True)
class Cell:
    """One execution of one cell: where its outputs go, then and later."""

    publisher: Publisher
    parent: Mapping[str, Any]

    def show(self, bundle: Bundle, display_id: str = "") -> None:
        """A new output, now, on the main thread; ``%%capture`` sees it."""
        self.publisher.show(bundle, display_id)

    def append(self, bundle: Bundle, display_id: str = "") -> None:
        """A new output at the end of this cell, also after it has ended."""
        self.publisher.append(self.parent, bundle, display_id)

    def update(self, bundle: Bundle, display_id: str) -> None:
        """Replaces the output of this id."""
        self.publisher.update(self.parent, bundle, display_id)
