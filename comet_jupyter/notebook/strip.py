"""The live line as widgets: the same markup, a Cancel button and the log folded below it.

All widgets are made, changed and closed on the background thread. A click arrives on whatever
thread the kernel gives it (a subshell on ipykernel 7, the main thread before), so it only
calls one thread-safe function.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Bundle = tuple[dict[str, Any], dict[str, Any]]

# An accordion stays open while its content changes, which <details> in changing markup does
# not. Its frame is made as quiet as the folded log of a finished cell; a front end that names
# these parts differently shows the frame.
_QUIET_FOLD = """<style>
.comet-log .jupyter-widget-Collapse, .comet-log .jupyter-widget-Collapse-header,
.comet-log .jupyter-widget-Collapse-contents
{ background: none; border: 0; margin: 0; padding: 0; color: inherit; }
.comet-log .jupyter-widget-Collapse-header
{ line-height: 24px; font-size: 0.9em; font-weight: 400; opacity: 0.68; }
</style>"""


_SIZE = "font-size:var(--jp-content-font-size1)"
"""Widgets are lettered smaller than outputs; the line must not jump when it becomes one."""


class Strip:
    """A line of HTML; below it a Cancel button, which never moves, and the log to unfold.

    Parameters
    ----------
    on_cancel : callable
        Called once for each click, on any thread; returns at once.
    """

    def __init__(self, on_cancel: Callable[[], object]) -> None:
        import ipywidgets

        self._line = ipywidgets.HTML(layout={"margin": "0", "width": "100%"})
        self._button = ipywidgets.Button(
            description="Cancel",
            tooltip="Stop waiting for it here, and ask the service to stop",
            layout={"width": "76px", "height": "24px", "margin": "2px 14px 0 0", "flex": "none"},
        )
        self._button.on_click(lambda button: on_cancel())
        self._log = ipywidgets.HTML(layout={"margin": "0"})
        self._fold = ipywidgets.Accordion(
            children=[self._log],
            layout={
                "visibility": "hidden",
                "margin": "2px 0 0 0",
                "flex": "1 1 0",
                "min_width": "0",
            },
        )
        self._fold.add_class("comet-log")
        self._fold.set_title(0, "log")
        self._fold.selected_index = None
        look = ipywidgets.HTML(_QUIET_FOLD, layout={"display": "none"})
        row = ipywidgets.HBox(
            [self._button, self._fold, look], layout={"align_items": "flex-start"}
        )
        self._box = ipywidgets.VBox([self._line, row])
        self._all = [self._line, self._button, self._log, self._fold, look, row, self._box]
        for widget in self._all:
            _answer_while_busy(widget.comm)

    def change(self, line: str, log: str, *, canceling: bool) -> None:
        """Shows this markup; sends nothing where nothing changed."""
        self._line.value = f'<div style="{_SIZE}">{line}</div>'
        self._log.value = log
        if log and self._fold.layout.visibility == "hidden":
            self._fold.layout.visibility = None
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
