"""One result at length, or two side by side, and buttons for what can be done with them.

Only shows: what the buttons do is in ``results``. Looking never changes the form.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Any

from ...engine.session import Session
from ...errors import CometError
from ...images import Preview, preview
from ...record import FileRef, Record
from ...show import html, remarks, words
from ...show.comparison import comparison
from ...show.details import details
from ..kit import Kit
from .pictures import Post

MOST_SHOWN = 8
"""Pictures of one result that are shown large."""

Act = Callable[[Record], object]
"""What a button does with the result that is open."""

_ACTS = (
    ("reuse", "Reuse", "Everything as it was, seed included, into the form"),
    ("words", "Keep seed", "Its settings and its seed into the form; the prompt there stays"),
    ("vary", "Vary", "Everything as it was into the form, with a new seed"),
    ("edit", "Edit", "Into the form as the input picture"),
    ("compare", "Compare", "Choose another picture and see both side by side"),
    ("cell", "Cell", "The notebook cell that makes it"),
    ("save", "Save", "Write the original to a file"),
    ("delete", "Delete", "Take it out of the history"),
)
_BUTTON = {"width": "auto", "margin": "2px 4px 2px 0"}
_ROW = {"display": "none", "flex_flow": "row wrap", "align_items": "center"}


class Viewer:
    """The widgets below the gallery, made when a picture is opened for the first time.

    All its methods are for the one thread that changes widgets.

    Parameters
    ----------
    kit : Kit
    session : Session
    post : callable
        Has a function called soon on that thread.
    acts : mapping of str to callable
        What each button does: ``star``, ``newer``, ``older``, ``close``, those of the bar, and
        the answers to its questions, ``save-it``, ``delete-it``, ``switch``, ``swap``, ``back``.
    """

    def __init__(self, kit: Kit, session: Session, post: Post, acts: Mapping[str, Act]) -> None:
        self._kit = kit
        self._session = session
        self._post = post
        self._acts = acts
        self.record: Record | None = None
        self.other: Record | None = None
        self.asked_to_delete = ""
        self.widget = kit.make("VBox", layout={"display": "none", "margin": "8px 0 0 0"}, own=True)
        self._buttons: dict[str, Any] = {}
        self._rows: dict[str, Any] = {}

    @property
    def path(self) -> str:
        """The file name typed for saving."""
        text: str = self._path.value
        return text.strip()

    def open(self, record: Record, *, favourite: bool) -> None:
        """Shows one result."""
        self._build()
        self.record, self.other = record, None
        files = [self._session.keeper.open(file) for file in record.files]
        paths = [words.path(file.path) for file in files if file.path is not None]
        many = len(record.images) > 1
        large = [self._large(file, 512 if many else 1024) for file in record.images[:MOST_SHOWN]]
        shown = [one for one in large if one is not None]
        now = datetime.now(timezone.utc)
        markup = details(record, shown, path_texts=paths, now=now, favourite=favourite)
        self._content.value = markup["text/html"]
        self.star(favourite)
        self._buttons["edit"].disabled = not record.images
        self.ask()
        self.say("")
        self.widget.layout.display = None

    def compare(self, other: Record) -> None:
        """Shows the open result beside another."""
        if self.record is None:
            return
        self.other = other
        large = [
            self._large(one.images[0], 768) if one.images else None for one in (self.record, other)
        ]
        self._content.value = comparison(self.record, other, *large)["text/html"]
        self.ask("compared")
        self.say("the buttons are for A", html.GREY)

    def close(self) -> None:
        """Shows nothing."""
        self.record = self.other = None
        self.widget.layout.display = "none"
        if self._buttons:
            self.ask()
            self._content.value = ""

    def say(self, text: str, tone: str = html.AMBER) -> None:
        """One line below the buttons: amber warns, green is done, grey is a hint."""
        self._said.value = str(html.block(html.notice(text, tone))) if text else ""

    def show_cell(self, text: str) -> None:
        """The cell that makes the open result."""
        self._said.value = str(remarks.cell(text))

    def ask(self, name: str = "") -> None:
        """Opens one question below the buttons, and closes the others."""
        self.asked_to_delete = self.record.key if name == "delete" and self.record else ""
        for row_name, row in self._rows.items():
            wanted = None if row_name == name else "none"
            if row.layout.display != wanted:
                row.layout.display = wanted
        self._asking = name

    @property
    def asking(self) -> str:
        """The question that is open."""
        return self._asking if self._buttons else ""

    def ask_path(self, name: str) -> None:
        """Asks for a file name."""
        self._path.value = name
        self.ask("save")

    def ask_switch(self, model: str) -> None:
        """Offers another model, because this one takes no picture."""
        self._buttons["switch"].description = f"Switch to {model} and use it"
        self.ask("switch")

    def star(self, favourite: bool) -> None:
        """Shows whether it is a favourite."""
        button = self._buttons["star"]
        button.icon = "star" if favourite else "star-o"
        button.tooltip = "No favourite any more" if favourite else "Find it again by a click"

    # -- widgets -----------------------------------------------------------------------------

    def _build(self) -> None:
        if self._buttons:
            return
        make, icon = self._kit.make, self._kit.icon
        self._asking = ""
        self._content = make("HTML", layout={"margin": "0"})
        self._said = make("HTML", layout={"margin": "0"})
        self._buttons = {
            "newer": icon("chevron-left", "Newer picture"),
            "older": icon("chevron-right", "Older picture"),
            "close": icon("times", "Close the picture"),
            "star": make("Button", description="Favourite", layout=_BUTTON),
        }
        for name, label, tooltip in _ACTS:
            self._buttons[name] = make("Button", description=label, tooltip=tooltip, layout=_BUTTON)
        bar = make("HBox", children=list(self._buttons.values()), layout={"flex_flow": "row wrap"})
        bar.add_class("comet-actions")
        self._build_rows()
        for name, button in self._buttons.items():
            button.on_click(lambda button, name=name: self._post(lambda: self._act(name)))
        self.widget.children = [bar, *self._rows.values(), self._said, self._content]

    def _build_rows(self) -> None:
        make = self._kit.make
        self._path = make(
            "Text",
            description="file name",
            layout={"flex": "1 1 220px", "width": "auto"},
            label_width="72px",
        )
        question = make(
            "HTML",
            value="Delete this picture and its record? This cannot be undone.",
            layout={"margin": "0 10px 0 0"},
        )
        danger = {"button_style": "danger"}
        self._rows = {
            "save": self._row(self._path, self._button("save-it", "Save"), self._cancel("save")),
            "delete": self._row(
                question, self._button("delete-it", "Delete", **danger), self._cancel("delete")
            ),
            "switch": self._row(self._button("switch", "Switch"), self._cancel("switch")),
            "compare": self._row(
                make("HTML", value="Click the picture to compare it with."),
                self._cancel("compare"),
            ),
            "compared": self._row(
                self._button("swap", "Swap A and B"), self._button("back", "Back to A")
            ),
        }

    def _row(self, *widgets: Any) -> Any:
        return self._kit.make("HBox", children=list(widgets), layout=_ROW, own=True)

    def _button(self, name: str, label: str, **traits: Any) -> Any:
        button = self._kit.make("Button", description=label, layout=_BUTTON, **traits)
        self._buttons[name] = button
        return button

    def _cancel(self, row: str) -> Any:
        button = self._kit.make("Button", description="Cancel", layout=_BUTTON)
        button.on_click(lambda button: self._post(lambda: self.ask()))
        return button

    def _act(self, name: str) -> None:
        if self.record is not None:
            self._acts[name](self.record)

    def _large(self, file: FileRef, side: int) -> Preview | None:
        try:
            return preview(self._session.keeper.open(file).read(), max_side=side)
        except (CometError, OSError):
            return None
