"""The live line as widgets: the same markup, a Cancel button and the log to unfold.

All widgets are made, changed and closed on the background thread. A click arrives on whatever
thread the kernel gives it (a subshell on ipykernel 7, the main thread before), so it only
calls one thread-safe function.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .kit import Kit, view_of

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

Post = Callable[[Callable[[], object]], object]


def _at_once(function: Callable[[], object]) -> object:
    return function()


_AT_TOP = {"align_items": "flex-start"}
_GROWING = {"flex": "1 1 auto", "min_width": "0", "margin": "0 10px 0 0"}
_HIDDEN = {"visibility": "hidden"}
_CANCEL = "Stop waiting for it here, and ask the service to stop"


class Strip:
    """A line of HTML; below it a Cancel button, which never moves, and the log to unfold.

    Parameters
    ----------
    on_cancel : callable
        Called once for each click, on any thread; returns at once.
    post : callable
        Has a function called soon on the thread that changes widgets.
    """

    size = "var(--jp-content-font-size1)"
    """Widgets are lettered smaller than outputs; the line must not jump when it becomes one."""

    beside_cancel = "14px"
    """Room to the right of the button."""

    def __init__(self, on_cancel: Callable[[], object], *, post: Post = _at_once) -> None:
        self.kit = Kit()
        self.post = post
        make = self.kit.make
        self.line = make("HTML", layout={"margin": "0", "width": "100%"})
        self.log = make("HTML", layout={"margin": "0"}, own=True)
        self.button = make(
            "Button",
            description="Cancel",
            tooltip=_CANCEL,
            layout={
                "width": "76px",
                "height": "24px",
                "margin": f"2px {self.beside_cancel} 0 0",
                "flex": "none",
            },
        )
        self.button.on_click(lambda button: on_cancel())
        self.fold = self._fold()
        self.widget = self._arranged()

    def _fold(self) -> Any:
        """What unfolds the log, hidden while there is none."""
        layout = {**_HIDDEN, "margin": "2px 0 0 0", "flex": "1 1 0", "min_width": "0"}
        fold = self.kit.make("Accordion", children=[self.log], layout=layout, own=True)
        fold.add_class("comet-log")
        fold.set_title(0, "log")
        fold.selected_index = None
        return fold

    def _arranged(self) -> Any:
        make = self.kit.make
        look = make("HTML", value=_QUIET_FOLD, layout={"display": "none"})
        row = make("HBox", children=[self.button, self.fold, look], layout=_AT_TOP)
        return make("VBox", children=[self.line, row])

    @property
    def is_log_open(self) -> bool:
        """True while somebody reads the log."""
        return bool(self.fold.selected_index == 0)

    def reset(self) -> None:
        """Ready for another prediction."""
        _set(self.button, "disabled", False)
        _set(self.button, "description", "Cancel")
        _set(self.fold.layout, "visibility", "hidden")
        self.log.value = ""

    def change(self, line: str, log: str, *, canceling: bool) -> int:
        """Shows this markup, the log only where somebody reads it.

        Returns
        -------
        int
            Messages sent: none where nothing changed.
        """
        sent = _set(self.line, "value", f'<div style="font-size:{self.size}">{line}</div>')
        if self.is_log_open or not self.log.value:
            sent += _set(self.log, "value", log)
        if log:
            sent += _set(self.fold.layout, "visibility", None)
        if canceling:
            sent += _set(self.button, "disabled", True)
            sent += _set(self.button, "description", "Canceling")
        return sent

    def view(self) -> dict[str, Any]:
        """What an output needs to show it."""
        return view_of(self.widget)

    def close(self) -> None:
        """Closes the whole tree."""
        self.kit.close()


class StripInList(Strip):
    """The same for one of many: the buttons stand at the end of the line, the log below it."""

    size = "12px"
    beside_cancel = "2px"

    def _fold(self) -> Any:
        fold = self.kit.make(
            "ToggleButton",
            icon="align-left",
            description="Log",
            tooltip="The log",
            layout={
                **_HIDDEN,
                "width": "36px",
                "height": "24px",
                "margin": "2px 6px 0 0",
                "flex": "none",
            },
            own=True,
        )
        fold.add_class("comet-icon")
        fold.observe(lambda change: self.post(self._toggled), names="value")
        return fold

    def _arranged(self) -> Any:
        make = self.kit.make
        self.log.layout.display = "none"
        at_left = make("VBox", children=[self.line], layout=_GROWING)
        row = make("HBox", children=[at_left, self.fold, self.button], layout=_AT_TOP)
        return make("VBox", children=[row, self.log], layout={"margin": "0 0 4px 0"})

    @property
    def is_log_open(self) -> bool:
        """True while somebody reads the log."""
        return bool(self.fold.value)

    def _toggled(self) -> None:
        self.log.layout.display = None if self.fold.value else "none"


def _set(widget: Any, name: str, value: object) -> int:
    """Sets a member where it differs; 1 when that sent a message, else 0."""
    if getattr(widget, name) == value:
        return 0
    setattr(widget, name, value)
    return 1
