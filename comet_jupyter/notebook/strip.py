"""The live line as widgets: the same markup, with a Cancel button beside it.

All widgets are made, changed and closed on the background thread. A click arrives on whatever
thread the kernel gives it (a subshell on ipykernel 7, the main thread before), so it only
calls one thread-safe function.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Bundle = tuple[dict[str, Any], dict[str, Any]]


class Strip:
    """A line of HTML, a Cancel button, and the log folded below.

    Parameters
    ----------
    on_cancel : callable
        Called once for each click, on any thread; returns at once.
    """

    def __init__(self, on_cancel: Callable[[], object]) -> None:
        import ipywidgets

        self._line = ipywidgets.HTML()
        self._button = ipywidgets.Button(
            description="Cancel",
            tooltip="Stop waiting for it here, and ask the service to stop",
            layout={"width": "76px", "height": "26px", "margin": "0 0 0 12px"},
        )
        self._button.on_click(lambda button: on_cancel())
        row = ipywidgets.HBox(
            [self._line, self._button], layout={"align_items": "center", "flex_flow": "row wrap"}
        )
        self._log = ipywidgets.HTML()
        self._fold = ipywidgets.Accordion(
            children=[self._log], layout={"display": "none", "max_width": "720px"}
        )
        self._fold.set_title(0, "log")
        self._fold.selected_index = None
        self._box = ipywidgets.VBox([row, self._fold])
        self._all = [self._line, self._button, row, self._log, self._fold, self._box]
        for widget in self._all:
            _answer_while_busy(widget.comm)

    def change(self, line: str, log: str, *, canceling: bool) -> None:
        """Shows this markup; sends nothing where nothing changed."""
        self._line.value = line
        self._log.value = log
        if log and self._fold.layout.display == "none":
            self._fold.layout.display = None
        if canceling and not self._button.disabled:
            self._button.disabled = True
            self._button.description = "Canceling"

    def view(self) -> dict[str, Any]:
        """What an output needs to show it."""
        view = {"version_major": 2, "version_minor": 0, "model_id": self._box.model_id}
        return {"application/vnd.jupyter.widget-view+json": view}

    def close(self) -> None:
        """Closes the whole tree, layouts and styles included, or they would stay for ever."""
        for widget in self._all:
            for part in ("layout", "style"):
                trait = getattr(widget, part, None)
                if trait is not None:
                    trait.close()
            widget.close()


def _answer_while_busy(comm: Any) -> None:
    # ipykernel 7.4 sends a click to the shell that last published on the comm, which is the
    # busy one; None lets the subshell that JupyterLab made for this comm have it.
    if hasattr(comm, "_reply_subshell_for"):
        comm._reply_subshell_for = None
